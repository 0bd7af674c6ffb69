"""The published Content Moderator operations in scope are declared, each once, and answer and refuse in the published shapes."""
from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from shared.api.content_moderator import CONTENT_MODERATOR
from shared.http.operation import Operation
from tests.contract.golden import OPERATIONS, Player, examples_of
from tests.contract.in_process import Answer
from tests.contract.published_content_moderator import ERROR_SCHEMA, OURS, SCHEMAS
from tests.contract.published_content_moderator import OPERATIONS as PUBLISHED

named = pytest.mark.parametrize
LIST = "list_management_term_lists_"
TERM = "list_management_term_"


def declared(name: str) -> Operation:
    method, path, *_ = PUBLISHED[name]
    (operation,) = [each for each in CONTENT_MODERATOR.operations if (each.method, each.route) == (method, path)]
    return operation


@named("name", PUBLISHED)
def test_a_published_operation_is_declared_once_with_its_success_code(name: str):
    success = PUBLISHED[name][2]
    assert declared(name).success == (success if isinstance(success, tuple) else (success,))
    # The handler takes the published name in snake_case.
    assert declared(name).name.replace("_", "") == name.replace("_", "").lower()


def test_nothing_is_declared_that_is_neither_published_nor_said_to_be_ours():
    assert {operation.name for operation in CONTENT_MODERATOR.operations} == {declared(name).name for name in PUBLISHED} | set(OURS)


@pytest.mark.parametrize(("name", "place"), [(name, place) for name in PUBLISHED if PUBLISHED[name][3]
                                             for place in range(len(examples_of(declared(name))))])
def test_the_answer_of_a_golden_example_is_valid_against_the_published_schema(player: Player, name: str, place: int):
    operation = declared(name)
    example = examples_of(operation)[place]
    player.prepare(example)
    schema = SCHEMAS[PUBLISHED[name][3] or ""] if example["status"] < 400 else ERROR_SCHEMA
    Draft202012Validator(schema).validate(player.play(operation, example["request"]).body)


@named("operation", CONTENT_MODERATOR.operations, ids=lambda operation: operation.name)
def test_an_error_has_the_published_shape_and_that_of_the_live_service(standing_player: Player, operation: Operation):
    answer = standing_player.play(operation, examples_of(operation)[0]["request"], headers={})

    assert answer.status == 401
    Draft202012Validator(ERROR_SCHEMA).validate(answer.body)
    assert answer.body["TrackingId"] == answer.headers["apim-request-id"]


def play(player: Player, name: str, path: dict[str, Any] | None = None, body: Any = None, **query: object) -> Answer:
    request: dict[str, Any] = {"path": path or {}, "query": query}
    return player.play(OPERATIONS[name], request if body is None else {**request, "body": body})


@pytest.fixture
def listed(player: Player) -> Player:
    """A player whose account has a list, `{listId}`."""
    player.values["listId"] = play(player, LIST + "create", body={"Name": "limits"}).body["Id"]
    return player


WITH_LIST = [operation for operation in CONTENT_MODERATOR.operations if "{listId}" in operation.route]


@named("list_id", ["0", "1", "00", "-1", "1.0", "garden", "99999999999999999999", "1" * 5000, "٣", "1 or 1", "/", "89003", "🥕"])
@named("operation", WITH_LIST, ids=lambda operation: operation.name)
def test_an_id_that_no_list_has_is_404_whatever_it_looks_like(standing_player: Player, operation: Operation, list_id: str):
    request = {**examples_of(operation)[0]["request"]}
    request["path"] = {**request["path"], "listId": list_id}

    answer = standing_player.play(operation, request)

    assert (answer.status, answer.body["Error"]["Code"]) == (404, "NotFound")


@named("language", [None, "", "en", "engl", "e1g", "en-US", "анг", "eng "])
@named("operation", [each for each in WITH_LIST if each.query and "language" in each.query.model_fields],
       ids=lambda operation: operation.name)
def test_a_language_that_is_no_code_of_three_letters_is_refused_and_the_rule_is_said(
        listed: Player, operation: Operation, language: str | None):
    example = examples_of(operation)[0]
    query = {name: value for name, value in example["request"]["query"].items() if name != "language"}
    request = {**example["request"], "query": query if language is None else {**query, "language": language}}
    if operation.name == "import_terms" and language is None:
        return  # there each line may name its own

    answer = listed.play(operation, request)

    assert (answer.status, answer.body["Error"]["Code"]) == (400, "BadRequest")
    assert answer.body["Error"]["Message"].startswith("language: ")


@named("field", ["Name", "Description", "Metadata"])
def test_properties_are_taken_up_to_their_limits_and_one_more_is_refused(listed: Player, field: str):
    within, beyond = {
        "Name": ("🥕" * 128, "🥕" * 129), "Description": ("é" * 1024, "é" * 1025),
        "Metadata": ({f"{number:064}": "\x01" * 256 for number in range(20)}, {str(number): "" for number in range(21)})}[field]

    for name, path in ((LIST + "create", {}), (LIST + "update", {"listId": "{listId}"})):
        assert play(listed, name, path, {field: within}).body[field] == within
        refused = play(listed, name, path, {field: beyond})
        assert (refused.status, refused.body["Error"]["Code"]) == (400, "BadRequest")


