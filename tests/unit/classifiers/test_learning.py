"""What is learned from features: against scikit-learn's own pieces, against hand-made cases, and twice the same."""
from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, precision_score, recall_score
from sklearn.preprocessing import StandardScaler

from shared.classifiers.learning.calibration import temperature_of
from shared.classifiers.learning.fitting import STRENGTH, fit
from shared.classifiers.learning.folds import folds_of
from shared.classifiers.learning.heads import Head, Likelihood, probabilities_of, uncertainties_of
from shared.classifiers.learning.metrics import performance_of
from shared.classifiers.learning.training import learn

WIDTH = 60


def clouds(pictures_of_tag: int, tags: int, spread: float = 1.0, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Features [pictures, 1, WIDTH] around a centre for each tag, and their targets."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(tags, WIDTH))
    labels = np.repeat(np.arange(tags), pictures_of_tag)
    features = centres[labels] + spread * random.normal(size=(len(labels), WIDTH))
    return features[:, None, :].astype("float32"), np.eye(tags, dtype="uint8")[labels]


@pytest.mark.parametrize("pictures_of_tag", [8, 40], ids=["fewer pictures than features", "more pictures than features"])
@pytest.mark.parametrize("tags", [2, 4])
def test_a_fit_is_the_logistic_regression_of_the_standardised_features(pictures_of_tag: int, tags: int):
    features, targets = clouds(pictures_of_tag, tags)
    scaled = StandardScaler().fit_transform(features[:, 0].astype("float64"))
    reference = LogisticRegression(C=STRENGTH / WIDTH, max_iter=5000, tol=1e-8).fit(scaled, targets.argmax(axis=1))

    found = fit(features, targets, Likelihood.SOFTMAX).probabilities(features[:, 0])

    assert np.abs(found - reference.predict_proba(scaled)).max() < 2e-3


def test_tags_that_stand_for_themselves_are_fitted_one_by_one():
    features, targets = clouds(20, 3)
    targets[:, 1] |= targets[:, 0]
    scaled = StandardScaler().fit_transform(features[:, 0].astype("float64"))

    found = fit(features, targets, Likelihood.SIGMOID).probabilities(features[:, 0])

    for tag in range(3):
        reference = LogisticRegression(C=STRENGTH / WIDTH, max_iter=5000, tol=1e-8).fit(scaled, targets[:, tag])
        assert np.abs(found[:, tag] - reference.predict_proba(scaled)[:, 1]).max() < 2e-3


def test_a_picture_counts_once_however_many_views_it_has():
    features, targets = clouds(10, 3)

    once = fit(features, targets, Likelihood.SOFTMAX)
    twice = fit(np.repeat(features, 2, axis=1), targets, Likelihood.SOFTMAX)

    assert np.abs(once.probabilities(features[:, 0]) - twice.probabilities(features[:, 0])).max() < 2e-3


@pytest.mark.parametrize("likelihood", list(Likelihood))
def test_the_same_arrays_give_the_same_bytes(likelihood: Likelihood):
    features, targets = clouds(7, 4, seed=3)

    first, second = learn(features, targets, likelihood), learn(features.copy(), targets.copy(), likelihood)

    assert first.head.weights.tobytes() == second.head.weights.tobytes()
    assert first.head.bias.tobytes() == second.head.bias.tobytes()
    assert first.held_out.tobytes() == second.held_out.tobytes()
    assert first.folds.tobytes() == second.folds.tobytes()


def test_what_cannot_be_learned_is_not_reported_as_learned():
    """Noise with tags at random: figures from the training pictures themselves would be near 1."""
    random = np.random.default_rng(5)
    features = random.normal(size=(60, 1, 400)).astype("float32")
    targets = np.eye(2, dtype="uint8")[random.integers(0, 2, 60)]

    learned = learn(features, targets, Likelihood.SOFTMAX)

    seen_again = (learned.head.probabilities(features[:, 0]).argmax(axis=1) == targets.argmax(axis=1)).mean()
    held_out = (learned.held_out.argmax(axis=1) == targets.argmax(axis=1)).mean()
    assert seen_again == 1 and 0.3 < held_out < 0.7
    assert learned.held_out.max() < 0.8  # calibrated: it does not claim to know


def test_what_is_easy_is_told_apart_with_confidence():
    features, targets = clouds(10, 3, spread=0.3)

    learned = learn(features, targets, Likelihood.SOFTMAX)

    assert (learned.held_out[targets > 0] > 0.8).all()
    assert performance_of(learned.held_out, targets, learned.folds, 0.5).overall.recall == 1


@pytest.mark.parametrize("likelihood", list(Likelihood))
def test_a_tag_of_all_pictures_or_of_none_is_no_obstacle(likelihood: Likelihood):
    features, _ = clouds(6, 2)
    targets = np.zeros((12, 3), dtype="uint8")
    targets[:, 0] = 1
    targets[0, 2] = likelihood is Likelihood.SIGMOID

    learned = learn(features, targets, likelihood)

    assert np.isfinite(learned.held_out).all() and np.isfinite(learned.head.weights).all()
    assert (learned.head.probabilities(features[:, 0])[:, 0] > 0.9).all()
    assert (learned.head.probabilities(features[:, 0])[:, 1] < 0.1).all()


def test_pictures_that_are_all_alike_are_no_obstacle():
    targets = np.eye(2, dtype="uint8")[[0, 1] * 5]

    learned = learn(np.ones((10, 1, 20), dtype="float32"), targets, Likelihood.SOFTMAX)

    assert np.allclose(learned.head.probabilities(np.ones((1, 20), dtype="float32")), 0.5, atol=1e-3)


def test_a_step_may_end_the_training():
    features, targets = clouds(5, 2)

    def overtaken() -> None:
        raise InterruptedError
    with pytest.raises(InterruptedError):
        learn(features, targets, Likelihood.SOFTMAX, overtaken)


@pytest.mark.parametrize("pictures_of_tag", [5, 6, 31])
def test_each_fold_has_its_share_of_each_tag(pictures_of_tag: int):
    _, targets = clouds(pictures_of_tag, 4)

    folds = folds_of(targets)

    in_folds = np.array([[targets[folds == fold][:, tag].sum() for tag in range(4)] for fold in range(5)])
    assert in_folds.max(axis=0).max() - in_folds.min(axis=0).min() <= 1
    assert (in_folds.sum(axis=0) == pictures_of_tag).all()


def test_each_fold_has_its_share_where_pictures_have_several_tags():
    random = np.random.default_rng(2)
    targets = (random.random((100, 4)) < [0.05, 0.2, 0.5, 0.8]).astype("uint8")

    folds = folds_of(targets)

    for tag in range(4):
        shares = [targets[folds == fold][:, tag].sum() for fold in range(5)]
        assert max(shares) - min(shares) <= 2
    assert np.bincount(folds, minlength=5).max() - np.bincount(folds, minlength=5).min() <= 2


@pytest.mark.parametrize("factor", [0.25, 1.0, 4.0])
def test_a_temperature_undoes_what_logits_were_stretched_by(factor: float):
    random = np.random.default_rng(1)
    logits = random.normal(scale=2, size=(20_000, 3))
    drawn = (random.random((20_000, 1)) > probabilities_of(logits, Likelihood.SOFTMAX).cumsum(axis=1)).sum(axis=1).clip(max=2)

    assert temperature_of(logits * factor, np.eye(3)[drawn], Likelihood.SOFTMAX) == pytest.approx(factor, rel=0.05)


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_a_temperature_suits_tags_that_stand_for_themselves(factor: float):
    random = np.random.default_rng(1)
    logits = random.normal(scale=2, size=(20_000, 2))
    drawn = (random.random(logits.shape) < probabilities_of(logits, Likelihood.SIGMOID)).astype(float)

    assert temperature_of(logits * factor, drawn, Likelihood.SIGMOID) == pytest.approx(factor, rel=0.05)


def test_probabilities_of_extreme_logits_are_numbers():
    logits = np.array([[1e4, -1e4, 0.0]])

    assert probabilities_of(logits, Likelihood.SOFTMAX).tolist() == [[1, 0, 0]]
    assert probabilities_of(logits, Likelihood.SIGMOID).tolist() == [[1, 0, 0.5]]


def test_metrics_of_a_hand_made_case():
    """Two tags, two folds. At .5: tag 0 is answered for pictures 0, 1, 3 (of which 0 and 3 have it), tag 1 for 2."""
    probabilities = np.array([[.9, .1], [.6, .4], [.2, .8], [.7, .3]])
    targets = np.array([[1, 0], [0, 1], [0, 1], [1, 0]])
    folds = np.array([0, 0, 1, 1])

    performance = performance_of(probabilities, targets, folds, 0.5)

    first, second = performance.tags
    assert (first.precision, first.recall, first.pictures) == (2 / 3, 1, 2)
    assert first.precision_deviation == pytest.approx(0.25)  # 1/2 in the one fold, 1 in the other
    assert (second.precision, second.recall, second.recall_deviation) == (1, 0.5, 0.5)
    assert (performance.overall.precision, performance.overall.recall) == (3 / 4, 3 / 4)
    assert first.average_precision == 1 and second.average_precision == 1
    assert performance.overall.average_precision == 1


def test_a_threshold_is_reached_by_its_own_value_and_not_by_less():
    probabilities, targets, folds = np.array([[.6], [.6]]), np.array([[1], [0]]), np.array([0, 1])

    assert performance_of(probabilities, targets, folds, 0.6).overall.recall == 1
    nothing = performance_of(probabilities, targets, folds, 0.6001).overall
    assert (nothing.recall, nothing.precision, nothing.precision_deviation) == (0, 0, 0)


@pytest.mark.parametrize("threshold", [0.0, 0.3, 0.5, 0.9, 1.0])
def test_metrics_are_those_of_scikit_learn(threshold: float):
    random = np.random.default_rng(4)
    probabilities, targets = random.random((80, 5)), (random.random((80, 5)) < 0.3).astype(int)

    performance = performance_of(probabilities, targets, folds_of(targets), threshold)

    answered = (probabilities >= threshold).astype(int)
    for tag, figures in enumerate(performance.tags):
        assert figures.precision == pytest.approx(precision_score(targets[:, tag], answered[:, tag], zero_division=0))
        assert figures.recall == pytest.approx(recall_score(targets[:, tag], answered[:, tag]))
        assert figures.average_precision == pytest.approx(average_precision_score(targets[:, tag], probabilities[:, tag]))
    assert performance.overall.precision == pytest.approx(precision_score(targets, answered, average="micro", zero_division=0))
    assert performance.overall.recall == pytest.approx(recall_score(targets, answered, average="micro"))
    assert performance.overall.average_precision == pytest.approx(average_precision_score(targets, probabilities, average="macro"))


def test_uncertainty_runs_from_knowing_to_not_knowing():
    softmax = uncertainties_of(np.array([[1, 0, 0], [1 / 3] * 3, [.8, .1, .1]]), Likelihood.SOFTMAX)
    sigmoid = uncertainties_of(np.array([[1, 0], [.5, 0], [.9, .1]]), Likelihood.SIGMOID)

    assert softmax[:2] == pytest.approx([0, 1], abs=1e-6) and 0 < softmax[2] < 1
    assert sigmoid == pytest.approx([0, 1, 0.469], abs=1e-3)


def test_a_head_is_float32_whatever_it_is_given():
    head = Head(Likelihood.SIGMOID, np.zeros((3, 2), dtype="float32"), np.zeros(2, dtype="float32"))

    assert head.probabilities(np.zeros((1, 3))).dtype == np.float32
