import numpy as np
import pytest

from shared.text_analysis.features import BUCKETS, FEATURES, hash_words
from shared.text_analysis.normalisation import normalise, spellings_of, tokens, undisguise

GOLDEN_UNIGRAMS = [22315, 93973]
GOLDEN_BIGRAM = [66878]
GOLDEN_CHARACTERS = [243020, 143594, 215858, 240614, 208492, 197035]
GOLDEN_NON_ASCII = [145, 37465]


def test_buckets_are_the_ones_the_weights_were_trained_with():
    hashed = hash_words(["hello", "world"])
    assert hashed.unigrams.tolist() == GOLDEN_UNIGRAMS
    assert hashed.bigrams[:1].tolist() == GOLDEN_BIGRAM
    assert hashed.characters[:6].tolist() == GOLDEN_CHARACTERS
    assert hash_words(["na\u00efve", "\u2764"]).unigrams.tolist() == GOLDEN_NON_ASCII


def test_word_features_and_character_features_keep_to_their_own_halves():
    hashed = hash_words(tokens(normalise("The quick brown fox, twice: the quick brown fox!")))
    assert hashed.unigrams.min() >= 0 and hashed.unigrams.max() < BUCKETS
    assert hashed.bigrams.min() >= 0 and hashed.bigrams.max() < BUCKETS
    assert hashed.characters.min() >= BUCKETS and hashed.characters.max() < FEATURES


def test_character_windows_stay_inside_one_word_with_its_edges():
    # " a " has one window of 3; " ab " has two of 3 and one of 4; " abcd " has four of 3, three of 4, two of 5.
    assert np.diff(hash_words(["a", "ab", "abcd"]).starts).tolist() == [1, 3, 9]


def test_features_are_sorted_and_each_counted_once():
    features = hash_words(["again", "again", "again"]).features()
    assert features.tolist() == sorted(set(features.tolist()))


def test_features_of_a_passage_do_not_depend_on_the_passages_beside_it():
    words = [f"word{number}" for number in range(30)]
    features, starts = hash_words(words).passage_features([(0, 15), (10, 20), (20, 21)])
    alone = [hash_words(words[first:last]).features().tolist() for first, last in ((0, 15), (10, 20), (20, 21))]
    assert [part.tolist() for part in np.split(features, starts[1:])] == alone


def test_no_words_have_no_features():
    assert len(hash_words([]).features()) == 0


@pytest.mark.parametrize("word", ["a", "7", "\u2764"])
def test_a_text_of_one_letter_alone_has_features(word):
    hashed = hash_words([word])
    assert np.diff(hashed.starts).tolist() == [1]  # the window of three: the letter between its edges
    assert len(hashed.features()) > 1


def test_a_word_longer_than_the_limit_is_hashed_by_its_first_letters():
    assert hash_words(["a" * 48]).unigrams.tolist() == hash_words(["a" * 9_000]).unigrams.tolist()
    assert hash_words(["a" * 47]).unigrams.tolist() != hash_words(["a" * 48]).unigrams.tolist()


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("HELLO", "hello"),
        ("\uff28ello", "hello"),
        ("caf\u00e9", "cafe"),
        ("don\u2019t", "don't"),
        ("soooooo", "soo"),
        ("zero\u200bwidth", "zerowidth"),
        ("a\ud800b", "ab"),
        ("see https://example.org/a?b=c now", "see [url] now"),
        ("hi @somebody", "hi @user"),
    ],
)
def test_normalise_makes_spellings_alike(written, normal):
    assert normalise(written) == normal


@pytest.mark.parametrize(
    ("disguised", "plain"),
    [
        ("k1ll", "kill"),
        ("k i l l", "kill"),
        ("k.i.l.l", "kill"),
        ("h3ll0", "hello"),
        ("b\u0430d", "bad"),
        ("\U0001f171\U0001f170\U0001f173", "bad"),
        ("he11o", "heiio"),
        ("b@d", "bad"),
    ],
)
def test_undisguise_puts_letters_back(disguised, plain):
    assert undisguise(disguised) == plain


@pytest.mark.parametrize(
    "text",
    [
        "30 % off",
        "stop!",
        "mp3 and h2o",
        "covid19",
        "e.g. this",
        "well-known",
        "version 1.2",
        "@user hi",
        "node.js",
        "i a",
    ],
)
def test_undisguise_leaves_ordinary_text_alone(text):
    assert undisguise(text) == text


@pytest.mark.parametrize(("written", "spellings"), [
    ("kiiiill", ["kiill", "kill"]), ("Staaaab", ["staab", "stab"]), ("killlll", ["kill"]), ("shooooot", ["shoot"]),
    ("kkkiiilll", ["kkiill", "kill"]),
    ("muuurd3r", ["muurd3r", "murder"]), ("nooo hmmm", ["noo hmm"]), ("Louis XVIII", ["louis xvii"]), ("xxx www", ["xx ww"]),
    ("aaaa", ["aa"]), ("k1ll", ["k1ll", "kill"]), ("a plain text", ["a plain text"])])
def test_a_text_is_spelled_twice_where_letters_are_drawn_out_or_disguised(written, spellings):
    assert spellings_of(written) == spellings
