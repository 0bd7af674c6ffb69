import random

import pytest

from shared.matching.letter_shapes import NOTHING_ODD, is_surely_plain, shapes
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
