"""What requests leave in an account's audit trail: who, what, when, from where; never content; and nothing happens unrecorded."""
from __future__ import annotations

import json
from typing import Any

import pytest

from shared.accounts.audit_trail import CREATION, ERASING
from shared.accounts.models import AccountState
from shared.bootstrap import services_of
from shared.http.operation import Auth, Operation
from tests.contract.golden import OPERATIONS, Player, examples_of
from tests.contract.in_process import Answer, InProcess
from tests.integration.storage.wire import Wire, answering, is_write
from tests.worker_environment import REVIEWER_KEY

CANARY = "kohlrabi" * 4
LIST = {"path": {"blocklistName": "garden"}}
FROM = {"X-Forwarded-For": "10.9.8.7, 192.0.2.77:5000"}


class Audited:
    """An account that was made by the operator, and its player."""

    def __init__(self, app: InProcess, operator_key: str) -> None:
        self.player = Player(app, "", "", operator_key)
        made = self.player.play(OPERATIONS["create_account"], {"body": {"displayName": "a new account"}}).body
        self.player = Player(app, made["id"], made["key1"], operator_key)
        self.key = {"Ocp-Apim-Subscription-Key": made["key1"]}
        self.operator = {"x-operator-key": operator_key}

    def play(self, name: str, request: dict[str, Any], **options: Any) -> Answer:
        return self.player.play(OPERATIONS[name], request, **options)

    def trail(self) -> list[dict[str, Any]]:
        """Its events without those of key use, as the operator reads them, which leaves none."""
        path = {"accountId": self.player.values["accountId"]}
        page = self.play("list_audit_events", {"path": path, "query": {"size": 500}}, headers=self.operator).body
        assert page["intact"] and "nextLink" not in page
        return [event for event in page["value"] if "new_address" not in event["operation"]]

    def trail_of_any_state(self) -> list[dict[str, Any]]:
        """Also where the account was deleted meanwhile; one that was purged has none."""
        services = self.player.app.services
        account = services.accounts.get_in_any_state(self.player.values["accountId"])
        if account.state not in (AccountState.ACTIVE, AccountState.DELETED):
            return []
        return [event.as_json() for event in services.audit_reader.page(services.accounts.open(account), 0, 500).events]

    def told(self) -> list[str]:
        return [event["operation"] + ("" if event["outcome"] == "begun" else f" {event['outcome']}") for event in self.trail()]


def test_the_operations_that_a_trail_knows_by_name_are_there():
    assert CREATION in OPERATIONS
    assert "kind" in OPERATIONS[ERASING].audit_targets and OPERATIONS[ERASING].audit


@pytest.fixture
def audited(app: InProcess, operator_key: str) -> Audited:
    return Audited(app, operator_key)


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def wired(settings, wire, operator_key: str) -> Audited:
    """The same on a line of its own, warm: its key's network, the head of its trail and its list are known."""
    warm = Audited(InProcess(services_of(settings, **wire.options)), operator_key)
    assert warm.play("create_or_update_text_blocklist", {**LIST, "body": {}}).status == 201
    assert warm.play("add_or_update_blocklist_items", {**LIST, "body": {"blocklistItems": [{"text": "leek"}]}}).status == 200
    assert warm.play("analyze_text", {"body": {"text": "x", "blocklistNames": ["garden"]}}).status == 200
    wire.clear()
    return warm


def test_an_event_says_who_did_what_when_and_from_where(audited):
    answer = audited.play("create_or_update_text_blocklist", {**LIST, "body": {"description": CANARY}},
                          headers={**audited.key, **FROM})

    event = audited.trail()[-1]
    assert {name: value for name, value in event.items() if name not in ("at", "previous", "hash")} == {
        "sequence": 3, "operation": "create_or_update_text_blocklist", "caller": "key1", "addressRange": "192.0.2.0/24",
        "requestId": answer.headers["apim-request-id"], "outcome": "begun", "targets": {"blocklistName": "garden"}}
    assert event["at"].endswith("Z")


def test_the_first_event_is_the_creation_and_the_operators_deeds_are_in_the_accounts_trail(audited):
    path = {"accountId": audited.player.values["accountId"]}
    audited.play("regenerate_account_key", {"path": path, "body": {"keyName": "key2"}}, headers={**audited.operator, **FROM})

    assert [(event["operation"], event["caller"], event["addressRange"]) for event in audited.trail()] == [
        ("create_account", "operator", "unknown"), ("regenerate_account_key", "operator", "192.0.2.0/24")]


