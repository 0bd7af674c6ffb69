"""What must be true of workflows that come with an archive, beyond their schema: what writing one asks too."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.errors import InvalidRequest
from shared.teams.imported import Check, each_checked, name_problem
from shared.workflows.expressions import checked_expression
from shared.workflows.models import WORKFLOW_LIMIT


def imported_workflows(team: Mapping[str, Any]) -> Check:
    return each_checked(WORKFLOW_LIMIT, "the team", "workflows", _problem)


def _problem(workflow: Mapping[str, Any]) -> str | None:
    try:
        checked_expression(workflow["expression"], workflow["type"])
    except InvalidRequest as refused:
        return f"its {refused.message}"
    return name_problem(workflow)
