"""Workflows: written, read, deleted and tried out."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.errors import InvalidRequest, NotFound
from shared.storage.account_store import AccountStore
from shared.teams.models import Team
from shared.teams.rules import is_team_name
from shared.teams.service import TeamService
from shared.workflows.contents import Contents
from shared.workflows.expressions import Check, CreateReview, checked_expression, decide, expression_of
from shared.workflows.models import BUILT_IN, DEFAULT, WORKFLOW_LIMIT, ContentType, Workflow
from shared.workflows.outputs import ALWAYS, Value
from shared.workflows.repository import WorkflowRepository


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a workflow makes of a content: what was looked at, and the review that is to be created, None where none is.

    `checks` are the conditions that decided it, in their order.
    """

    values: Mapping[str, Value]
    review: CreateReview | None
    checks: Sequence[Check]


class WorkflowService:
    def __init__(self, workflows: WorkflowRepository, teams: TeamService, contents: Contents) -> None:
        self._workflows = workflows
        self._teams = teams
        self._contents = contents

    def list(self, account: AccountStore, team: Team) -> list[Workflow]:
        """By name. `default` is always there."""
        found = self._workflows.all(account, team.generation)
        if not any(workflow.key == DEFAULT for workflow in found):
            found.append(BUILT_IN[ContentType.IMAGE])
        return sorted(found, key=lambda workflow: workflow.key)

    def get(self, account: AccountStore, team: Team, name: str) -> Workflow:
        """Raises NotFound. Of the built-in `default` that for pictures, as published."""
        found = self._find(account, team, name)
        if found is None:
            raise _unknown()
        return found

    def of_type(self, account: AccountStore, team: Team, name: str, content_type: ContentType) -> Workflow:
        """The workflow of this name for contents of this type. Raises NotFound, InvalidRequest where it is for others."""
        found = self._find(account, team, name)
        if found is not None and found.type is content_type:
            return found
        if name.lower() == DEFAULT:
            return BUILT_IN[content_type]
        if found is None:
            raise _unknown()
        raise InvalidRequest(f"The workflow is for contents of the type {found.type}.", "WorkflowName")

    def put(self, account: AccountStore, team: Team, workflow: Workflow) -> bool:
        """Write a workflow, checked, and return whether it is new. Raises InvalidRequest, NotFound where the team ended."""
        checked_expression(workflow.expression, workflow.type)
        is_new = self._workflows.find(account, team.generation, workflow.key) is None
        if is_new:
            self._check_room(account, team, 1)
        self._workflows.upsert(account, team.generation, workflow)
        try:
            self._teams.require_still(account, team)
            if is_new:
                self._check_room(account, team, 0)  # of requests at the same time, none goes over the limit
        except (InvalidRequest, NotFound):
            self._workflows.delete(account, team.generation, workflow.key)
            raise
        return is_new

    def delete(self, account: AccountStore, team: Team, name: str) -> None:
        """Nothing happens if it is gone. `default` is the built-in one again."""
        self._workflows.delete(account, team.generation, name.lower())

    def test(self, account: AccountStore, team: Team, name: str, content_type: ContentType, content: str | bytes) -> Verdict:
        """What the workflow would do with a text, a picture or the picture at an address. Nothing is kept.

        Raises NotFound, InvalidRequest, what the engines raise.
        """
        return self.run(account, self.of_type(account, team, name, content_type), content)

    def run(self, account: AccountStore, workflow: Workflow, content: str | bytes) -> Verdict:
        logic = expression_of(workflow.expression, workflow.type)
        analysis = self._contents.analysis(account, workflow.type, content)
        for output in ALWAYS[workflow.type]:
            analysis.value(output)
        checks: list[Check] = []
        review = decide(logic, analysis.value, checks)
        return Verdict(analysis.values, review, checks)

    def _check_room(self, account: AccountStore, team: Team, more: int) -> None:
        if len(self._workflows.all(account, team.generation)) + more > WORKFLOW_LIMIT:
            raise InvalidRequest(f"A team may have {WORKFLOW_LIMIT} workflows at the most.")

    def _find(self, account: AccountStore, team: Team, name: str) -> Workflow | None:
        if not is_team_name(name):  # the rule for names of workflows too
            return None
        found = self._workflows.find(account, team.generation, name.lower())
        return BUILT_IN[ContentType.IMAGE] if found is None and name.lower() == DEFAULT else found


def _unknown() -> NotFound:
    return NotFound("The team has no such workflow.")
