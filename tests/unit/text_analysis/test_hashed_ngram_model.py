import io

import numpy as np
import pytest

from shared.text_analysis.built_in_model import HASHED_NGRAMS, SHIPPED
from shared.text_analysis.hashed_ngram_model import (
    PASSAGE_WORDS,
    SHORT_TEXT_WORDS,
    HashedNgramModel,
    passage_bounds,
)
from shared.text_analysis.models import Category

WEIGHTS = SHIPPED / HASHED_NGRAMS
THREAT = "I will kill you tomorrow."
LARGEST_WEIGHTS_BYTES = 2_500_000
CALM = "The library opens at nine and the garden behind it is quiet. "


@pytest.fixture(scope="module")
def model():
    return HashedNgramModel.load(WEIGHTS)


def test_a_reading_has_a_logit_and_a_passage_for_each_category(model):
    reading = model.read(THREAT)
    assert len(reading.logits) == len(reading.passages) == len(Category)
    assert np.isfinite(reading.logits).all()
    assert reading.spellings == ("i will kill you tomorrow.",)


def test_a_disguised_text_is_read_in_two_spellings(model):
    assert model.read("I will k1ll you").spellings == ("i will k1ll you", "i will kill you")


def test_the_same_text_gives_the_same_bits_from_another_instance(model):
    texts = [THREAT, CALM * 40, "k i l l", "\u2764 hello"]
    other = HashedNgramModel.load(WEIGHTS)
    for text in [*texts, *reversed(texts)]:
        assert model.read(text) == other.read(text)


def test_a_harmful_sentence_in_a_long_harmless_text_is_the_passage_wherever_it_stands(model):
    violence = list(Category).index(Category.VIOLENCE)
    calm = (CALM * 200)[:9_900]
    for place in (0, 4_950, 9_900):
        reading = model.read(f"{calm[:place]} {THREAT} {calm[place:]}")
        assert reading.logits[violence] > model.read(calm).logits[violence] + 2
        assert "kill you" in reading.passages[violence]


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\n\t\u3000",
        "\u2764\ufe0f\U0001f600",
        "\ud800",
        "\udfff\ud83d",
        "a",
        "a" * 10_000,
        "a " * 5_000,
        "\U0001f600" * 10_000,
        "." * 10_000,
        "1" * 10_000,
        "@" * 10_000,
        "$a" * 5_000,
        "a.b " * 2_500,
        "\u0301" * 10_000,
        "\x00\x01",
        "\u4f60\u597d" * 5_000,
    ],
)
def test_odd_texts_are_read_without_error(model, text):
    assert not np.isnan(model.read(text).logits).any()


def test_a_text_without_words_has_no_spelling(model):
    reading = model.read("  \u200b ")
    assert reading.logits == (-np.inf,) * 4
    assert reading.passages == ("", "", "", "")
    assert reading.spellings == ()


@pytest.mark.parametrize("count", [SHORT_TEXT_WORDS + 1, SHORT_TEXT_WORDS + 10, 3 * SHORT_TEXT_WORDS, 1_999])
def test_windows_of_a_long_text_cover_every_word_and_none_is_short(count):
    bounds = passage_bounds(["word"] * count)
    assert {word for first, last in bounds for word in range(first, last)} == set(range(count))
    assert all(last - first == PASSAGE_WORDS for first, last in bounds)


def test_sentences_of_a_long_text_are_passages_too():
    words = [*["word"] * 50, ".", "four", "words", "here", "!", "no", ".", *["word"] * 50]
    sentences = [bound for bound in passage_bounds(words) if bound[1] - bound[0] != PASSAGE_WORDS]
    assert sentences == [(51, 55)]


@pytest.mark.parametrize("count", [1, SHORT_TEXT_WORDS])
def test_a_short_text_is_one_passage(count):
    assert passage_bounds(["word"] * count) == [(0, count)]


def test_weights_are_small_and_hold_plain_arrays_only():
    content = WEIGHTS.read_bytes()
    assert len(content) <= LARGEST_WEIGHTS_BYTES
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        assert {name: str(arrays[name].dtype) for name in arrays.files} == {
            "weights": "float16",
            "rarities": "uint8",
            "biases": "float64",
            "platt": "float64",
        }
        assert np.isfinite(arrays["weights"]).all()


def test_weights_that_need_pickle_are_refused(tmp_path):
    path = tmp_path / "other.npz"
    np.savez(path, weights=np.array([object()], dtype=object))
    with pytest.raises(ValueError, match="allow_pickle"):
        HashedNgramModel.load(path)


def test_weights_of_another_shape_are_refused(tmp_path):
    path = tmp_path / "other.npz"
    np.savez(
        path,
        weights=np.zeros((8, 4), np.float16),
        rarities=np.zeros(8, np.uint8),
        biases=np.zeros(4),
        platt=np.ones((4, 2)),
    )
    with pytest.raises(ValueError, match="other features"):
        HashedNgramModel.load(path)