def test_what_only_reads_or_analyzes_leaves_no_event(audited):
    audited.play("list_text_blocklists", {})
    audited.play("analyze_text", {"body": {"text": CANARY}})
    audited.play("get_account", {"path": {"accountId": "me"}})

    assert audited.told() == ["create_account"]


def test_what_fails_leaves_a_second_event_with_its_status(audited):
    audited.play("delete_text_blocklist", LIST)
    audited.play("submit_sample_content", {"path": {"accountId": "me"}, "body": {"text": CANARY}})

    assert audited.told() == ["create_account", "delete_text_blocklist", "delete_text_blocklist 404",
                              "submit_sample_content", "submit_sample_content 409"]
    begun, failed = audited.trail()[1:3]
    assert begun["requestId"] == failed["requestId"]


def test_what_is_refused_before_it_begins_leaves_no_event(audited):
    audited.play("create_or_update_text_blocklist", {"path": {"blocklistName": f"{CANARY} !"}, "body": {}})
    audited.play("create_or_update_text_blocklist", LIST, content=b"{")
    audited.play("update_account", {"path": {"accountId": audited.player.values["accountId"]}, "body": {"displayName": "x"}},
                 headers={"x-operator-key": "wrong" * 10})

    assert audited.told() == ["create_account"]


def test_somebody_elses_account_in_the_path_leaves_the_attempt_with_the_caller(audited, app, operator_key):
    other = Audited(app, operator_key)
    path = {"accountId": other.player.values["accountId"], "kind": "blocklist"}

    assert audited.play("erase_account_data", {"path": path}, headers=audited.key).status == 404

    assert audited.told() == ["create_account", "erase_account_data", "erase_account_data 404"]
    assert path["accountId"] not in json.dumps(audited.trail())
    assert other.told() == ["create_account"]


def test_a_key_that_is_used_from_a_new_network_leaves_one_event(audited):
    for forwarded in ("192.0.2.1", "192.0.2.200", "198.51.100.1", "192.0.2.3"):
        audited.play("analyze_text", {"body": {"text": "x"}}, headers={**audited.key, "X-Forwarded-For": forwarded})
    page = audited.play("list_audit_events", {"path": {"accountId": "me"}}, headers=audited.key).body

    assert [(event["operation"], event["caller"], event["addressRange"]) for event in page["value"]][1:] == [
        ("key_used_from_new_address", "key1", "192.0.2.0/24"), ("key_used_from_new_address", "key1", "198.51.100.0/24"),
        ("key_used_from_new_address", "key1", "unknown")]


def test_readers_of_sample_content_are_in_the_accounts_trail(audited):
    me = {"accountId": "me"}
    audited.play("agree_to_sample_content", {"path": me, "body": {"statement": CANARY}})
    sample_id = audited.play("submit_sample_content", {"path": me, "body": {"text": CANARY, "note": CANARY}}).body["id"]
    path = {"accountId": audited.player.values["accountId"]}
    for name, more in (("list_sample_content", {}), ("get_sample_content", {"sampleId": sample_id})):
        assert audited.play(name, {"path": {**path, **more}}, headers={"x-reviewer-key": REVIEWER_KEY, **FROM}).status == 200

    assert [(event["operation"], event["caller"], event["addressRange"], event["targets"]) for event in audited.trail()[-2:]] == [
        ("list_sample_content", "reviewer", "192.0.2.0/24", {}),
        ("get_sample_content", "reviewer", "192.0.2.0/24", {"sampleId": sample_id})]


def _with_canaries(operation: Operation, example: dict[str, Any]) -> dict[str, Any]:
    """The request of an example with a canary in each string of its body that may be free text, in its query and headers."""
    def marked(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: marked(part) for name, part in value.items()}
        if isinstance(value, list):
            return [marked(part) for part in value]
        return f"{value} {CANARY}" if isinstance(value, str) and value[:1] != "{" else value
    request = example["request"]
    return {**request, **({"body": marked(request["body"])} if "body" in request else {}),
            "query": {**request.get("query", {}), CANARY: CANARY}}


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_no_event_holds_anything_of_a_request_but_what_is_declared(app, operator_key, operation: Operation):
    """A canary in the body, the query, the headers and each path parameter that may not be named: whether it is done or refused."""
    for example in examples_of(operation):
        audited = Audited(app, operator_key)
        audited.player.prepare(example)
        headers = {**audited.player.credentials(operation), **example["request"].get("headers", {}), "User-Agent": CANARY,
                   "X-Forwarded-For": CANARY, "x-ms-client-request-id": CANARY, "Referer": CANARY}
        request = _with_canaries(operation, example)
        paths = [{**request.get("path", {}), name: CANARY} for name in request.get("path", {})
                 if name not in ("accountId", *operation.audit_targets)]
        for sent in (request, example["request"], *({**request, "path": path} for path in paths)):
            audited.play(operation.name, sent, headers=headers)
        trail = json.dumps(audited.trail_of_any_state())

        assert trail == "[]" or "create_account" in trail
        assert CANARY not in trail and "a new account" not in trail


