"""Items of an archive are held against the same limits as items that are added."""
from __future__ import annotations

import pytest

from shared.blocklists.imported_items import ImportedItems
from shared.blocklists.repository import item_id_of
from shared.errors import InvalidRequest

KEY = "0f" * 32
LIST = {"id": "garden", "itemKey": KEY}


def item(text: str, is_regex: bool = False) -> dict[str, object]:
    return {"id": item_id_of(KEY, text, is_regex), "text": text, "isRegex": is_regex, "description": ""}


def refused(*items: dict[str, object], limit: int = 1000) -> tuple[str, str | None]:
    with pytest.raises(InvalidRequest) as refusal:
        ImportedItems(limit)(LIST)(items)
    return refusal.value.message, refusal.value.target


def test_items_of_every_sort_are_taken():
    ImportedItems(1000)(LIST)([item("apple"), item("\u65e5\u672c"), item("\ud800x"), item("gr[ae]y", True), item(r"\d+", True)])


@pytest.mark.parametrize("change", [{"text": "pear"}, {"isRegex": True}, {"id": item_id_of("00" * 32, "apple", False)}])
def test_an_id_that_the_lists_key_does_not_make_is_refused(change: dict[str, object]):
    message, target = refused(item("plum"), {**item("apple"), **change})
    assert "its id" in message and target == "1"


@pytest.mark.parametrize(("text", "words"), [(" ", "nothing to match"), ("\u200b", "nothing to match"), ("\ufdfa" * 128, "128 words")])
def test_a_text_that_cannot_be_matched_is_refused_and_told_apart_from_its_neighbours(text: str, words: str):
    message, target = refused(item("apple"), item("x+", True), item(text), item("pear"))
    assert words in message and target == "2"


@pytest.mark.parametrize("pattern", ["(", "x*", r"(a)\1", "(?=x)y", "(x{1000}){1000}"])
def test_a_pattern_that_is_not_supported_is_refused_without_being_repeated(pattern: str):
    message, target = refused(item("apple"), item(pattern, True))
    assert "not supported" in message and target == "1" and pattern not in message


def test_a_list_at_its_limit_is_taken_and_one_item_more_is_not_whatever_stretches_they_come_in():
    items = [item(f"apple {number}") for number in range(11)]
    check = ImportedItems(10)(LIST)
    check(items[:6])
    check(items[6:10])
    with pytest.raises(InvalidRequest, match="more than 10 items"):
        check(items[10:])
    ImportedItems(10)(LIST)(items[10:])  # another list


def test_a_thousand_patterns_are_taken_and_one_more_is_not():
    patterns = [item(f"apple {number}", True) for number in range(1001)]
    check = ImportedItems(10_000)(LIST)
    check(patterns[:1000])
    with pytest.raises(InvalidRequest, match="too many"):
        check(patterns[1000:])


def test_patterns_that_are_too_costly_together_are_refused():
    costly = [item(f"(x|y){{900}}{number}", True) for number in range(120)]
    message, target = refused(*costly)
    assert "too costly" in message and 100 < int(target or 0) < 120
