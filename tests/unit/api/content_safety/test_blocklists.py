"""The wire models of blocklists and their items."""
from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from shared.api.content_safety.blocklists import AddOrUpdateOptions, BlocklistName, BlocklistPatch, ItemBody, ItemsQuery
from shared.blocklists.models import BlocklistItem

ITEM = BlocklistItem("0f3e9a52-7c1d-8b64-9e20-5d4c3b2a1f00", "leek", "", False)


@pytest.mark.parametrize(("name", "is_legal"), [
    ("a", True), ("x" * 64, True), ("x" * 65, False), ("", False), ("0-9._~A", True), ("a b", False), ("a/b", False),
    ("a\n", False), ("ä", False), ("a:b", False), ("٣", False)])
def test_a_name_has_1_to_64_of_the_published_characters(name: str, is_legal: bool):
    adapter = TypeAdapter(BlocklistName)
    if is_legal:
        assert adapter.validate_python(name) == name
    else:
        with pytest.raises(ValidationError):
            adapter.validate_python(name)


@pytest.mark.parametrize(("version", "fields"), [
    ("2023-10-01", {"blocklistItemId", "text"}), ("2024-09-01", {"blocklistItemId", "text", "isRegex"})])
def test_an_item_speaks_of_regular_expressions_in_the_newer_version_only(version: str, fields: set[str]):
    assert ItemBody.of(ITEM, version).model_dump(by_alias=True, exclude_none=True).keys() == fields


def test_an_empty_description_of_an_item_is_left_out():
    described = BlocklistItem(ITEM.id, ITEM.text, "a vegetable", False)

    assert ItemBody.of(ITEM, "2024-09-01").description is None
    assert ItemBody.of(described, "2024-09-01").description == "a vegetable"


@pytest.mark.parametrize(("count", "is_legal"), [(0, False), (1, True), (100, True), (101, False)])
def test_a_request_has_1_to_100_items(count: int, is_legal: bool):
    items = {"blocklistItems": [{"text": f"t{number}"} for number in range(count)]}
    if is_legal:
        assert len(AddOrUpdateOptions.model_validate(items).blocklist_items) == count
    else:
        with pytest.raises(ValidationError):
            AddOrUpdateOptions.model_validate(items)


def test_a_patch_tells_an_absent_description_from_an_empty_one():
    assert BlocklistPatch.model_validate({}).description is None
    assert BlocklistPatch.model_validate({"description": ""}).description == ""
    assert BlocklistPatch.model_validate({"blocklistName": "other"}) == BlocklistPatch()


def test_paging_parameters_have_their_published_names():
    query = ItemsQuery.model_validate({"top": "7", "skip": "2", "maxpagesize": "3"})

    assert (query.top, query.skip, query.max_page_size) == (7, 2, 3)
    assert (ItemsQuery().top, ItemsQuery().skip) == (None, 0)
