"""Logistic regression by L-BFGS, unknown labels left out and positives weighted; and Platt scaling of its scores."""

import sys
from collections.abc import Callable

import numpy as np
from scipy import optimize, sparse

from dev.text_training.corpus import UNKNOWN

MAX_ITERATIONS = 60


def fit_logistic(
    features: sparse.csr_matrix,
    labels: np.ndarray,
    strength: float,
    name: str,
    row_weights: np.ndarray,
) -> tuple[np.ndarray, float]:
    """Return weights (float64 [features]) and bias for one category.

    Rows whose label is UNKNOWN are masked; a positive counts sqrt(negatives / positives) times. `strength` is the
    inverse of the L2 penalty (scikit-learn's C).
    """
    known = labels != UNKNOWN
    rows, wanted = features[known], labels[known].astype(np.float64)
    positives = wanted.sum()
    weights = np.where(wanted == 1, np.sqrt((len(wanted) - positives) / positives), 1.0)
    weights *= row_weights[known]
    transposed = rows.T.tocsr()

    def loss_and_gradient(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        scores = rows @ parameters[:-1] + parameters[-1]
        loss = (weights * (np.logaddexp(0, scores) - wanted * scores)).sum()
        residuals = weights * (_sigmoid(scores) - wanted)
        gradient = np.append(transposed @ residuals, residuals.sum())
        gradient *= strength
        gradient[:-1] += parameters[:-1]
        return strength * loss + 0.5 * parameters[:-1] @ parameters[:-1], gradient

    best = optimize.minimize(
        loss_and_gradient,
        np.zeros(features.shape[1] + 1),
        jac=True,
        method="L-BFGS-B",
        callback=_progress(name),
        options={"maxiter": MAX_ITERATIONS, "maxcor": 8},
    )
    print(
        f"\r  fitting {name}: {best.nit} iterations, {int(positives):,} of {len(wanted):,} rows positive   ",
        file=sys.stderr,
    )
    return best.x[:-1], float(best.x[-1])


def fit_platt(scores: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
    """Return slope and offset: sigmoid(slope * score + offset) is a calibrated probability. Source: Platt 1999."""
    known = labels != UNKNOWN
    scores, wanted = scores[known].astype(np.float64), labels[known].astype(np.float64)
    positives, negatives = wanted.sum(), len(wanted) - wanted.sum()
    targets = np.where(wanted == 1, (positives + 1) / (positives + 2), 1 / (negatives + 2))

    def loss_and_gradient(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        logits = parameters[0] * scores + parameters[1]
        residuals = _sigmoid(logits) - targets
        return (np.logaddexp(0, logits) - targets * logits).sum(), np.array([residuals @ scores, residuals.sum()])

    slope, offset = optimize.minimize(loss_and_gradient, np.array([1.0, 0.0]), jac=True, method="BFGS").x
    return float(slope), float(offset)


def _sigmoid(scores: np.ndarray) -> np.ndarray:
    return 0.5 * (1 + np.tanh(0.5 * scores))


def _progress(name: str) -> Callable[[np.ndarray], None]:
    done = 0

    def show(_: np.ndarray) -> None:
        nonlocal done
        done += 1
        print(f"\r  fitting {name}: iteration {done} of at most {MAX_ITERATIONS}", end="", file=sys.stderr, flush=True)

    return show
