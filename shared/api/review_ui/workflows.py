"""Workflows of a team: pages. Everybody of the team reads them and tries them out; its admins change them."""
from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pydantic import Field, RootModel

from shared.api.management.team_paths import TeamName
from shared.api.management.workflows import NO_CONTROLS
from shared.api.review_ui.places import TeamPath, TeamPlace, place_of
from shared.api.review_ui.rendering import page
from shared.api.review_ui.wire import FormRefused, api, redirect
from shared.errors import Conflict, InvalidRequest, NotFound, PermissionDenied, QuotaExceeded
from shared.http.bodies import json_as
from shared.http.operation import Auth, Call, Document, FormBody, Reply
from shared.reviews.rules import PICTURES
from shared.teams.models import Role
from shared.teams.rules import check_team_name
from shared.workflows.contents import TEXT_CHARACTERS
from shared.workflows.expressions import Operator
from shared.workflows.models import BUILT_IN, ContentType, Workflow
from shared.workflows.outputs import OUTPUTS, Value
from shared.workflows.service import Verdict

_FORM_BYTES = 64 * 1024
_EXPRESSION_CHARACTERS = 64 * 1024
_SIGNS = {Operator.EQUAL: "=", Operator.NOT_EQUAL: "≠", Operator.GREATER: ">", Operator.GREATER_OR_EQUAL: "≥", Operator.LESS: "<",
          Operator.LESS_OR_EQUAL: "≤"}
_ERRORS = (NotFound, PermissionDenied)


class WorkflowPagePath(TeamPath):
    workflow_name: TeamName


class WorkflowForm(FormBody):
    """`expression` is JSON in the published form."""

    type: ContentType
    description: str = Field("", max_length=1024, pattern=NO_CONTROLS)
    expression: str = Field(max_length=_EXPRESSION_CHARACTERS)


class NewWorkflowForm(WorkflowForm):
    name: str = Field(max_length=64)


class WorkflowTestForm(FormBody):
    """A text or a picture, as the workflow is for."""

    text: str = Field("", max_length=_EXPRESSION_CHARACTERS)
    image: bytes = b""


class _Expression(RootModel[dict[str, Any]]):
    """What a person typed as an expression."""


@api.operation("GET", "teams/{teamName}/workflows", auth=Auth.SESSION, errors=(NotFound,))
def page_workflows(call: Call, path: TeamPath) -> Document:
    """The workflows of the team; for admins, with a form for a new one."""
    return _list_page(call, place_of(call, path))


@api.operation("POST", "teams/{teamName}/workflows", auth=Auth.SESSION, success=(303,), errors=_ERRORS)
def page_create_workflow(call: Call, path: TeamPath, body: NewWorkflowForm) -> Reply[None]:
    """Write a workflow under a name that none has. What is wrong is said in the form, with what was typed."""
    place = place_of(call, path, Role.ADMIN)
    try:
        check_team_name(body.name)
        if any(each.key == body.name.lower() and not each.is_built_in for each in call.services.workflows.list(place.account, place.team)):
            raise InvalidRequest("The team has a workflow of this name already; open it to change it.")
        _put(call, place, body.name, body)
    except InvalidRequest as refused:
        raise FormRefused(refused, _list_page(call, place, body, refused.message)) from None
    return redirect(_address(place, body.name))


@api.operation("GET", "teams/{teamName}/workflows/{workflowName}", auth=Auth.SESSION, errors=(NotFound,))
def page_workflow(call: Call, path: WorkflowPagePath) -> Document:
    """One workflow, and what tries it out; for admins, with what changes it."""
    place = place_of(call, path)
    return _workflow_page(call, place, _workflow(call, place, path))


@api.operation("POST", "teams/{teamName}/workflows/{workflowName}", auth=Auth.SESSION, success=(303,), errors=_ERRORS,
               audit_targets=("workflowName",))
def page_put_workflow(call: Call, path: WorkflowPagePath, body: WorkflowForm) -> Reply[None]:
    """Change a workflow, the built-in one too. What is wrong is said in the form, with what was typed."""
    place = place_of(call, path, Role.ADMIN)
    workflow = _workflow(call, place, path)
    try:
        _put(call, place, workflow.name, body)
    except InvalidRequest as refused:
        raise FormRefused(refused, _workflow_page(call, place, workflow, written=body, problem=refused.message)) from None
    return redirect(_address(place, workflow.name))


@api.operation("POST", "teams/{teamName}/workflows/{workflowName}/delete", auth=Auth.SESSION, success=(303,), errors=(*_ERRORS, Conflict),
               audit_targets=("workflowName",))
