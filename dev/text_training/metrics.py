"""Measures of a classifier, with bootstrap intervals."""

from collections.abc import Callable

import numpy as np

RESAMPLES = 400
_SEED = 20240901


def average_precision(wanted: np.ndarray, scores: np.ndarray) -> float:
    """Return the mean of precision at each positive, ties taken together; nan without positives."""
    positives = wanted.sum()
    if positives == 0:
        return float("nan")
    order = np.argsort(-scores, kind="stable")
    sorted_scores, hits = scores[order], np.cumsum(wanted[order])
    last_of_tie = np.append(np.flatnonzero(np.diff(sorted_scores)), len(sorted_scores) - 1)
    hits = hits[last_of_tie].astype(np.float64)
    gained = np.diff(np.concatenate(([0.0], hits)))
    return float((gained * hits / (last_of_tie + 1)).sum() / positives)


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
