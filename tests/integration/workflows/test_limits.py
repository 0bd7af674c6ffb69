"""Limits of workflows and jobs, on both sides."""
from __future__ import annotations

import json

import pytest

from shared.bootstrap import services_of
from shared.errors import InvalidRequest
from shared.storage.account_store import Record
from shared.storage.holdings import WORKFLOW
from shared.workflows.contents import TEXT_CHARACTERS
from shared.workflows.expressions import EXPRESSION_BYTES
from shared.workflows.imported import imported_workflows
from shared.workflows.models import WORKFLOW_LIMIT, ContentType, Workflow
from tests.integration.storage.wire import Wire, is_write, meanwhile

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


def test_of_requests_at_the_same_time_none_goes_over_the_limit(settings, account):
    services, wire = services_of(settings), Wire()
    store = services.accounts.open(account.account)
    team = services.teams.create(store, "Turnips")
    store.records.upsert_all(WORKFLOW, [Record(f"w{number}", {
        "name": f"w{number}", "description": "", "type": "Image", "expression": CONDITION}) for number in range(WORKFLOW_LIMIT - 1)],
        team.generation)
    acting = services_of(settings, **wire.options)
    acting_store = acting.accounts.open(account.account)
    last = Workflow("last", "", ContentType.IMAGE, CONDITION)
    wire.clear()
    wire.trouble(meanwhile(lambda: services.workflows.put(store, team, last)), is_write)
    with pytest.raises(InvalidRequest, match="100 workflows"):
        acting.workflows.put(acting_store, team, Workflow("one-more", "", ContentType.IMAGE, CONDITION))

    assert {workflow.name for workflow in services.workflows.list(store, team)} >= {"last", "w0"}
    assert len(store.records.ids(WORKFLOW, team.generation)[0]) == WORKFLOW_LIMIT


def imported(number: int, **changed) -> dict:
    return {"id": f"w{number}", "name": f"W{number}", "type": "Image", "expression": CONDITION, **changed}


def test_an_archive_is_held_to_what_a_request_is_held_to():
    imported_workflows({})([imported(number) for number in range(WORKFLOW_LIMIT)])
    room = EXPRESSION_BYTES - len(json.dumps(CONDITION))
    imported_workflows({})([imported(0, expression={**CONDITION, "Note": "x" * room})])
    for wrong, reason in (([imported(number) for number in range(WORKFLOW_LIMIT + 1)], "more than 100 workflows"),
                          ([imported(0), imported(1, expression={**CONDITION, "Note": "x" * (room + 1)})], "bytes at the most"),
                          ([imported(0), imported(1, name="other")], "its id is not its name"),
                          ([imported(0, expression={"Type": "Nothing"})], "its ")):
        with pytest.raises(InvalidRequest, match=reason) as refused:
            imported_workflows({})(wrong)
        assert refused.value.target == str(len(wrong) - 1)