def page_delete_workflow(call: Call, path: WorkflowPagePath, body: FormBody) -> Reply[None]:
    """Delete a workflow. `default` is the built-in one again."""
    place = place_of(call, path, Role.ADMIN)
    workflow = _workflow(call, place, path)
    if workflow.is_built_in:
        raise Conflict("The built-in workflow cannot be deleted.")
    call.services.workflows.delete(place.account, place.team, workflow.name)
    return redirect(f"/review/teams/{place.team.name}/workflows")


@api.operation("POST", "teams/{teamName}/workflows/{workflowName}/test", auth=Auth.SESSION, errors=(NotFound, QuotaExceeded), audit=False,
               body_limit_bytes=PICTURES.size_bytes + _FORM_BYTES)
def page_test_workflow(call: Call, path: WorkflowPagePath, body: WorkflowTestForm) -> Document:
    """What the workflow makes of a text or a picture, condition by condition. Nothing is kept, and no review is created."""
    place = place_of(call, path)
    workflow = _workflow(call, place, path)
    is_picture = workflow.type is ContentType.IMAGE and (bool(body.image) or not workflow.is_built_in)
    content_type, content = (ContentType.IMAGE, body.image) if is_picture else (ContentType.TEXT, body.text)
    try:
        if is_picture and not content:
            raise InvalidRequest("Choose a picture.")
        verdict = call.services.workflows.test(place.account, place.team, workflow.name, content_type, content)
    except (InvalidRequest, NotFound) as refused:  # NotFound: a list that the expression names
        raise FormRefused(refused, _workflow_page(call, place, workflow, text=body.text, test_problem=refused.message)) from None
    return _workflow_page(call, place, workflow, text=body.text, verdict=verdict)


def _put(call: Call, place: TeamPlace, name: str, body: WorkflowForm) -> None:
    expression = json_as(_Expression, body.expression.encode()).root
    call.services.workflows.put(place.account, place.team, Workflow(name, body.description, body.type, expression))


def _workflow(call: Call, place: TeamPlace, path: WorkflowPagePath) -> Workflow:
    """Raises NotFound."""
    return call.services.workflows.get(place.account, place.team, path.workflow_name)


def _list_page(call: Call, place: TeamPlace, written: NewWorkflowForm | None = None, problem: str = "") -> Document:
    """`written` is what was typed and refused."""
    form = written or NewWorkflowForm(name="", type=ContentType.IMAGE, expression=_shown(BUILT_IN[ContentType.IMAGE]))
    return page(call, "workflows.html", title=f"Workflows of {place.team.name}", active="workflows", place=place,
                workflows=call.services.workflows.list(place.account, place.team), may_change=place.may(Role.ADMIN), form=form,
                problem=problem, types=list(ContentType), outputs=OUTPUTS)


def _workflow_page(call: Call, place: TeamPlace, workflow: Workflow, *, written: WorkflowForm | None = None, problem: str = "",
                   text: str = "", verdict: Verdict | None = None, test_problem: str = "") -> Document:
    form = written or WorkflowForm(type=workflow.type, description=workflow.description, expression=_shown(workflow))
    return page(call, "workflow.html", title=f"Workflow {workflow.name}", active="workflows", place=place, workflow=workflow,
                may_change=place.may(Role.ADMIN), form=form, problem=problem, types=list(ContentType), outputs=OUTPUTS, text=text,
                takes_text=workflow.is_built_in or workflow.type is ContentType.TEXT, takes_picture=workflow.type is ContentType.IMAGE,
                text_limit=TEXT_CHARACTERS, verdict=verdict, steps=list(_steps(verdict)), others=dict(_others(verdict)),
                test_problem=test_problem)


def _steps(verdict: Verdict | None) -> Iterator[tuple[str, str, bool]]:
    """Each condition that was looked at as it reads, what was found, and whether it holds."""
    for check in verdict.checks if verdict else ():
        condition = check.condition
        yield f"{condition.output.label} {_SIGNS[condition.operator]} {_said(condition.value)}", _said(check.found), check.holds


def _others(verdict: Verdict | None) -> Iterator[tuple[str, str]]:
    """What was looked at and decided nothing."""
    decided = {check.condition.output.label for check in verdict.checks} if verdict else set()
    for label, value in verdict.values.items() if verdict else ():
        if label not in decided:
            yield label, _said(value)


def _said(value: Value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else value


def _shown(workflow: Workflow) -> str:
    return json.dumps(workflow.expression, indent=2, ensure_ascii=False)


def _address(place: TeamPlace, name: str) -> str:
    return f"/review/teams/{place.team.name}/workflows/{name}"
