"""Fits a head: features are standardised and rotated, a logistic regression is fitted, and all of it becomes one matrix.

The penalty of the regression is the same after a rotation, so that what is left out is only what the pictures do not vary
in: with more features than pictures, the fit takes as many columns as there are pictures, and finds the same solution.
"""
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.classifiers.learning.heads import Head, Likelihood

if TYPE_CHECKING:
    import numpy as np

STRENGTH = 9.0
"""The inverse of the penalty for features of mean square 1 all together; of 1,792 standardised ones it is C = .005."""
COMPONENTS = 512
"""Most columns that the regression takes."""
_BASIS_ROWS = 2048
"""Most pictures that the rotation is found from."""
_ITERATIONS = 500
_NEGLIGIBLE = 1e-9


@contextmanager
def one_thread() -> Iterator[None]:
    """Linear algebra in one thread: the same result each time, and no more than the caller's share of the machine."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        yield


def fit(features: np.ndarray, targets: np.ndarray, likelihood: Likelihood) -> Head:
    """Fit to float features [pictures, views, features] and 0/1 targets [pictures, tags].

    A picture's views (itself, mirrored...) share its weight. With SOFTMAX each picture has exactly one tag.
    """
    import numpy as np

    pictures, views, width = features.shape
    rows = features.reshape(pictures * views, width)
    basis = _basis_of(rows)
    projected = np.concatenate([((rows[start:start + _BASIS_ROWS] - basis.mean) / basis.scale) @ basis.directions
                                for start in range(0, len(rows), _BASIS_ROWS)])
    weights_of_rows = np.full(len(rows), 1 / views)
    repeated = np.repeat(targets, views, axis=0)
    if likelihood is Likelihood.SOFTMAX:
        coefficients, intercepts = _one_of_many(projected, repeated.argmax(axis=1), targets.shape[1], weights_of_rows)
    else:
        columns = [_one_or_not(projected, repeated[:, tag], weights_of_rows) for tag in range(targets.shape[1])]
        coefficients = np.stack([column[0] for column in columns], axis=1)
        intercepts = np.array([column[1] for column in columns])
    unscaled = (basis.directions @ coefficients) / basis.scale[:, None]
    return Head(likelihood, unscaled.astype("float32"), (intercepts - basis.mean @ unscaled).astype("float32"))


@dataclass(frozen=True, slots=True)
class _Basis:
    """`directions` [features, columns] of what is standardised by `mean` and `scale`."""

    mean: np.ndarray
    scale: np.ndarray
    directions: np.ndarray


def _basis_of(rows: np.ndarray) -> _Basis:
    import numpy as np
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(rows)
    # Features of mean square 1 all together, whatever their number: so one strength of the penalty fits all.
    scale = scaler.scale_ * np.sqrt(rows.shape[1])
    step = -(-len(rows) // _BASIS_ROWS)
    seen = (rows[::step] - scaler.mean_) / scale
    if len(seen) <= seen.shape[1]:
        squares, left = np.linalg.eigh(seen @ seen.T)
        squares, left = squares[::-1][:COMPONENTS], left[:, ::-1][:, :COMPONENTS]
        kept = squares > _NEGLIGIBLE * max(squares[0], 1e-300)
        directions = seen.T @ (left[:, kept] / np.sqrt(squares[kept]))
    else:
        squares, right = np.linalg.eigh(seen.T @ seen)
        squares, right = squares[::-1][:COMPONENTS], right[:, ::-1][:, :COMPONENTS]
        directions = right[:, squares > _NEGLIGIBLE * max(squares[0], 1e-300)]
    return _Basis(scaler.mean_, scale, directions)


def _one_of_many(rows: np.ndarray, tags: np.ndarray, tag_count: int, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    import numpy as np

    coefficients = np.zeros((rows.shape[1], tag_count))
    intercepts = np.full(tag_count, -30.0)  # a tag without a picture is never the answer
    present = np.unique(tags)
    if len(present) == 1 or rows.shape[1] == 0:
        shares = np.bincount(tags, minlength=tag_count) / len(tags)
        return coefficients, np.log(np.maximum(shares, np.exp(-30.0)))
    fitted = _regression().fit(rows, tags, sample_weight=weights)
    if len(present) == 2:
        coefficients[:, present[1]], intercepts[present[1]] = fitted.coef_[0], fitted.intercept_[0]
        intercepts[present[0]] = 0
    else:
        coefficients[:, present], intercepts[present] = fitted.coef_.T, fitted.intercept_
    return coefficients, intercepts


def _one_or_not(rows: np.ndarray, is_tagged: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, float]:
    import numpy as np

    tagged = float(weights[is_tagged > 0].sum())
    others = float(weights.sum()) - tagged
    if tagged == 0 or others == 0 or rows.shape[1] == 0:  # nothing to tell apart
        return np.zeros(rows.shape[1]), float(np.log((tagged + 0.5) / (others + 0.5)))
    fitted = _regression().fit(rows, is_tagged > 0, sample_weight=weights)
    return fitted.coef_[0], float(fitted.intercept_[0])


def _regression():  # noqa: ANN202 (scikit-learn is imported where it is used)
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=STRENGTH, max_iter=_ITERATIONS, tol=1e-5)
