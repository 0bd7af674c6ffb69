"""Agreement between reviewers, held against scikit-learn."""
from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from shared.reviews.agreement import TagAgreement, agreement_of
from shared.reviews.decision_models import Opinion

AT = datetime(2026, 3, 1, tzinfo=UTC)
FIRST, SECOND, THIRD = "1" * 32, "2" * 32, "3" * 32


def opinion(member: str, **tags: bool) -> Opinion:
    return Opinion(member, AT, tags)


@pytest.mark.parametrize("seed", range(20))
def test_kappa_and_percent_are_those_of_scikit_learn(seed: int):
    random = np.random.default_rng(seed)
    size = int(random.integers(1, 60))
    one = random.random(size) < random.random()
    other = np.where(random.random(size) < 0.7, one, random.random(size) < 0.5)

    (pair,) = agreement_of([[opinion(SECOND, a=bool(b)), opinion(FIRST, a=bool(a))] for a, b in zip(one, other, strict=True)])

    (tag,) = pair.tags
    is_one_word = len({*one, *other}) == 1
    expected = None if is_one_word else cohen_kappa_score(one, other, labels=[False, True])
    assert (pair.first, pair.second, pair.reviews, tag.reviews) == (FIRST, SECOND, size, size)
    assert tag.percent == pytest.approx(100 * np.mean(one == other))
    assert tag.kappa is None if expected is None else tag.kappa == pytest.approx(expected)


def test_the_worked_example_of_a_text_book():
    """Fifty applications: both yes 20, only the first 5, only the second 10, both no 15; kappa is 0.4."""
    tag = TagAgreement("a", 20, 5, 10, 15)

    assert (tag.percent, tag.kappa) == (70, pytest.approx(0.4))


def test_each_two_of_three_are_a_pair_and_a_tag_that_one_of_them_did_not_know_does_not_count():
    pairs = agreement_of([
        [opinion(FIRST, a=True, zz=True), opinion(SECOND, a=True), opinion(THIRD, a=False, zz=True)],
        [opinion(FIRST, a=False)]])

    assert [(pair.first, pair.second, [tag.code for tag in pair.tags]) for pair in pairs] == [
        (FIRST, SECOND, ["a"]), (FIRST, THIRD, ["a", "zz"]), (SECOND, THIRD, ["a"])]


def test_where_both_always_say_the_same_one_thing_there_is_no_kappa():
    (pair,) = agreement_of([[opinion(FIRST, a=True), opinion(SECOND, a=True)]] * 7)

    assert (pair.tags[0].percent, pair.tags[0].kappa) == (100, None)