def test_adding_items_costs_one_transaction_more_than_without_an_audit(wired, wire):
    assert wired.play("add_or_update_blocklist_items", {**LIST, "body": {"blocklistItems": [{"text": "chive"}]}}).status == 200
    sent = [f"{each.method} {each.url.partition('?')[0].rpartition('/')[2][:40]}" for each in wire.sent]
    audit = [each for each in wire.sent if b"audit-event" in each.body or "audit-event" in each.url or "key-use" in each.url]

    assert [(each.method, "$batch" in each.url) for each in audit] == [("POST", True)], sent


def test_an_analysis_costs_nothing_more_once_the_network_is_known(wired, wire):
    for _ in range(3):
        assert wired.play("analyze_text", {"body": {"text": "a leek", "blocklistNames": ["garden"]}}).status == 200

    assert all(each.method == "GET" for each in wire.sent)
    assert not [each for each in wire.sent if "audit-event" in each.url or "key-use" in each.url]


CHANGES = {
    "add_or_update_blocklist_items": {**LIST, "body": {"blocklistItems": [{"text": "chive"}]}},
    "delete_text_blocklist": LIST,
    "agree_to_sample_content": {"path": {"accountId": "me"}, "body": {"statement": "yes"}}}


@pytest.mark.parametrize("name", CHANGES)
def test_what_cannot_be_recorded_is_not_done(wired, wire, name: str):
    before = wired.told()
    wire.clear()
    wire.trouble(answering(503), lambda sent: b"audit-event" in sent.body)

    answer = wired.play(name, CHANGES[name])

    assert answer.status == 503
    assert len([sent for sent in wire.sent if is_write(sent)]) == 1
    assert wired.play("list_text_blocklist_items", LIST).body["value"][0]["text"] == "leek"
    assert len(wired.play("list_text_blocklist_items", LIST).body["value"]) == 1
    assert wired.play("get_sample_content_consent", {"path": {"accountId": "me"}}).status == 404
    assert wired.told() == before


def test_an_analysis_does_not_fail_where_a_new_network_cannot_be_recorded(wired, wire):
    for about in (b"audit-event", b"key-use"):
        wire.trouble(answering(503), lambda sent, about=about: about in sent.body or about.decode() in sent.url, times=2)

        answer = wired.play("analyze_text", {"body": {"text": "x"}}, headers={**wired.key, **FROM})

        assert answer.status == 200
        wire.clear()
    assert wired.play("analyze_text", {"body": {"text": "x"}}, headers={**wired.key, **FROM}).status == 200
    wire.clear()
    assert wired.play("analyze_text", {"body": {"text": "x"}}, headers={**wired.key, **FROM}).status == 200
    assert not [sent for sent in wire.sent if is_write(sent)]


def test_a_failure_that_cannot_be_recorded_stays_the_answer(wired, wire):
    wire.trouble(answering(503), lambda sent: b"audit-event" in sent.body, after=1)

    assert wired.play("delete_text_blocklist", {"path": {"blocklistName": "nowhere"}}).status == 404
    assert wired.told()[-1] == "delete_text_blocklist"


@pytest.mark.parametrize("operation", [operation for operation in OPERATIONS.values() if operation.auth is Auth.ACCOUNT_OR_REVIEWER],
                         ids=lambda operation: operation.name)
def test_samples_are_not_shown_to_the_operator_or_to_a_wrong_reviewer(audited, operation: Operation):
    request = {"path": {"accountId": audited.player.values["accountId"], "sampleId": "0" * 32}}

    assert audited.play(operation.name, request, headers=audited.operator).status == 403
    for wrong in ({"x-operator-key": REVIEWER_KEY}, {"x-reviewer-key": audited.operator["x-operator-key"]},
                  {"x-reviewer-key": REVIEWER_KEY[:-1]}, {"x-reviewer-key": "é" * 40}, {}):
        assert audited.play(operation.name, request, headers=wrong).status == 401
    assert audited.play(operation.name, {"path": {**request["path"], "accountId": "f" * 32}},
                        headers={"x-reviewer-key": REVIEWER_KEY}).status == 404
    assert audited.play(operation.name, {"path": {**request["path"], "accountId": "me"}},
                        headers={"x-reviewer-key": REVIEWER_KEY}).status == 404
