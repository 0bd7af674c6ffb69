"""Where a term can begin and end."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.matching.normalisation import normalise
from shared.matching.tokens import token_texts, tokenise


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", []),
        (" \t\n\x00\x1f\x85\u3000\u2028", []),
        ("a", ["a"]),
        ("c++", ["c", "+", "+"]),
        ("snake_case", ["snake", "_", "case"]),
        ("don't stop", ["don", "'", "t", "stop"]),
        ("well-known", ["well", "-", "known"]),
        ("abc123", ["abc123"]),
        ("straße", ["straße"]),
        ("москва, привет", ["москва", ",", "привет"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("محمد علي", ["محمد", "علي"]),
        ("안녕 하세요", ["안녕", "하세요"]),
        ("坏词abc", ["坏", "词", "abc"]),
        ("ガメラ", ["ガ", "メ", "ラ"]),
        ("コーヒー", ["コ", "ー", "ヒ", "ー"]),
        ("か\u3099", ["か\u3099"]),
        ("กินข้าว", ["กิ", "น", "ข้", "า", "ว"]),
        ("ខ្មែរ", ["ខ្", "មែ", "រ"]),
        ("မြန်မာ", ["မြ", "န်", "မာ"]),
        ("བོད་ཡིག", ["བོ", "ད", "་", "ཡི", "ག"]),
        ("ກິນ", ["ກິ", "ນ"]),
        ("cat\u0e48", ["cat", "\u0e48"]),
        ("ก\u0e48a", ["ก\u0e48", "a"]),
        ("๑๒๓ 456", ["๑๒๓", "456"]),
        ("👍🏽🎉", ["👍", "🏽", "🎉"]),
        ("a\u2800b", ["a", "b"]),
        ("\ud800x", ["\ud800", "x"]),
        ("\U000e0fff\U0010ffff", ["\U000e0fff", "\U0010ffff"]),
    ],
)
def test_tokens_of(text, tokens):
    assert token_texts(text) == tokens


def test_every_mark_joins_the_letter_before_it():
    marks = [chr(code) for code in range(0x40000) if unicodedata.category(chr(code))[0] == "M"]
    assert len(marks) > 2000
    assert [mark for mark in marks if len(token_texts("a" + mark)) > 1 and len(token_texts("ก" + mark)) > 1] == []


def naive_kind(character):
    category = unicodedata.category(character)
    if character.isspace() or category == "Cc":
        return "separator"
    return "word" if category[0] in "LNM" else "alone"


@given(st.text(st.characters(max_codepoint=0x0DFF, exclude_categories=("Cn",))))
def test_west_of_thai_a_token_is_a_run_of_letters_digits_and_marks(text):
    expected, open_word = [], False
    for character in text:
        kind = naive_kind(character)
        if kind == "word" and open_word:
            expected[-1] += character
        elif kind != "separator":
            expected.append(character)
        open_word = kind == "word"
    assert token_texts(text) == expected


@given(st.text(st.characters(exclude_categories=())))
def test_tokens_are_the_whole_text_but_for_separators(text):
    normalised = normalise(text)
    assert "".join(token_texts(normalised)) == "".join(c for c in normalised if token_texts(c))
    firsts = [normalised[start] for start in tokenise(normalised).starts]
    assert firsts == [token[0] for token in token_texts(normalised)]


@given(st.text(st.characters(max_codepoint=127)))
def test_ascii_takes_the_short_way_to_the_same_tokens(text):
    with_last_token_beyond_ascii = tokenise(text + " é").starts.tolist()
    assert tokenise(text).starts.tolist() == with_last_token_beyond_ascii[:-1]
