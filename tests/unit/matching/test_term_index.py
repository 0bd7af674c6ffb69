"""The index finds what a search of token lists finds, through any history of changes."""

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.matching.normalisation import normalise
from shared.matching.prepared_text import contains, prepare
from shared.matching.term_index import TermIndex
from shared.matching.term_index_format import DamagedTermIndex, StaleTermIndex
from shared.matching.terms import term_hash, term_hashes
from shared.matching.tokens import token_texts

KEY = bytes(range(32))
NO_HASHES = np.empty(0, np.uint64)


def id_of(name):
    return hashlib.sha256(str(name).encode("utf-8", "surrogatepass")).digest()[:16]


def ids_of(names):
    return np.frombuffer(b"".join(map(id_of, names)), np.uint8).reshape(-1, 16)


def index_of(terms):
    return TermIndex.of(term_hashes(terms, KEY), ids_of(terms))


def naive_places(terms, text):
    """Term -> (first token, number of tokens), by sublist search."""
    tokens = token_texts(normalise(text))
    places = {}
    for term in terms:
        sought = token_texts(normalise(term))
        for at in range(len(tokens) - len(sought) + 1):
            if tokens[at : at + len(sought)] == sought:
                places[term] = (at, len(sought))
                break
    return places


def in_order(places):
    return [term_id for _, term_id in sorted((place, id_of(name)) for name, place in places.items())]


pieces = st.sampled_from(
    "a b c A the cat CAT + ++ _ ' ’ é e\u0301 ß ss Σ ς σ İ i м М 坏 词 坏词 กี่ ก น่ ガ ｶﾞ 한국 हिन्दी".split()
    + "👍 👍🏽 👩\u200d💻 \u200b \ud800 محمد مُحَمَّد שלום שָׁלוֹם".split()
    + [" ", " ", "  ", "\n", "\u3000"]
)
texts = st.lists(pieces, max_size=25).map("".join)
terms_strategy = st.lists(pieces, min_size=1, max_size=5).map("".join).filter(lambda text: token_texts(normalise(text)))


@given(st.lists(terms_strategy, unique=True, max_size=20), texts)
def test_finds_and_confirms_what_sublist_search_finds_in_order_of_occurrence(terms, text):
    prepared = prepare(text, KEY)
    found = index_of(terms).find(prepared)
    places = naive_places(terms, text)
    assert found == in_order(places)
    assert {term for term in terms if contains(prepared, term)} == set(places)


operations = st.lists(
    st.tuples(
        st.lists(st.tuples(st.integers(0, 12), terms_strategy), max_size=6),
        st.lists(st.integers(0, 15), max_size=4),
    ),
    max_size=8,
)


@given(operations, texts)
def test_any_history_of_merges_equals_a_dictionary(changes, text):
    index, model = TermIndex.empty(), {}
    for added, removed in changes:
        hashes = term_hashes([term for _, term in added], KEY)
        index = index.merge(hashes, ids_of(name for name, _ in added), ids_of(removed))
        for name in removed:
            model.pop(name, None)
        model.update(added)
        index = TermIndex.from_bytes(index.to_bytes()) if len(model) % 2 else index
    assert len(index) == len(model)
    places = {name: place for name, term in model.items() for place in naive_places([term], text).values()}
    assert index.find(prepare(text, KEY)) == in_order(places)
    at_once = TermIndex.of(term_hashes(list(model.values()), KEY), ids_of(model))
    assert index.to_bytes() == at_once.to_bytes()


def test_ten_thousand_random_changes_in_batches_across_folds_equal_a_dictionary():
    random = np.random.default_rng(7)
    index, model = TermIndex.empty(), {}
    for _ in range(120):
        names = random.integers(0, 20_000, 400).tolist()
        removed = random.integers(0, 20_000, 150).tolist()
        added = {name: f"word{random.integers(0, 9000)} x" for name in names}
        index = index.merge(term_hashes(list(added.values()), KEY), ids_of(added), ids_of(removed))
        for name in removed:
            model.pop(name, None)
        model.update(added)
        assert len(index) == len(model)
    assert index.to_bytes() == TermIndex.of(term_hashes(list(model.values()), KEY), ids_of(model)).to_bytes()
    found = index.find(prepare("a word17 x and word4000 x", KEY))
    assert set(found) == {id_of(name) for name, term in model.items() if term in ("word17 x", "word4000 x")}


def test_an_index_is_unchanged_by_merging_into_it():
    before = index_of(["cat"])
    after = before.merge(term_hashes(["dog"], KEY), ids_of(["dog"]), ids_of(["cat"]))
    prepared = prepare("cat dog", KEY)
    assert before.find(prepared) == [id_of("cat")]
    assert after.find(prepared) == [id_of("dog")]


def test_an_id_that_is_added_again_means_the_newest_term_only():
    index = TermIndex.of(term_hashes(["cat", "dog"], KEY), ids_of(["pet", "pet"]))
    assert len(index) == 1
    assert index.find(prepare("cat", KEY)) == []
    assert index.find(prepare("dog", KEY)) == [id_of("pet")]
    index = index.merge(term_hashes(["bird"], KEY), ids_of(["pet"]), ids_of(["pet", "unknown"]))
    assert (index.find(prepare("dog", KEY)), index.find(prepare("bird", KEY))) == ([], [id_of("pet")])


