"""Ids of blocklist items: UUIDs made from the text, that tell regular expressions apart and nothing else."""
from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.blocklists.repository import is_pattern_id, item_id_of
from shared.crypto.envelope import DataKeys
from shared.storage.account_store import AccountStore


def account(hash_key: bytes = bytes(32)) -> AccountStore:
    return AccountStore("a", None, None, DataKeys({1: bytes(32)}, hash_key))  # type: ignore[arg-type]


@given(st.text(), st.booleans())
def test_an_id_is_a_uuid_of_version_8_whose_first_bit_tells_a_regular_expression(text, is_regex):
    item_id = item_id_of(account(), "generation", text, is_regex)
    parsed = uuid.UUID(item_id)
    assert str(parsed) == item_id
    assert (parsed.version, parsed.variant) == (8, uuid.RFC_4122)
    assert is_pattern_id(item_id) is is_regex
    assert (item_id[0] in "89abcdef") is is_regex


def test_the_same_text_has_the_same_id_in_one_list_and_another_anywhere_else():
    ids = {item_id_of(account(key), generation, text, is_regex)
           for key in (bytes(32), b"k" * 32) for generation in ("g", "h") for text in ("apple", "Apple", "pear")
           for is_regex in (False, True)}
    assert len(ids) == 24
    assert item_id_of(account(), "g", "apple", False) == item_id_of(account(), "g", "apple", False)


@pytest.mark.parametrize(("generation", "text"), [("gapple", ""), ("", "gapple"), ("ga", "pple")])
def test_list_and_text_do_not_run_into_each_other(generation, text):
    assert item_id_of(account(), generation, text, False) != item_id_of(account(), "g", "apple", False)