@named("metadata", [{"": "x"}, {"k" * 65: "x"}, {"k": "v" * 257}, {"k": 7}, {"k": None}, {"k": {}}, "k", ["k"]])
def test_metadata_that_is_no_small_map_of_strings_is_refused(listed: Player, metadata: Any):
    answer = play(listed, LIST + "create", body={"Metadata": metadata})
    assert answer.status == 400 and answer.body["Message"].startswith("Metadata: ")  # and not `Metadata.` with the caller's key


def test_the_largest_properties_all_together_can_be_kept(listed: Player):
    """A control takes six bytes in a record, more than any other character."""
    most = {"Name": "\x01" * 128, "Description": "\x01" * 1024,
            "Metadata": {"\x01" * 62 + f"{number:02}": "\x01" * 256 for number in range(20)}}

    assert play(listed, LIST + "update", {"listId": "{listId}"}, most).status == 200
    assert play(listed, LIST + "get_details", {"listId": "{listId}"}).body["Metadata"] == most["Metadata"]


def test_half_a_surrogate_pair_is_no_name(listed: Player):
    assert play(listed, LIST + "create", body={"Name": "leek \ud83e"}).status == 400


@named("term", ["x" * 128, "🥕" * 128, "a/b", "a//b", "100%", "%2F", "a b", "C++", "?x=1#y", "été", "蕪", '"quoted"', "tab\there", ". x"])
def test_a_term_of_up_to_128_characters_of_any_kind_is_added_listed_and_deleted(listed: Player, term: str):
    path = {"listId": "{listId}", "term": term}
    kept = term.replace("%2F", "/")  # the host leaves it in a path, where it stands for a slash

    assert play(listed, TERM + "add_term", path, language="eng").status == 201
    assert play(listed, TERM + "add_term", path, language="eng").status == 201
    listed_terms = play(listed, TERM + "get_all_terms", {"listId": "{listId}"}, language="eng").body
    assert listed_terms["Data"]["Terms"] == [{"Term": kept}]
    assert listed_terms["Paging"]["Total"] == 1
    assert play(listed, TERM + "get_all_terms", {"listId": "{listId}"}, language="fra").body["Paging"]["Total"] == 0
    assert play(listed, TERM + "delete_term", path, language="fra").status == 204
    assert play(listed, TERM + "delete_term", path, language="ENG").status == 204
    assert play(listed, TERM + "get_all_terms", {"listId": "{listId}"}, language="eng").body["Data"]["Terms"] == []


@named("term", ["x" * 129, " ", "\t\t", "\u200b", "\ufdfa" * 128])
def test_a_term_that_is_too_long_or_has_nothing_to_match_is_refused_and_not_repeated(listed: Player, term: str):
    answer = play(listed, TERM + "add_term", {"listId": "{listId}", "term": term}, language="eng")

    assert (answer.status, answer.body["Error"]["Code"]) == (400, "BadRequest")
    assert "term" in answer.body["Message"]
    assert term.strip() == "" or term not in answer.body["Message"]


@named(("parameter", "value"), [("offset", -1), ("offset", "x"), ("offset", 10**30), ("limit", -1), ("limit", "all"), ("limit", "")])
def test_a_paging_parameter_that_is_no_count_is_refused(listed: Player, parameter: str, value: object):
    answer = play(listed, TERM + "get_all_terms", {"listId": "{listId}"}, language="eng", **{parameter: value})

    assert (answer.status, answer.body["Error"]["Code"]) == (400, "BadRequest")


@named(("limit", "used"), [(0, 0), (1, 1), (10_000, 10_000), (10_001, 10_000), (10**30, 10_000)])
def test_a_limit_beyond_10_000_is_cut_and_the_answer_says_so(listed: Player, limit: int, used: int):
    play(listed, TERM + "add_term", {"listId": "{listId}", "term": "leek"}, language="eng")

    paging = play(listed, TERM + "get_all_terms", {"listId": "{listId}"}, language="eng", limit=limit).body["Paging"]

    assert paging == {"Total": 1, "Limit": used, "Offset": 0, "Returned": min(1, used)}


@named("slash", ["", "/"])
def test_a_trailing_slash_is_served_as_none_is(listed: Player, slash: str):
    path = f"/contentmoderator/lists/v1.0/termlists/{listed.values['listId']}"
    for address in (f"{path}{slash}", f"{path}/terms{slash}?language=eng", f"/contentmoderator/lists/v1.0/termlists{slash}"):
        assert listed.app.call("GET", address, listed.credentials(OPERATIONS[TERM + "add_term"])).status == 200
