"""Hashes of terms: the same for the same tokens, whichever way they are made."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.matching.hashing import HASH_KEY_BYTES, lengths_of
from shared.matching.normalisation import normalise
from shared.matching.terms import NothingToMatch, TermTooLong, term_hash, term_hashes
from shared.matching.tokens import token_texts

KEY = bytes(range(32))
any_text = st.text(st.characters(exclude_categories=()), max_size=20)
term_texts = any_text.filter(lambda text: token_texts(normalise(text)))


@given(st.lists(term_texts, max_size=30))
def test_in_bulk_terms_hash_as_they_do_alone(texts):
    assert term_hashes(texts, KEY).tolist() == [term_hash(text, KEY) for text in texts]


def test_bulk_of_many_batches_hashes_as_alone():
    texts = [f"term {number}\nof a list" if number % 3 else f"词{number}" for number in range(5000)]
    hashes = term_hashes(texts, KEY)
    assert hashes.dtype == np.uint64
    assert hashes[::97].tolist() == [term_hash(text, KEY) for text in texts[::97]]


@given(term_texts, term_texts)
def test_hashes_are_equal_exactly_when_tokens_are(first, second):
    same_tokens = token_texts(normalise(first)) == token_texts(normalise(second))
    assert (term_hash(first, KEY) == term_hash(second, KEY)) == same_tokens


def test_a_million_neighbouring_terms_have_a_million_hashes_evenly_spread():
    hashes = term_hashes([f"{before}{n:x}" for before in ("", "a ") for n in range(500_000)], KEY)
    assert len(np.unique(hashes)) == 1_000_000
    for shift in (56, 48, 24, 7):  # expected 3906 each, standard deviation 62
        counts = np.bincount(((hashes >> np.uint64(shift)) & np.uint64(255)).astype(np.int64), minlength=256)
        assert 3906 - 500 < counts.min() and counts.max() < 3906 + 500


def test_white_space_plays_no_part_and_order_does():
    assert term_hash(" bad\n\tword ", KEY) == term_hash("BAD word", KEY)
    assert term_hash("c + +", KEY) == term_hash("C++", KEY)
    assert term_hash("badword", KEY) != term_hash("bad word", KEY)
    assert term_hash("word bad", KEY) != term_hash("bad word", KEY)
    assert term_hash("a a", KEY) != term_hash("a", KEY)


def test_another_key_gives_other_hashes_of_the_same_length():
    other = term_hash("bad word", bytes(32))
    assert other != term_hash("bad word", KEY)
    assert lengths_of(np.array([other], np.uint64)) == (2,)


def test_a_key_of_another_size_is_refused():
    for size in (HASH_KEY_BYTES - 1, HASH_KEY_BYTES + 1):
        with pytest.raises(ValueError, match="32 bytes"):
            term_hash("word", bytes(size))


@pytest.mark.parametrize("text", ["", " ", "\n", "\u200b\u200d", "\u0301", "\ufe0f", "\x00"])
def test_a_term_without_a_token_has_nothing_to_match(text):
    with pytest.raises(NothingToMatch):
        term_hash(text, KEY)
    with pytest.raises(NothingToMatch):
        term_hashes(["word", text, "word"], KEY)


def test_128_tokens_are_taken_and_129_are_too_long():
    assert term_hash("!" * 128, KEY) & 127 == 127
    with pytest.raises(TermTooLong):
        term_hash("!" * 129, KEY)


def test_no_terms_have_no_hashes():
    assert term_hashes([], KEY).tolist() == []
