"""Measures of a classifier, with bootstrap intervals."""

from collections.abc import Callable

import numpy as np

RESAMPLES = 400
_SEED = 20240901


def precision_recall(wanted: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return precision and recall at each distinct score, from the greatest down."""
    hits, flagged = _hits_and_flagged(wanted, scores)
    return hits / flagged, hits / max(1, wanted.sum())


def average_precision(wanted: np.ndarray, scores: np.ndarray) -> float:
    """Return the mean of precision at each positive, ties taken together; nan without positives."""
    positives = wanted.sum()
    if positives == 0:
        return float("nan")
    hits, flagged = _hits_and_flagged(wanted, scores)
    gained = np.diff(np.concatenate(([0.0], hits)))
    return float((gained * hits / flagged).sum() / positives)


def _hits_and_flagged(wanted: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how many positives and how many rows score at least so much, for each distinct score: float64 each."""
    order = np.argsort(-scores, kind="stable")
    sorted_scores, hits = scores[order], np.cumsum(wanted[order], dtype=np.float64)
    last_of_tie = np.append(np.flatnonzero(np.diff(sorted_scores)), len(sorted_scores) - 1)
    return hits[last_of_tie], last_of_tie + 1.0


def f1(wanted: np.ndarray, flagged: np.ndarray) -> float:
    """Return 2 * hits / (flagged + wanted), 0 where both are empty."""
    return float(2 * (wanted * flagged).sum() / max(1, wanted.sum() + flagged.sum()))


def interval(
    measure: Callable[[np.ndarray, np.ndarray], float], wanted: np.ndarray, scores: np.ndarray
) -> tuple[float, float, float]:
    """Return the measure and its 95 % bootstrap interval over rows (fixed seed)."""
    random = np.random.default_rng(_SEED)
    draws = []
    for _ in range(RESAMPLES):
        rows = random.integers(0, len(wanted), len(wanted))
        draws.append(measure(wanted[rows], scores[rows]))
    low, high = np.nanpercentile(draws, [2.5, 97.5])
    return measure(wanted, scores), float(low), float(high)
