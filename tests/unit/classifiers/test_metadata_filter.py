"""The filter over metadata."""
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.classifiers.metadata_filter import FILTER_CHARACTERS, condition_of
from shared.errors import InvalidRequest

METADATA = {"colour": "red", "size": "1", "a key": "it's", "Eq": "eq"}


@pytest.mark.parametrize(("text", "expected"), [
    ("colour eq 'red'", True), ("colour eq 'Red'", False), ("colour ne 'blue'", True), ("metadata=colour eq 'red'", True),
    ("nothing eq ''", False), ("nothing ne ''", True), ("'a key' eq 'it''s'", True), ("Eq EQ 'eq'", True),
    ("colour eq 'red' and size eq '2'", False), ("colour eq 'blue' or size eq '1'", True),
    # `and` binds closer than `or`.
    ("colour eq 'red' or colour eq 'x' and size eq '2'", True), ("(colour eq 'red' or colour eq 'x') and size eq '2'", False),
    ("  colour   eq\t'red'  ", True), ("colour eq 'red'and size eq '1'", True), ("((colour eq 'red'))", True)])
def test_a_filter_says_of_metadata_whether_it_fits(text: str, expected: bool):
    assert condition_of(text)(METADATA) is expected


@pytest.mark.parametrize("text", [
    "", "colour", "colour eq", "colour eq red", "colour is 'red'", "eq 'red'", "colour eq 'red", "(colour eq 'red'", "colour eq 'red')",
    "colour eq 'red' and", "and colour eq 'red'", "colour eq 'red' colour eq 'red'", "'red' eq colour", "()",
    " or ".join(["a eq 'b'"] * 51), "(" * 51 + "a eq 'b'" + ")" * 51, "a eq '" + "b" * FILTER_CHARACTERS + "'"])
def test_what_is_no_filter_is_refused_without_being_repeated(text: str):
    with pytest.raises(InvalidRequest) as refused:
        condition_of(text)
    assert "red" not in refused.value.message.replace("colour eq 'red' and (size", "")


def test_fifty_comparisons_are_taken():
    assert condition_of(" or ".join(["colour eq 'red'"] * 50))(METADATA)


@given(st.text(max_size=60))
def test_any_text_is_a_filter_or_refused(text: str):
    try:
        condition_of(text)(METADATA)
    except InvalidRequest:
        return
