from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.text_analysis.markup.reading import Markup, read

_PIECES = st.sampled_from([
    *"<>&;#x\"'[]()`*_~!-\\/= \n", "<b ", "</script>", "<script>", "<!--", "-->", "<![CDATA[", "]]>", " alt=", "&amp;", "&#1", "](",
    "```\n", "> ", "- ", "1. ", "<!DOCTYPE x [", "k", "é", "e\u0301", "👩‍🚀", "🇩🇪", "שלום", "\u202e", "\x00", "\ud800"])
MARKED_UP = st.lists(_PIECES | st.text(max_size=5), max_size=40).map("".join)


@given(MARKED_UP, st.sampled_from(Markup))
def test_anything_can_be_read_and_stays_aligned(text: str, markup: Markup):
    readable = read(text, markup)

    assert len(readable.text) == len(readable.starts) == len(readable.ends)
    assert list(readable.starts) == sorted(readable.starts)
    assert all(0 <= start <= end <= len(text) for start, end in zip(readable.starts, readable.ends, strict=True))


@given(MARKED_UP, st.sampled_from(Markup))
def test_what_is_read_stands_in_the_text_or_is_a_break_or_what_a_reference_means(text: str, markup: Markup):
    readable = read(text, markup)

    for sign, start, end in zip(readable.text, readable.starts, readable.ends, strict=True):
        assert text[start:end] == sign or sign == "\n" or text[start] == "&"


@pytest.mark.parametrize("markup", Markup)
@pytest.mark.parametrize("piece", [
    "<", " <a", "&", "&#1", "<a '", "<!--", "*", "_", "[", "](", "`", "` ", "<![CDATA[", "> ", "- ", "<a title=", "\\", "```\n",
    "<!doctype[",
    "#", "|-", "<script", "1. ", "*a ", "[a](b", "~~", "<b>"])
def test_text_that_is_all_beginnings_is_read_to_its_end(piece: str, markup: Markup):
    text = (piece * 10_000)[:10_000]

    assert len(read(text, markup).text) <= len(text)
