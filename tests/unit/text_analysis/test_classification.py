from __future__ import annotations

import pytest

from shared.text_analysis.classification import REVIEW_EXPLICIT, REVIEW_OFFENSIVE, REVIEW_SUGGESTIVE, Classification, classify
from shared.text_analysis.models import Category, Judgement


def judgement(probability: float = 0.0, severity: int = 0, category: Category = Category.SEXUAL, known: bool = True) -> Judgement:
    severities = {each: severity if each is category else 0 for each in Category}
    return Judgement(severities, {each: probability if each is category else 0.0 for each in Category} if known else None)


@pytest.mark.parametrize(("severity", "part"), [(0, 0.0), (2, 0.0), (3, 0.25), (4, 0.5), (5, 0.75), (6, 1.0), (7, 1.0)])
def test_the_explicit_score_is_the_suggestive_one_weighed_by_gravity(severity: int, part: float):
    scores = classify(judgement(0.8, severity))

    assert (scores.explicit, scores.suggestive, scores.offensive) == (pytest.approx(0.8 * part), 0.8, 0.0)


@pytest.mark.parametrize("category", [Category.HATE, Category.VIOLENCE])
def test_hate_and_violence_are_offensive(category: Category):
    assert classify(judgement(0.7, 4, category)) == Classification(0.0, 0.0, 0.7)


def test_self_harm_is_in_none_of_the_three():
    assert classify(judgement(0.9, 6, Category.SELF_HARM)) == Classification(0.0, 0.0, 0.0)


@pytest.mark.parametrize("severity", range(8))
def test_an_engine_without_probabilities_gives_its_severity_as_a_part_of_seven(severity: int):
    assert classify(judgement(0, severity, Category.HATE, known=False)).offensive == severity / 7
    assert classify(judgement(0, severity, Category.SEXUAL, known=False)).suggestive == severity / 7


@pytest.mark.parametrize(("place", "threshold"), [(0, REVIEW_EXPLICIT), (1, REVIEW_SUGGESTIVE), (2, REVIEW_OFFENSIVE)])
def test_a_review_is_recommended_from_each_threshold_on(place: int, threshold: float):
    def scores(value: float) -> Classification:
        return Classification(*(value if each == place else 0.0 for each in range(3)))
    assert scores(threshold).review_recommended
    assert not scores(threshold - 0.001).review_recommended
