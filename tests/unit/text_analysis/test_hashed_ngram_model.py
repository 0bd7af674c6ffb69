import csv
import hashlib
import io
from pathlib import Path

import numpy as np
import pytest

from shared.text_analysis.hashed_ngram_model import (
    PASSAGE_WORDS,
    SHIPPED_WEIGHTS,
    SHORT_TEXT_WORDS,
    HashedNgramModel,
    passage_bounds,
)
from shared.text_analysis.models import Category
from shared.text_analysis.severity import severities

THREAT = "I will kill you tomorrow."
LARGEST_WEIGHTS_BYTES = 2_500_000
CALM = "The library opens at nine and the garden behind it is quiet. "


@pytest.fixture(scope="module")
def model():
    return HashedNgramModel.load()


def probes():
    with Path(__file__).with_name("probes.csv").open(encoding="utf-8", newline="") as lines:
        return [pytest.param(row.pop("text"), list(row.values())) for row in csv.DictReader(lines)]


@pytest.mark.parametrize(("text", "ranges"), probes())
def test_an_obvious_text_has_a_severity_in_the_expected_range(model, text, ranges):
    reading = model.read(text)
    found = severities(reading.probabilities, reading.passages, model.cuts)
    for (category, severity), expected in zip(found.items(), ranges, strict=True):
        lowest, highest = map(int, expected.split("-"))
        assert lowest <= severity <= highest, f"{category} {severity}, expected {expected}"


def test_probabilities_are_four_numbers_between_zero_and_one(model):
    probabilities = model.probabilities(THREAT)
    assert probabilities.dtype == np.float32
    assert probabilities.shape == (len(Category),)
    assert ((probabilities >= 0) & (probabilities <= 1)).all()


def test_the_same_text_gives_the_same_bits_from_another_instance(model):
    texts = [THREAT, CALM * 40, "k i l l", "\u2764 hello"]
    other = HashedNgramModel.load()
    for text in [*texts, *reversed(texts)]:
        assert model.probabilities(text).tobytes() == other.probabilities(text).tobytes()


def test_a_harmful_sentence_in_a_long_harmless_text_is_found_wherever_it_stands(model):
    violence = list(Category).index(Category.VIOLENCE)
    calm = (CALM * 200)[:9_900]
    assert model.probabilities(calm)[violence] < model.cuts[violence].two
    for place in (0, 4_950, 9_900):
        text = f"{calm[:place]} {THREAT} {calm[place:]}"
        assert model.probabilities(text)[violence] >= model.cuts[violence].two
        assert "kill you" in model.read(text).passages[violence]


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
    assert np.isfinite(model.probabilities(text)).all()


def test_a_text_without_words_has_probability_zero(model):
    assert model.probabilities("  \u200b ").tolist() == [0, 0, 0, 0]
    assert model.read("").passages == ("", "", "", "")


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


def test_version_ends_with_the_hash_of_the_weights(model):
    name, _, mark = model.version.partition("+")
    assert name.startswith("moderato-text-")
    assert mark == hashlib.sha256(SHIPPED_WEIGHTS.read_bytes()).hexdigest()[:8]


def test_weights_are_small_and_hold_plain_arrays_only(model):
    content = SHIPPED_WEIGHTS.read_bytes()
    assert len(content) <= LARGEST_WEIGHTS_BYTES
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        assert {name: str(arrays[name].dtype) for name in arrays.files} == {
            "weights": "float16",
            "rarities": "uint8",
            "biases": "float64",
            "platt": "float64",
            "cuts": "float64",
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
        cuts=np.array([[0.2, 0.4, 0.8]] * 4),
    )
    with pytest.raises(ValueError, match="other features"):
        HashedNgramModel.load(path)
