import csv
import dataclasses
import json
import math
from pathlib import Path

import numpy as np
import pytest

from dev.text_training import calibration
from shared.text_analysis import hashed_ngram_model
from shared.text_analysis.built_in_model import (
    CALIBRATION,
    ENCODER,
    HASHED_NGRAMS,
    MODEL_NAME,
    SHIPPED,
    TOKENIZER,
    BuiltInModel,
    Calibration,
    Line,
)
from shared.text_analysis.encoder import TextEncoder, token_windows, window_count
from shared.text_analysis.hashed_ngram_model import HashedNgramModel
from shared.text_analysis.language import detect_language
from shared.text_analysis.models import Category
from shared.text_analysis.severity import Cuts
from tests.unit.matching.test_clean_texts import CLEAN_TEXTS

THREAT = "I will kill you tomorrow."
CALM = "The library opens at nine and the garden behind it is quiet. "
LARGEST_WEIGHTS_BYTES = 30_000_000


@pytest.fixture(scope="module")
def model():
    return BuiltInModel.load()


def probes():
    with Path(__file__).with_name("probes.csv").open(encoding="utf-8", newline="") as lines:
        return [pytest.param(row.pop("text"), list(row.values())) for row in csv.DictReader(lines)]


@pytest.mark.parametrize(("text", "ranges"), probes())
def test_an_obvious_text_has_a_severity_in_the_expected_range(model, text, ranges):
    for (category, severity), expected in zip(model.judge(text).severities.items(), ranges, strict=True):
        lowest, highest = map(int, expected.split("-"))
        assert lowest <= severity <= highest, f"{category} {severity}, expected {expected}"


def test_a_judgement_has_four_severities_and_probabilities(model):
    judgement = model.judge(THREAT)
    assert list(judgement.severities) == list(judgement.probabilities) == list(Category)
    assert all(0 <= severity <= 7 for severity in judgement.severities.values())
    assert all(0 < probability < 1 for probability in judgement.probabilities.values())


def test_the_same_text_has_the_same_judgement_from_another_instance(model):
    texts = [THREAT, CALM * 40, "k i l l", "\u2764 hello"]
    other = BuiltInModel.load()
    for text in [*texts, *reversed(texts)]:
        assert model.judge(text) == other.judge(text)


