"""What must be true of workflows that come with an archive, beyond their schema: what writing one asks too."""
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from shared.errors import InvalidRequest
from shared.workflows.expressions import checked_expression
from shared.workflows.models import WORKFLOW_LIMIT


def imported_workflows(team: Mapping[str, Any]) -> Callable[[Sequence[Mapping[str, Any]]], None]:
    """`imported_workflows(team)` returns what is given the team's workflows, some hundred at a time.

    That raises InvalidRequest whose `target` is the number of the wrong one among them.
    """
    count = 0

    def check(values: Sequence[Mapping[str, Any]]) -> None:
        nonlocal count
        for number, workflow in enumerate(values):
            count += 1
            if count > WORKFLOW_LIMIT:
                raise InvalidRequest(f"the team would have more than {WORKFLOW_LIMIT} workflows", str(number))
            if workflow["name"].lower() != workflow["id"]:
                raise InvalidRequest("its id is not its name in lower case", str(number))
            try:
                checked_expression(workflow["expression"], workflow["type"])
            except InvalidRequest as refused:
                raise InvalidRequest(f"its {refused.message}", str(number)) from None
    return check