def test_known_ids_are_those_that_stand_for_a_term_now():
    index = index_of(["cat", "dog"]).merge(term_hashes(["bird"], KEY), ids_of(["bird"]), ids_of(["cat"]))
    assert index.known(ids_of(["cat", "dog", "bird", "unknown"])) == {id_of("dog"), id_of("bird")}
    assert index.known(ids_of(["cat"])) == TermIndex.empty().known(ids_of(["cat"])) == set()
    assert index.merge(term_hashes(["cat"], KEY), ids_of(["cat"]), ids_of([])).known(ids_of(["cat"])) == {id_of("cat")}


def test_ids_that_end_in_zero_bytes_come_back_whole():
    ids = np.zeros((2, 16), np.uint8)
    ids[1, 0] = 1
    index = TermIndex.of(term_hashes(["cat", "dog"], KEY), ids)
    assert index.find(prepare("dog cat", KEY)) == [b"\x01" + bytes(15), bytes(16)]
    assert len(index.merge(NO_HASHES, ids[:0], ids[:1])) == 1


def test_terms_that_normalise_alike_are_all_found():
    terms = ["Cat", "CAT", "cat", "ｃａｔ"]
    assert sorted(index_of(terms).find(prepare("a cat", KEY))) == sorted(map(id_of, terms))


def test_a_term_of_128_tokens_is_found_and_only_as_a_whole():
    term = " ".join(f"w{n}" for n in range(128))
    index = index_of([term])
    assert index.find(prepare(f"start {term} end", KEY)) == [id_of(term)]
    assert index.find(prepare(term.removesuffix("127"), KEY)) == []
    assert index.find(prepare("w0", KEY)) == []


def test_a_text_of_10000_code_points_with_terms_of_every_length():
    terms = ["a" + " a" * n for n in range(128)]
    found = index_of(terms).find(prepare("a " * 5000, KEY))
    assert found == [id_of(term) for term in terms]
    assert index_of(["词" * 128]).find(prepare("字" * 9872 + "词" * 128, KEY)) == [id_of("词" * 128)]
    # One code point can become 18, so that 10,000 become 180,000.
    assert index_of(["hello"]).find(prepare("\ufdfa" * 9994 + " hello", KEY)) == [id_of("hello")]


def test_one_prepared_text_serves_many_indexes():
    prepared = prepare("the quick brown fox", KEY)
    assert index_of(["quick brown"]).find(prepared) == [id_of("quick brown")]
    assert index_of(["fox", "the quick brown"]).find(prepared) == [id_of("the quick brown"), id_of("fox")]
    assert index_of(["fox"]).find(prepare("", KEY)) == []


def test_another_key_finds_nothing():
    assert index_of(["cat"]).find(prepare("cat", bytes(32))) == []


def test_the_empty_index():
    index = TermIndex.empty()
    assert len(index) == 0
    assert index.find(prepare("cat", KEY)) == []
    assert len(TermIndex.from_bytes(index.to_bytes())) == 0
    assert len(index.merge(NO_HASHES, ids_of([]), ids_of(["cat"]))) == 0


def test_bytes_are_read_without_a_copy_and_written_back_the_same():
    written = index_of([f"term {n}" for n in range(5000)]).to_bytes()
    index = TermIndex.from_bytes(memoryview(written))
    assert index.to_bytes() == written
    assert index.find(prepare("Term 4711!", KEY)) == [id_of("term 4711")]
    assert len(written) == 32 + 28 * 5000
    assert index.size_bytes < 40 * 5000


def test_bytes_hold_no_readable_term():
    written = index_of(["mildword"]).to_bytes()
    assert b"mildword" not in written and "mildword".encode("utf-32-le") not in written


def test_every_cut_and_every_flipped_byte_is_noticed():
    written = index_of(["cat", "dog"]).to_bytes()
    for size in range(len(written)):
        with pytest.raises(DamagedTermIndex):
            TermIndex.from_bytes(written[:size])
    for place in range(len(written)):
        damaged = bytearray(written)
        damaged[place] ^= 0x10
        with pytest.raises((DamagedTermIndex, StaleTermIndex)):
            TermIndex.from_bytes(bytes(damaged))


@pytest.mark.parametrize("place", [8, 12])  # format version, normalisation version
def test_another_version_is_stale_rather_than_damaged(place):
    written = bytearray(index_of(["cat"]).to_bytes())
    written[place] += 1
    with pytest.raises(StaleTermIndex):
        TermIndex.from_bytes(bytes(written))


def test_a_hash_is_only_a_filter_so_a_wrong_candidate_is_not_confirmed():
    index = TermIndex.of(np.array([term_hash("cat", KEY)], np.uint64), ids_of(["dog"]))
    prepared = prepare("a cat", KEY)
    assert index.find(prepared) == [id_of("dog")]
    assert not contains(prepared, "dog")