def test_a_harmful_sentence_in_a_long_harmless_text_is_found_wherever_it_stands(model):
    calm = CALM * 160
    assert model.judge(calm).severities[Category.VIOLENCE] < 2
    for place in (0, len(calm) // 2, len(calm)):
        found = model.judge(f"{calm[:place]} {THREAT} {calm[place:]}").severities[Category.VIOLENCE]
        assert found >= 2


@pytest.mark.parametrize(("disguised", "plain"), [
    ("I will k i l l you tomorrow.", THREAT), ("I will k1ll you tomorrow.", THREAT), ("I w!ll k!ll y0u tomorrow.", THREAT),
    ("I w\u0456ll k\u0456ll y\u043eu tomorrow.", THREAT), ("I will \U0001f17a\U0001f178\U0001f17b\U0001f17b you tomorrow.", THREAT),
    ("We should burn d0wn their h0uses.", "We should burn down their houses."), ("I will kiiiill you tomorrow.", THREAT)])
def test_a_disguised_threat_weighs_as_much_as_the_plain_one_alone_and_in_a_long_text(model, disguised, plain):
    """Both tiers must see through it: with one of them alone the mean is well below, though often still beyond the first cut."""
    def violence(text):
        return model.judge(text).probabilities[Category.VIOLENCE]
    calm = CALM * 60
    assert violence(disguised) >= 0.99 * violence(plain)
    for place in (0, len(calm) // 2, len(calm)):
        assert violence(f"{calm[:place]} {disguised} {calm[place:]}") >= 0.99 * violence(f"{calm[:place]} {plain} {calm[place:]}")


def test_no_clean_text_in_any_language_is_harmful_in_its_second_spelling_alone(model, monkeypatch):
    tier = HashedNgramModel.load(SHIPPED / HASHED_NGRAMS)
    twice = {text: spellings for text in CLEAN_TEXTS if len(spellings := tier.read(text).spellings) == 2}
    assert len({detect_language(text) for text in twice}) >= 8
    monkeypatch.setattr(hashed_ngram_model, "spellings_of", lambda spelling: [spelling])
    assert not flagged(model, "k!ll them all") and flagged(model, "kill them all")  # each is read as it is
    assert {text for text, (first, second) in twice.items() if flagged(model, second) and not flagged(model, first)} == set()


def flagged(model, text):
    return max(model.judge(text).severities.values()) >= 2


@pytest.mark.parametrize("text", ["", " ", "\n\t\u3000", "  \u200b "])
def test_a_text_without_words_is_harmless(model, text):
    judgement = model.judge(text)
    assert set(judgement.severities.values()) == {0}
    assert set(judgement.probabilities.values()) == {0.0}


@pytest.mark.parametrize("text", ["\ud800", "\udfff\ud83d", "a", "a" * 10_000, "a " * 5_000, "\U0001f600" * 10_000, "." * 10_000,
                                  "@" * 10_000, "$a" * 5_000, "a.b " * 2_500, "\u0301" * 10_000, "\x00\x01", "\u4f60\u597d" * 5_000])
def test_odd_texts_are_judged_without_error(model, text):
    assert all(0 <= probability <= 1 for probability in model.judge(text).probabilities.values())


def test_both_tiers_count_alike():
    lines = tuple(Line(1.0, 0.0) for _ in Category)
    plain = Calibration(lines, lines, tuple(Cuts(0.2, 0.4, 0.8) for _ in Category), (0.0,) * len(Category), "of a test")
    both = BuiltInModel(HashedNgramModel.load(SHIPPED / HASHED_NGRAMS), TextEncoder(SHIPPED / ENCODER, SHIPPED / TOKENIZER), plain)
    assert both.blended([4.0, 0.0, -2.0, 1.0], [0.0, 4.0, -2.0, 2.0]) == [2.0, 2.0, -2.0, 1.5]
    assert both.blended([4.0, 0.0, -2.0, 1.0], [0.0, 4.0, -2.0, 2.0], is_bare_word=True) == [0.0, 0.0, -2.0, 1.0]


def test_each_doubling_of_its_windows_makes_the_model_less_certain_of_a_text(model):
    def with_losses(*losses):
        stored = Calibration.of(json.loads((SHIPPED / CALIBRATION).read_text("utf-8")))
        return BuiltInModel(HashedNgramModel.load(SHIPPED / HASHED_NGRAMS), TextEncoder(SHIPPED / ENCODER, SHIPPED / TOKENIZER),
                            dataclasses.replace(stored, per_doubling=losses))

    def logits(own, text):
        return np.array([math.log(probability / (1 - probability)) for probability in own.read(text).probabilities])

    none, some = with_losses(0.0, 0.0, 0.0, 0.0), with_losses(0.1, 0.2, 0.3, 0.4)
    sentences = [f"Bakery {number} opens at {2 * number + 1} and sells {3 * number + 2} warm rolls. " for number in range(25)]
    for text, windows in (("".join(sentences[:2]), 1), ("".join(sentences[:9]), 2), ("".join(sentences), 4)):
        ids = TextEncoder(SHIPPED / ENCODER, SHIPPED / TOKENIZER).token_ids(text)
        assert len(list(token_windows(ids))) == window_count(len(ids)) == windows
        assert logits(none, text) - logits(some, text) == pytest.approx(np.array([0.1, 0.2, 0.3, 0.4]) * math.log2(windows))


@pytest.mark.parametrize("padding", ["\ufdfa" * 9_000, "hello " * 1_500, "tick tock " * 900])
def test_what_is_said_again_and_again_takes_no_severity_away(model, padding):
    threat = "I hope somebody breaks your nose. "
    padded = model.judge(threat + padding).severities[Category.VIOLENCE]
    assert model.judge(threat).severities[Category.VIOLENCE] - padded <= 1


def test_the_usual_spelling_of_a_minors_age_takes_sexual_content_to_the_top(model):
    assert model.judge("She is a 16-year-old girl and he had sex with her.").severities[Category.SEXUAL] == 7
    assert model.judge("She is a 36-year-old woman and he had sex with her.").severities[Category.SEXUAL] < 7


def test_the_version_names_all_that_the_model_is_made_of(tmp_path):
    for path in SHIPPED.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    stored = Calibration.of(json.loads((SHIPPED / CALIBRATION).read_text("utf-8")))
    assert calibration.save(stored, tmp_path) == stored
    assert stored.version.startswith(f"{MODEL_NAME}+")
    moved = dataclasses.replace(stored, blend=(Line(9.0, 9.0), *stored.blend[1:]))
    assert calibration.save(moved, tmp_path).version != stored.version


def test_weights_are_small():
    assert sum(path.stat().st_size for path in SHIPPED.iterdir()) <= LARGEST_WEIGHTS_BYTES
