import random
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.matching.disguises import readings
from shared.matching.letter_shapes import NOTHING_ODD, Shapes, is_surely_plain, shapes
from shared.matching.look_alikes import look_alikes
from shared.matching.normalisation import normalise
from shared.matching.tokens import tokenise


@pytest.mark.parametrize("text", [
    "", "a", "a plain text, with a comma.", "what's a good time? at 3!", "i have 12,500 reasons", "well-known (or so)", "30 % off"])
def test_most_plain_texts_are_known_without_their_tokens(text):
    assert is_surely_plain(text)


@pytest.mark.parametrize("text", [
    "k i l l", "k.i.l.l", "k - i - l - l", "(k)(i)(l)(l)", "k 1 l l", "k1ll", "k!ll", "@ss you", "a$$", "kiiill", "b\u0430d"])
def test_a_disguise_is_never_surely_plain(text):
    assert not is_surely_plain(text)


def test_nothing_is_odd_in_what_is_surely_plain():
    drawn = random.Random(7)
    alphabets = ("ab", "a1 .", "abc019@$!|+ .,-_*/~()[]'\n\t", "ai '.,-|1 ", "ab )(][ ", "a.-b |$@\x0b\x1c\x00")
    texts = ["".join(drawn.choices(signs, k=drawn.randrange(14))) for signs in alphabets for _ in range(2_000)]
    plain = list(filter(is_surely_plain, texts))
    assert len(plain) > len(texts) / 3
    assert [text for text in plain if shapes(text, tokenise(text)) != NOTHING_ODD] == []


pieces = st.sampled_from(
    "k r a kr kill к р а ѕ е кот α ν ο ḱ é ö 🅺 🅰 🇰 🇩🇪 0 1 2 3 4 ٣ @ $ ! | + . , - * _ · ( ) ) ] [ ᴋ ᲀ ꙁ 你 だ ဝ ไ ש kkk".split()
    + [" ", "  ", "\n", "\n\n", "\r\n", "\t\t", " | ", " , "]
)


@given(st.lists(pieces, max_size=12).map("".join) | st.text(st.characters(exclude_categories=())))
@example("k\r\nr\r\na")
@example("krak3х")
@example("ѕ4е it")
@example("ḱs")
@example("🅺a")
def test_the_quick_look_misses_nothing_that_a_full_reading_undoes(text):
    text = normalise(text)
    all_there_is = [reading.text for reading in readings(text, seen=Shapes(True, True, True, True))]
    assert [reading.text for reading in readings(text)] == all_there_is


def test_no_letter_that_can_be_read_in_another_script_is_missed_beside_latin_ones():
    table = look_alikes()
    letters = [letter for letter in map(chr, range(0x20000)) if letter.isalpha() and normalise(letter) == letter]
    readable = [
        letter
        for letter in letters
        if letter in table.small or letter in table.capital or unicodedata.name(letter, "").startswith(("CYRILLIC", "GREEK"))
    ]
    assert len(readable) > 400
    missed = [letter for letter in readable if not shapes(f"a{letter}a", tokenise(f"a{letter}a")).odd_letters]
    assert missed == []
