"""Both sides of every published limit of Content Safety. The numbers are the specification's."""
from __future__ import annotations

from typing import Any

import pytest

from tests.contract.golden import OPERATIONS, Player
from tests.contract.in_process import Answer
from tests.contract.published import (
    CATEGORIES,
    DESCRIPTION_CHARACTERS,
    EIGHT_LEVELS,
    FOUR_LEVELS,
    GA_VERSIONS,
    ITEM_ID_CHARACTERS,
    ITEM_TEXT_CODE_POINTS,
    ITEMS_PER_REQUEST,
    NAME_CHARACTERS,
    TEXT_CODE_POINTS,
)

ASTRAL = "\U0001F955"  # a carrot: one code point, two UTF-16 units, four UTF-8 bytes
ACCENTED = "é"
LIST = {"blocklistName": "limits"}
LETTERS = [pytest.param("x", id="ascii"), pytest.param(ACCENTED, id="latin"), pytest.param("蕪", id="han"),
           pytest.param(ASTRAL, id="astral")]


def play(player: Player, name: str, body: Any = None, path: dict[str, str] = LIST, **query: object) -> Answer:
    request: dict[str, Any] = {"path": path, "query": query}
    return player.play(OPERATIONS[name], request if body is None else {**request, "body": body})


@pytest.fixture
def listed(player: Player) -> Player:
    """A player whose account has the list."""
    assert play(player, "create_or_update_text_blocklist", {}).status == 201
    return player


def add(player: Player, *items: dict[str, Any]) -> Answer:
    return play(player, "add_or_update_blocklist_items", {"blocklistItems": list(items)})


def assert_refused(answer: Answer, target: str) -> None:
    assert (answer.status, answer.body["error"]["code"]) == (400, "InvalidRequestBody")
    assert answer.body["error"]["target"] == target


@pytest.mark.parametrize("letter", LETTERS)
def test_a_text_of_10_000_code_points_is_analyzed_and_one_more_is_refused(standing_player: Player, letter: str):
    assert play(standing_player, "analyze_text", {"text": letter * TEXT_CODE_POINTS}).status == 200
    assert_refused(play(standing_player, "analyze_text", {"text": letter * (TEXT_CODE_POINTS + 1)}), "text")


