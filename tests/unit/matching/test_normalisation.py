"""Writings that a reader takes for the same are the same after normalising; different words stay different."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.matching.normalisation import NORMALISATION_VERSION, normalise, normalise_keeping_case, without_invisible

any_text = st.text(st.characters(exclude_categories=()))
with_marks = st.text(
    st.sampled_from(
        "aeioAEİıſßΣςάΐ한ᄀ각カが'’´″―"
        "\u0301\u0307\u0308\u0338\u0345\u0327\u0653\u0654\u05bc\u200d\u00ad\u3164\uffa0\ufe0f\u3099"
    )
)


@given(any_text | with_marks)
def test_normalising_twice_changes_nothing(text):
    once = normalise(text)
    assert normalise(once) == once


def test_normalising_each_code_point_twice_changes_nothing():
    once = normalise("\n".join(map(chr, range(0x110000))))
    assert normalise(once) == once


@given(st.text(st.characters(max_codepoint=127)))
def test_ascii_takes_the_short_way_to_the_same_end(text):
    assert normalise(text + "\u200b") == normalise(text) == text.casefold()


@given(any_text, any_text)
def test_lines_can_be_normalised_together(first, second):
    assert normalise(f"{first}\n{second}") == f"{normalise(first)}\n{normalise(second)}"


@pytest.mark.parametrize(
    ("written", "same_as"),
    [
        ("HELLO", "hello"),
        ("Ｈｅｌｌｏ！", "hello!"),
        ("ﬁsh", "fish"),
        ("Straße", "STRASSE"),
        ("İstanbul", "istanbul"),
        ("ΟΔΟΣ", "οδος"),
        ("οδός", "ΟΔΌΣ"),
        ("Москва", "МОСКВА"),
        ("cafe\u0301", "CAFÉ"),
        ("h\u0337e\u0334\u0301l\u0338l\u0336o\u0335", "hélĺo".replace("ĺ", "l")),
        ("кни\u0306га", "книйга".replace("ий", "й")),
        ("مُحَمَّد", "محمد"),
        ("مـحـمـد", "محمد"),
        ("شָׁלוֹם".replace("ش", "ש"), "שלום"),
        ("ｶﾞｷﾞ", "ガギ"),
        ("hel\u200blo", "hello"),
        ("hel\u00adlo", "hello"),
        ("\u202ehello\u202c", "hello"),
        ("\ufeffhello", "hello"),
        ("h\u2060e\u200dl\u200cl\ufe0fo", "hello"),
        ("hello\U000e0068\U000e007f", "hello"),
        ("don’t", "don't"),
        ("don´t", "don't"),
        ("donʼt", "don't"),
        ("“quoted”", '"quoted"'),
        ("«quoted»", '"quoted"'),
        ("well—known", "well-known"),
        ("well‑known", "well-known"),
        ("③", "3"),
        ("❤️", "❤"),
        ("👩\u200d💻", "👩💻"),
    ],
)
def test_writings_that_read_the_same_become_the_same(written, same_as):
    assert normalise(written) == normalise(same_as)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("กา", "กี"),  # Thai vowel
        ("ไม่", "ไม"),  # Thai tone
        ("कल", "कुल"),  # Devanagari vowel sign
        ("क्षण", "कषण"),  # Devanagari virama
        ("ກາ", "ກີ"),  # Lao
        ("កា", "កី"),  # Khmer
        ("ကာ", "ကီ"),  # Myanmar
        ("か", "が"),  # kana voicing mark
        ("ދި", "ދު"),  # Thaana vowels
        ("kuş", "kus"),
        ("año", "ano"),
        ("й", "и"),
    ],
)
def test_marks_that_tell_words_apart_stay(one, other):
    assert normalise(one) != normalise(other)
    assert len(normalise(one)) == len(one)


def test_every_vowel_sign_outside_the_optional_blocks_stays():
    optional = ("COMBINING", "ARABIC", "HEBREW", "VARIATION SELECTOR", "MONGOLIAN FREE", "KHMER VOWEL INHERENT")
    lost = [
        unicodedata.name(chr(code))
        for code in range(0x20000)
        if unicodedata.category(chr(code)) in ("Mn", "Mc") and not normalise("x" + chr(code))[1:]
    ]
    assert [name for name in lost if not name.startswith(optional)] == []


def test_lone_surrogates_stay_and_do_not_crash():
    assert normalise("A\ud800é\udfff") == "a\ud800é\udfff"


def test_a_run_of_30_marks_is_kept_for_composing_and_a_longer_one_is_cut():
    # Vowel signs of class 0 do not count; these are viramas (class 9), which are never removed.
    assert normalise("क" + "्" * 30) == "क" + "्" * 30
    assert normalise("क" + "्" * 31) == "क" + "्" * 30


def test_ten_thousand_marks_in_alternating_order_do_not_grow_into_quadratic_work():
    # Sorted whole they would be reordered by class; cut runs show that they never reach the sorting.
    text = "a" + "\u0301\u0316" * 5000
    assert len(normalise_keeping_case(text)) <= 32
    assert normalise(text) == "á"


def test_keeping_case_keeps_case_and_marks_and_drops_only_what_is_invisible():
    assert normalise_keeping_case("Ｓtra\u200dße h\u0337") == "Straße h\u0337"
    assert normalise_keeping_case("x\uffa0y") == "xy"
    assert without_invisible("Ａ\u200b") == "Ａ"


def test_version_names_the_rules_and_the_unicode_of_this_python():
    assert NORMALISATION_VERSION % 1000 == int(unicodedata.unidata_version.split(".")[0])
    assert NORMALISATION_VERSION // 1000 == 1
