"""Two networks must agree; scores are cut into severities, and the thresholds of Content Moderator's clients fit them."""
from __future__ import annotations

import numpy as np
import pytest

from shared.image_analysis import nsfw_model
from shared.image_analysis.models import SexualScores
from shared.image_analysis.nsfw_model import NsfwModel, SexualCuts
from shared.text_analysis.models import Category
from tests.pictures import picture

CUTS = SexualCuts(0.32, 0.48, 0.8)
RACY, ADULT = 0.32, 0.48
"""The thresholds that clients of Content Moderator know."""


def scored(monkeypatch: pytest.MonkeyPatch, wide: tuple[float, ...], narrow: tuple[float, ...]) -> SexualScores:
    """Of the probabilities of Drawing, Hentai, Neutral, Porn and Sexy by each network."""
    monkeypatch.setattr(nsfw_model, "predictions_of", lambda _: np.array([wide, narrow], np.float32))
    return nsfw_model.scores(picture(1))


@pytest.mark.parametrize(("explicit", "is_adult"), [(0.59, False), (0.61, True)])
def test_six_tenths_by_both_are_adult(monkeypatch, explicit, is_adult):
    split = (0.0, explicit / 2, 1 - explicit, explicit / 2, 0.0)

    assert (scored(monkeypatch, split, split).adult >= ADULT) == is_adult


@pytest.mark.parametrize(("suggestive", "is_racy"), [(0.39, False), (0.41, True)])
def test_four_tenths_by_both_are_racy(monkeypatch, suggestive, is_racy):
    split = (0.0, 0.0, 1 - suggestive, 0.0, suggestive)
    found = scored(monkeypatch, split, split)

    assert (found.racy >= RACY) == is_racy
    assert found.adult < 0.05


def test_one_network_alone_makes_nothing_adult(monkeypatch):
    sure, blind = (0.0, 0.0, 0.0, 1.0, 0.0), (0.0, 0.0, 1.0, 0.0, 0.0)

    assert scored(monkeypatch, sure, blind).adult < ADULT
    assert scored(monkeypatch, blind, sure).adult < ADULT
    assert scored(monkeypatch, sure, sure).adult > 0.95


def test_what_is_adult_is_racy_too(monkeypatch):
    dice = np.random.default_rng(3)
    for wide, narrow in dice.dirichlet([0.3] * 5, (200, 2)):
        found = scored(monkeypatch, wide, narrow)
        assert 0 < found.adult <= found.racy < 1


@pytest.mark.parametrize(("adult", "racy", "severity"), [
    (0.1, 0.31, 0), (0.1, 0.32, 2), (0.47, 0.9, 2), (0.48, 0.9, 4), (0.79, 0.9, 4), (0.8, 0.9, 6), (0.99, 0.99, 6)])
def test_each_cut_counts_from_its_score_on(adult, racy, severity):
    assert CUTS.severity_of(SexualScores(adult, racy)) == severity


def test_it_knows_of_nothing_but_sexual_content_and_answers_the_same_again():
    model = NsfwModel(CUTS)

    judged = model.judge(picture(2))

    assert list(judged.severities) == [Category.SEXUAL]
    assert judged == model.judge(picture(2))
    assert model.version == NsfwModel(CUTS).version and len(model.version.partition("+")[2]) == 8


def test_generated_pictures_are_harmless():
    model = NsfwModel(CUTS)

    assert {model.judge(picture(number)).severities[Category.SEXUAL] for number in range(8)} == {0}