def test_a_combining_mark_counts_as_a_code_point_of_its_own(standing_player: Player):
    assert play(standing_player, "analyze_text", {"text": "e\u0301" * (TEXT_CODE_POINTS // 2)}).status == 200
    assert_refused(play(standing_player, "analyze_text", {"text": "e\u0301" * (TEXT_CODE_POINTS // 2) + "e"}), "text")


@pytest.mark.parametrize("text", ["", " ", "\n", "\u200b", "\x00", "7", "a", "!", ASTRAL])
def test_a_text_of_almost_nothing_is_analyzed_too(standing_player: Player, text: str):
    """The specification has no shortest text."""
    assert play(standing_player, "analyze_text", {"text": text}).status == 200


def test_half_a_surrogate_pair_is_no_text(listed: Player):
    """A careless client cuts a string in UTF-16 and escapes what is left."""
    for answer in (play(listed, "analyze_text", {"text": "leek \ud83e"}), add(listed, {"text": "leek \ud83e"})):
        assert (answer.status, answer.body["error"]["code"]) == (400, "InvalidRequestBody")


@pytest.mark.parametrize("letter", LETTERS)
def test_an_item_text_of_128_code_points_is_taken_and_one_more_is_refused(listed: Player, letter: str):
    longest = letter * ITEM_TEXT_CODE_POINTS

    answer = add(listed, {"text": longest})

    assert answer.status == 200
    assert answer.body["blocklistItems"][0]["text"] == longest
    assert_refused(add(listed, {"text": longest + letter}), "blocklistItems[0].text")
    assert_refused(add(listed, {"text": longest + letter, "isRegex": True}), "blocklistItems[0].text")


def test_an_item_without_text_is_refused(listed: Player):
    assert_refused(add(listed, {"text": ""}), "blocklistItems[0].text")
    assert_refused(add(listed, {"text": "leek"}, {"description": "no text"}), "blocklistItems[1].text")


@pytest.mark.parametrize("letter", LETTERS)
def test_a_description_of_1024_characters_is_taken_and_one_more_is_refused(listed: Player, letter: str):
    longest = letter * DESCRIPTION_CHARACTERS

    described = play(listed, "create_or_update_text_blocklist", {"description": longest})
    added = add(listed, {"text": "leek", "description": longest})

    assert (described.status, described.body["description"]) == (200, longest)
    assert (added.status, added.body["blocklistItems"][0]["description"]) == (200, longest)
    assert_refused(play(listed, "create_or_update_text_blocklist", {"description": longest + letter}), "description")
    assert_refused(add(listed, {"text": "leek", "description": longest + letter}), "blocklistItems[0].description")


def test_one_hundred_items_are_added_in_a_request_and_one_more_is_refused(listed: Player):
    items = [{"text": f"turnip {number}"} for number in range(ITEMS_PER_REQUEST + 1)]

    answer = add(listed, *items[:ITEMS_PER_REQUEST])

    assert answer.status == 200
    assert [item["text"] for item in answer.body["blocklistItems"]] == [item["text"] for item in items[:-1]]
    assert_refused(add(listed, *items), "blocklistItems")
    assert_refused(add(listed), "blocklistItems")


def test_the_largest_request_that_the_limits_allow_fits_the_body_limit(listed: Player):
    """The official client escapes every character beyond ASCII, which takes twelve bytes for an astral one."""
    items = [{"text": f"{number:03d} " + ASTRAL * (ITEM_TEXT_CODE_POINTS - 4),
              "description": ASTRAL * DESCRIPTION_CHARACTERS}
             for number in range(ITEMS_PER_REQUEST)]

    assert add(listed, *items).status == 200


def test_one_hundred_items_are_removed_in_a_request_and_one_more_is_refused(listed: Player):
    items = [{"text": f"turnip {number}"} for number in range(ITEMS_PER_REQUEST)]
    ids = [item["blocklistItemId"] for item in add(listed, *items).body["blocklistItems"]]

    assert_refused(play(listed, "remove_blocklist_items", {"blocklistItemIds": [*ids, ids[0]]}), "blocklistItemIds")
    assert_refused(play(listed, "remove_blocklist_items", {"blocklistItemIds": []}), "blocklistItemIds")
    assert play(listed, "remove_blocklist_items", {"blocklistItemIds": ids}).status == 204
    assert play(listed, "list_text_blocklist_items").body["value"] == []


@pytest.mark.parametrize("name", ["x", "X-1._~", "n" * NAME_CHARACTERS, "~" * NAME_CHARACTERS, "...", "con.json"])
def test_a_name_of_the_published_characters_up_to_64_is_taken(player: Player, name: str):
    answer = play(player, "create_or_update_text_blocklist", {}, {"blocklistName": name})

    assert (answer.status, answer.body["blocklistName"]) == (201, name)
    assert play(player, "get_text_blocklist", path={"blocklistName": name}).status == 200
    assert play(player, "list_text_blocklist_items", path={"blocklistName": name}).status == 200


@pytest.mark.parametrize("name", [
    "n" * (NAME_CHARACTERS + 1), "with space", "slash/ed", "rübe", "a:b", "a%b", "a\n", "蕪"])
@pytest.mark.parametrize("operation", [
    operation for operation in OPERATIONS.values() if "{blocklistName}" in operation.route], ids=lambda each: each.name)
def test_any_other_name_is_an_invalid_resource_name(standing_player: Player, operation, name: str):
    body = {"blocklistItems": [{"text": "leek"}], "blocklistItemIds": ["0"]} if operation.body else None

    answer = play(standing_player, operation.name, body, {"blocklistName": name, "blocklistItemId": "0"})

    assert (answer.status, answer.body["error"]["code"]) == (400, "InvalidResourceName")
    assert answer.body["error"]["target"] == "blocklistName"


def test_an_item_id_of_64_characters_may_be_asked_for_and_one_more_is_refused(listed: Player):
    def get(item_id: str) -> Answer:
        return play(listed, "get_text_blocklist_item", path={**LIST, "blocklistItemId": item_id})
    assert get("0" * ITEM_ID_CHARACTERS).status == 404
    refused = get("0" * (ITEM_ID_CHARACTERS + 1))
    assert (refused.status, refused.body["error"]["code"]) == (400, "InvalidResourceName")


@pytest.mark.parametrize(("parameter", "value"), [
    ("top", -1), ("top", "many"), ("top", "1.5"), ("skip", -1), ("skip", "none"), ("maxpagesize", 0),
    ("maxpagesize", -1), ("maxpagesize", "all")])
def test_a_paging_parameter_that_is_no_count_is_refused(standing_player: Player, parameter: str, value: object):
    answer = play(standing_player, "list_text_blocklist_items", **{parameter: value})

    assert answer.status == 400
    assert answer.body["error"]["target"] == parameter


def test_a_page_size_that_is_too_large_is_cut_and_not_refused(listed: Player):
    assert play(listed, "list_text_blocklist_items", maxpagesize=2_000_000_000, top=2_000_000_000).status == 200


@pytest.mark.parametrize(("field", "value"), [
    ("categories", ["Hate", "Rudeness"]), ("categories", ["hate"]), ("outputType", "SixteenSeverityLevels"),
    ("outputType", ""), ("haltOnBlocklistHit", "true"), ("blocklistNames", "limits"), ("text", None)])
def test_a_value_that_is_not_published_is_refused(standing_player: Player, field: str, value: object):
    answer = play(standing_player, "analyze_text", {"text": "A leek.", field: value})

    assert (answer.status, answer.body["error"]["code"]) == (400, "InvalidRequestBody")
    assert answer.body["error"]["target"].startswith(field)


@pytest.mark.parametrize("field", ["categories", "outputType", "haltOnBlocklistHit", "blocklistNames"])
def test_an_optional_field_may_be_null(standing_player: Player, field: str):
    assert play(standing_player, "analyze_text", {"text": "A leek.", field: None}).status == 200


@pytest.mark.parametrize(("output_type", "levels"), [
    (None, FOUR_LEVELS), ("FourSeverityLevels", FOUR_LEVELS), ("EightSeverityLevels", EIGHT_LEVELS)])
def test_severities_are_of_the_output_types_levels(
        standing_player: Player, output_type: str | None, levels: tuple[int, ...]):
    texts = ["The soup is ready.", "I will beat you up.", "I hate every one of them.", "I want to hurt myself tonight."]

    answers = [play(standing_player, "analyze_text", {"text": text, "outputType": output_type}).body for text in texts]

    analyses = [entry for answer in answers for entry in answer["categoriesAnalysis"]]
    assert [entry["category"] for entry in analyses] == [*CATEGORIES] * len(texts)
    assert all(entry["severity"] in levels for entry in analyses)


def test_regular_expressions_need_the_version_that_has_them(listed: Player):
    item = {"text": "leek+", "isRegex": True}

    old = listed.play(OPERATIONS["add_or_update_blocklist_items"],
                      {"path": LIST, "body": {"blocklistItems": [item]}}, GA_VERSIONS[0])

    assert old.status == 400
    assert add(listed, item).body["blocklistItems"][0]["isRegex"] is True
