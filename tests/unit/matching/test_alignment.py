"""Where each code point of a view comes from: every offset points into the text as it was sent."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.matching.alignment import AlignedText
from shared.matching.normalisation import normalise, normalise_aligned
from shared.matching.prepared_text import contains, occurrences, prepare
from shared.matching.tokens import token_texts

KEY = bytes(range(32))
any_text = st.text(st.characters(exclude_categories=()))
clusters = st.sampled_from(
    "a e ß ﬁ ½ ‼ É e\u0301 h\u0337\u0334 q\u0301\u0316 İ ſ Σ 한 \u1112\u1161\u11ab \u1112 \u1161 \u11ab ｶﾞ カ\u3099 か ㎏ ㍿ ﷺ".split()
    + "кот й и\u0306 محمد مُحَمَّد שָׁלוֹם हिन्दी กี่ 坏词 👍🏽 👩\u200d👩\u200d👧 🏳️\u200d🌈 🇩🇪 1️⃣ 🏴\U000e0067\U000e0062\U000e007f ❤️ 𝕓𝕒𝕕 🅰 🅱".split()
    + ["\ud800", "\udfff", "\u200b", "\u202e", "\u200f", "\u00ad", "\ufeff", "\u0301", "\u0345", "\u3164", "\uffa0", " ", "\n", "\u3000"]
)
tangled_text = st.lists(clusters, max_size=25).map("".join)


@given(any_text | tangled_text)
def test_the_aligned_text_is_the_normalised_text_and_spans_ascend_within_the_original(text):
    aligned = normalise_aligned(text)
    assert aligned.text == normalise(text)
    starts, ends = list(aligned.starts), list(aligned.ends)
    assert len(starts) == len(ends) == len(aligned.text)
    assert starts == sorted(starts) and ends == sorted(ends)
    assert all(0 <= start < end <= len(text) for start, end in zip(starts, ends, strict=True))


@given(any_text | tangled_text)
def test_what_a_span_bounds_normalises_to_what_the_view_shows_there(text):
    aligned = normalise_aligned(text)
    for start, end in zip(aligned.starts, aligned.ends, strict=True):
        of_the_span = [at for at in range(len(aligned.text)) if aligned.starts[at] < end and aligned.ends[at] > start]
        assert normalise(text[start:end]) == "".join(aligned.text[at] for at in of_the_span)


def test_each_code_point_is_aligned_alone_and_between_letters():
    text = "\n".join(f"a{chr(code)}b" for code in range(0x20000))
    assert normalise_aligned(text).text == normalise(text)


def test_no_second_half_of_a_composition_is_taken_for_a_beginning():
    pairs = [unicodedata.decomposition(chr(code)).split() for code in range(0x30000)]
    for first, second in [pair for pair in pairs if len(pair) == 2 and pair[0][0] != "<"]:
        text = chr(int(first, 16)) + chr(int(second, 16))
        assert normalise_aligned(text).text == normalise(text)


@pytest.mark.parametrize(
    ("text", "term", "found"),
    [
        ("a BAD  word, b\u200bad\nw\u0337ord. bad word", "bad word", ["BAD  word", "b\u200bad\nw\u0337ord", "bad word"]),
        ("\u200bbad\u200b \u202ebad\u202c", "bad", ["bad", "bad"]),
        ("ﬁsh and ﬁsh", "fish", ["ﬁsh", "ﬁsh"]),
        ("👩\u200d💻 ❤️ x ❤️❤️", "❤", ["❤️", "❤️", "❤️"]),
        ("🇩🇪👍🏽 bad 👨‍👩‍👧‍👦 bad", "bad", ["bad", "bad"]),
        ("x x x x x", "x x", ["x x", "x x"]),
        ("das ist KÄSE ka\u0308se", "käse", ["KÄSE", "ka\u0308se"]),
        ("قالَ مُحَمَّدٌ", "محمد", ["مُحَمَّدٌ"]),
        ("שלום שָׁלוֹם", "שלום", ["שלום", "שָׁלוֹם"]),
        ("\u1112\u1161\u11ab\u1100\u116e\u11a8 한국", "한국", ["\u1112\u1161\u11ab\u1100\u116e\u11a8", "한국"]),
        ("有坏词和坏词", "坏词", ["坏词", "坏词"]),
        ("STRASSE Straße", "straße", ["STRASSE", "Straße"]),
        ("\ud800bad\udfff", "bad", ["bad"]),
        ("so‼", "!", ["‼"]),
        ("concatenate", "cat", []),
        ("anything", "", []),
    ],
)
def test_occurrences_are_cut_out_of_the_original(text, term, found):
    prepared = prepare(text, KEY)
    spans = occurrences(prepared, term)
    assert [text[start:end] for start, end in spans] == found
    assert contains(prepared, term) is bool(found)


@given(tangled_text, tangled_text, tangled_text)
def test_a_term_put_into_a_text_is_found_where_it_was_put(before, term, after):
    sought = token_texts(normalise(term))
    text = f"{before} {term} {after}"
    spans = occurrences(prepare(text, KEY), term)
    assert [span for span in spans if span[0] < 0 or span[1] > len(text) or span[0] >= span[1]] == []
    assert all(first[1] <= second[0] for first, second in zip(spans, spans[1:], strict=False))
    if sought and normalise(f"{before} ") + normalise(term) + normalise(f" {after}") == normalise(text):
        assert spans
        assert all(set(sought) <= set(token_texts(normalise(text[start:end]))) for start, end in spans)


def test_an_edit_comes_from_its_span_as_a_whole_and_edits_can_follow_edits():
    page = AlignedText("<b>b&amp;</b>w")
    read = page.edited([(0, 3, ""), (4, 9, "&"), (9, 13, " ")])
    assert read.text == "b& w"
    assert [read.span(at, at + 1) for at in range(4)] == [(3, 4), (4, 9), (9, 13), (13, 14)]
    again = read.edited([(0, 2, "band")])
    assert (again.text, again.span(0, 4), again.span(1, 2), again.span(4, 6)) == ("band w", (3, 9), (3, 9), (9, 14))


def test_views_of_views_point_into_the_first_text():
    read = AlignedText("<i>ﬁ</i>sh").edited([(0, 3, ""), (4, 8, "")])
    normalised = normalise_aligned(read.text).of(read)
    assert (normalised.text, normalised.span(0, 4)) == ("fish", (3, 10))
    assert normalised.span(0, 1) == (3, 4)


def test_an_empty_span_lies_behind_what_precedes_it():
    read = AlignedText("a<br>b").edited([(1, 1, "\n"), (1, 5, "")])
    assert (read.text, read.span(1, 2), read.span(0, 0), read.span(2, 2)) == ("a\nb", (1, 1), (0, 0), (1, 1))
    assert AlignedText("").span(0, 0) == (0, 0)
