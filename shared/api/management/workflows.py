"""Workflows of a team: the wire."""
from __future__ import annotations

from typing import Any

from pydantic import Field

from shared.api.management.team_paths import TEAM, TeamName, TeamPath, team_of
from shared.api.management.wire import Wire, api
from shared.errors import Conflict, NotFound, QuotaExceeded
from shared.http.operation import Auth, Call, Reply
from shared.workflows.models import ContentType, Workflow

_WORKFLOWS = f"{TEAM}/workflows"
_TARGETS = ("teamName", "workflowName")
NO_CONTROLS = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f]*$"


class WorkflowPath(TeamPath):
    workflow_name: TeamName


class WorkflowPut(Wire):
    """`expression` has the published form: Logic, Condition, Combine, Actions."""

    description: str = Field("", max_length=1024, pattern=NO_CONTROLS)
    type: ContentType
    expression: dict[str, Any]


class WorkflowBody(Wire):
    """`isBuiltIn`: the `default` that every team has until it writes one."""

    name: str
    description: str
    type: ContentType
    expression: dict[str, Any]
    is_built_in: bool

    @classmethod
    def of(cls, workflow: Workflow) -> WorkflowBody:
        return cls(name=workflow.name, description=workflow.description, type=workflow.type, expression=dict(workflow.expression),
                   is_built_in=workflow.is_built_in)


class WorkflowList(Wire):
    value: list[WorkflowBody]


class WorkflowTest(Wire):
    """`content` is a text, or the URL of a picture."""

    type: ContentType
    content: str = Field(min_length=1, max_length=64 * 1024)


class WorkflowVerdict(Wire):
    """`outputs` are what was looked at. `subTeam` and `tags` are those that the review would have."""

    outputs: dict[str, bool | float | str]
    creates_review: bool
    sub_team: str | None = None
    tags: list[str]


@api.operation("GET", _WORKFLOWS, auth=Auth.ACCOUNT, errors=(NotFound, Conflict))
def list_workflows(call: Call, path: TeamPath) -> WorkflowList:
    """The team's workflows, by name; `default` is always there."""
    return WorkflowList(value=[WorkflowBody.of(workflow) for workflow in call.services.workflows.list(*team_of(call, path))])


@api.operation("GET", f"{_WORKFLOWS}/{{workflowName}}", auth=Auth.ACCOUNT, errors=(NotFound, Conflict))
def get_workflow(call: Call, path: WorkflowPath) -> WorkflowBody:
    """One workflow."""
    return WorkflowBody.of(call.services.workflows.get(*team_of(call, path), path.workflow_name))


@api.operation("PUT", f"{_WORKFLOWS}/{{workflowName}}", auth=Auth.ACCOUNT, success=(200, 201), errors=(NotFound, Conflict),
               audit_targets=_TARGETS)
def put_workflow(call: Call, path: WorkflowPath, body: WorkflowPut) -> Reply[WorkflowBody]:
    """Write a workflow, new or instead of the one with this name. What it asks for that does not exist is refused."""
    workflow = Workflow(path.workflow_name, body.description, body.type, body.expression)
    is_new = call.services.workflows.put(*team_of(call, path), workflow)
    return Reply(WorkflowBody.of(workflow), 201 if is_new else 200)


@api.operation("DELETE", f"{_WORKFLOWS}/{{workflowName}}", auth=Auth.ACCOUNT, success=(204,), errors=(NotFound, Conflict),
               audit_targets=_TARGETS)
def delete_workflow(call: Call, path: WorkflowPath) -> None:
    """Delete a workflow; nothing happens if it is gone. `default` is then the built-in one again."""
    call.services.workflows.delete(*team_of(call, path), path.workflow_name)


@api.operation("POST", f"{_WORKFLOWS}/{{workflowName}}/test", auth=Auth.ACCOUNT, errors=(NotFound, Conflict, QuotaExceeded), audit=False)
def test_workflow(call: Call, path: WorkflowPath, body: WorkflowTest) -> WorkflowVerdict:
    """What the workflow makes of a content. Nothing is kept, and no review is created."""
    verdict = call.services.workflows.test(*team_of(call, path), path.workflow_name, body.type, body.content)
    review = verdict.review
    return WorkflowVerdict(outputs=dict(verdict.values), creates_review=review is not None,
                           sub_team=None if review is None else review.sub_team or "public",
                           tags=[] if review is None else list(review.tags))
