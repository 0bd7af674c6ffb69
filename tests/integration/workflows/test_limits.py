"""Limits of workflows and jobs, on both sides."""
from __future__ import annotations

import json

import pytest

from shared.bootstrap import services_of
from shared.errors import InvalidRequest
from shared.workflows.contents import TEXT_CHARACTERS
from shared.workflows.models import WORKFLOW_LIMIT, ContentType, Workflow
from shared.workflows.service import EXPRESSION_BYTES

CONDITION = {"Type": "Condition", "OutputName": "adultScore", "Operator": "ge", "Value": "0.4", "Note": ""}


def test_limits_are_kept(settings, account):
    services = services_of(settings)
    store = services.accounts.open(account.account)
    team = services.teams.create(store, "Turnips")

    def put(name: str, note: str = "") -> bool:
        return services.workflows.put(store, team, Workflow(name, "", ContentType.IMAGE, {**CONDITION, "Note": note}))
    room = EXPRESSION_BYTES - len(json.dumps(CONDITION))
    assert put("w0", "x" * room)
    with pytest.raises(InvalidRequest, match="bytes"):
        put("w0", "x" * (room + 1))
    assert [put(f"w{number}") for number in range(1, WORKFLOW_LIMIT)] == [True] * (WORKFLOW_LIMIT - 1)
    with pytest.raises(InvalidRequest, match="100 workflows"):
        put("more")
    assert put("W0") is False

    def create(length: int) -> str:
        return services.review_jobs.create(store, team, "default", ContentType.TEXT, "x" * length, "1", "")
    assert create(TEXT_CHARACTERS)
    for length in (0, TEXT_CHARACTERS + 1):
        with pytest.raises(InvalidRequest):
            create(length)
