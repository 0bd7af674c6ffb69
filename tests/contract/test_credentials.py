"""Who may call what: every operation refuses the wrong credentials in its family's words, and tells nobody why."""
from __future__ import annotations

import re
from typing import Any

import pytest

from shared.api import APIS
from shared.http.operation import Auth, Operation
from tests.contract.golden import OPERATIONS, Player, examples_of, folder_of
from tests.contract.in_process import Answer

KEY_HEADERS = ("Ocp-Apim-Subscription-Key", "Training-Key", "Prediction-Key")
GUARDED = [operation for operation in OPERATIONS.values() if operation.auth is not Auth.PUBLIC]
FOR_ACCOUNTS = [operation for operation in GUARDED if operation.auth is Auth.ACCOUNT]
FOR_OPERATORS = [operation for operation in GUARDED if operation.auth is Auth.OPERATOR]
PUBLIC = [operation for operation in OPERATIONS.values() if operation.auth is Auth.PUBLIC]
# The published gateway answers with the number as the code; our own API names it.
CODES = {"content_safety": "401", "content_moderator": "401", "custom_vision": "401", "management": "Unauthenticated"}

named = pytest.mark.parametrize


def refused(player: Player, operation: Operation, headers: dict[str, str]) -> dict[str, Any]:
    """The body of a 401, without what differs from request to request."""
    answer = player.play(operation, examples_of(operation)[0]["request"], headers=headers)
    assert answer.status == 401
    return timeless(answer)


def timeless(answer: Answer) -> dict[str, Any]:
    error = {name: value for name, value in answer.error.items() if name != "requestId"}
    error["message"] = re.sub(r" \| Request Id: .*", "", error["message"])
    return error


@named("operation", GUARDED, ids=lambda operation: operation.name)
def test_no_credential_is_refused_in_the_familys_dialect(standing_player: Player, operation: Operation):
    error = refused(standing_player, operation, {})

    assert error["code"] == CODES[folder_of(operation)]
    assert error.keys() == {"code", "message"}


@named("operation", GUARDED, ids=lambda operation: operation.name)
def test_a_wrong_key_is_refused_with_the_same_body_as_none(standing_player: Player, operation: Operation):
    none = refused(standing_player, operation, {})
    sent = ({"x-operator-key": "w" * 64}, *({header: "0" * 64} for header in KEY_HEADERS),
            {"Authorization": "Bearer a.b.c"}, {"Authorization": "Basic YTpi"}, {"Ocp-Apim-Subscription-Key": "é ☃"})

    assert [refused(standing_player, operation, headers) for headers in sent] == [none] * len(sent)


@named("operation", FOR_OPERATORS, ids=lambda operation: operation.name)
def test_an_operators_operation_refuses_an_accounts_key(standing_player: Player, operation: Operation):
    key = standing_player.credentials(FOR_ACCOUNTS[0])["Ocp-Apim-Subscription-Key"]

    for header in (*KEY_HEADERS, "x-operator-key"):
        assert refused(standing_player, operation, {header: key}) == refused(standing_player, operation, {})


@named("operation", FOR_ACCOUNTS, ids=lambda operation: operation.name)
def test_an_accounts_operation_refuses_the_operators_key(standing_player: Player, operation: Operation):
    key = standing_player.credentials(FOR_OPERATORS[0])["x-operator-key"]

    for header in (*KEY_HEADERS, "x-operator-key"):
        assert refused(standing_player, operation, {header: key}) == refused(standing_player, operation, {})


@named("operation", GUARDED, ids=lambda operation: operation.name)
def test_who_is_not_known_learns_nothing_of_the_request(standing_player: Player, operation: Operation):
    """Not of its size, its version or its path: 401 comes before all other refusals."""
    answer = standing_player.play(
        operation, {"path": {"blocklistName": "no such name!", "accountId": "x"}}, api_version=None,
        headers={"Content-Type": "text/plain"}, content=b"{" * (operation.body_limit_bytes + 1))

    assert answer.status == 401


@named("name", ["list_text_blocklists", "get_account"])
def test_every_family_accepts_each_of_the_three_key_headers_in_any_case(player: Player, name: str):
    key = player.credentials(FOR_ACCOUNTS[0])["Ocp-Apim-Subscription-Key"]

    for header in (*KEY_HEADERS, "training-key", "OCP-APIM-SUBSCRIPTION-KEY"):
        answer = player.play(OPERATIONS[name], {"path": {"accountId": "me"}}, headers={header: key})
        assert answer.status == 200


@named("operation", PUBLIC, ids=lambda operation: operation.name)
def test_a_public_operation_answers_without_a_credential(standing_player: Player, operation: Operation):
    # Who has a link or a receipt's id in the path needs no key; here the path names none.
    assert standing_player.play(operation, {}, headers={}).status == (200 if operation.path is None else 404)


def test_an_account_reads_itself_but_no_other_and_the_operator_reads_both(player: Player, new_account):
    get_account = OPERATIONS["get_account"]
    own, other = player.values["accountId"], new_account()
    key = player.credentials(FOR_ACCOUNTS[0])
    operator = player.credentials(FOR_OPERATORS[0])

    def read(account_id: str, headers: dict[str, str]) -> Answer:
        return player.play(get_account, {"path": {"accountId": account_id}}, headers=headers)
    assert read(own, key).body["id"] == read("me", key).body["id"] == own
    assert read(own, operator).body == read(own, key).body
    assert read(other.account.id, operator).body["id"] == other.account.id
    foreign, missing = read(other.account.id, key), read("f" * 32, key)
    assert foreign.status == missing.status == 404
    assert timeless(foreign) == timeless(missing)
    assert read("me", operator).status == 404


def test_no_operation_is_public_beyond_the_pages_about_the_service():
    assert {operation.name for operation in PUBLIC} == {
        "get_health", "get_ready", "get_openapi", "get_docs", "download_archive", "get_classifier_file", "get_receipt",
        "get_keys_of_receipts"}
    assert all(operation.auth in (Auth.ACCOUNT, Auth.PUBLIC) for api in APIS[:-1] for operation in api.operations)
