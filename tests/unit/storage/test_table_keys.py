"""Table keys: any text becomes legal characters and comes back.

Source: Azure Table storage, characters disallowed in key fields (`/ \\ # ?`, U+0000-U+001F, U+007F-U+009F; tab, line feed
and carriage return among them); `%` is troublesome in paths.
"""
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.storage.tables import escape_key, unescape_key

DISALLOWED = set("/\\#?%") | {chr(code) for code in [*range(0x20), *range(0x7F, 0xA0)]}


@given(st.text())
def test_every_text_comes_back(text):
    assert unescape_key(escape_key(text)) == text


@given(st.text())
def test_an_escaped_text_is_legal_ascii_without_the_separator(text):
    escaped = escape_key(text)
    assert escaped.isascii()
    assert not DISALLOWED & set(escaped)
    assert "|" not in escaped


@given(st.text(), st.text())
def test_different_texts_have_different_keys(text, other):
    assert (escape_key(text) == escape_key(other)) == (text == other)


@pytest.mark.parametrize("text", ["", "plain-Name_1.2~3", "a b", "it's", '"', "@x;y,z", "(1)&2=3+4$*"])
def test_ordinary_characters_stay_readable(text):
    assert escape_key(text) == text


@pytest.mark.parametrize("text", ["!2F", "%2F", "/", "!", "!!21", "%", "|", "a|b"])
def test_what_looks_escaped_is_escaped_again(text):
    assert escape_key(text) != text
    assert unescape_key(escape_key(text)) == text
