"""Ids of blocklist items: UUIDs made from the text, that tell regular expressions apart and nothing else."""
from __future__ import annotations

import uuid

from hypothesis import given
from hypothesis import strategies as st

from shared.blocklists.repository import is_pattern_id, item_id_of

KEY, OTHER_KEY = "00" * 32, "6b" * 32


@given(st.text(), st.booleans())
def test_an_id_is_a_uuid_of_version_8_whose_first_bit_tells_a_regular_expression(text, is_regex):
    item_id = item_id_of(KEY, text, is_regex)
    parsed = uuid.UUID(item_id)
    assert str(parsed) == item_id
    assert (parsed.version, parsed.variant) == (8, uuid.RFC_4122)
    assert is_pattern_id(item_id) is is_regex
    assert (item_id[0] in "89abcdef") is is_regex


def test_the_same_text_has_the_same_id_in_one_list_and_another_in_every_other():
    ids = {item_id_of(key, text, is_regex)
           for key in (KEY, OTHER_KEY) for text in ("apple", "Apple", "pear") for is_regex in (False, True)}
    assert len(ids) == 12
    assert item_id_of(KEY, "apple", False) == item_id_of(KEY, "apple", False)
