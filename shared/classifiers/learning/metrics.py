"""Precision, recall and average precision of held-out pictures, at any threshold."""
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

DEFAULT_THRESHOLD = 0.5


@dataclass(frozen=True, slots=True)
class Figures:
    """0 to 1. The deviations are those of the folds' own figures; `pictures` is how many have the tag, or there are in all."""

    precision: float
    precision_deviation: float
    recall: float
    recall_deviation: float
    average_precision: float
    pictures: int


@dataclass(frozen=True, slots=True)
class Performance:
    """`tags` in the order of the targets. `overall` counts all tags' answers together; its average precision is the tags' mean."""

    overall: Figures
    tags: tuple[Figures, ...]


def performance_of(probabilities: np.ndarray, targets: np.ndarray, folds: np.ndarray, threshold: float) -> Performance:
    """Of probabilities and 0/1 targets [pictures, tags]: a tag is answered where its probability is at least the threshold.

    A precision of nothing answered and a recall of nothing to be found are 0, and such folds do not count for deviations.
    """
    import numpy as np

    answered, is_tagged = probabilities >= threshold, targets > 0
    average_precisions = [_average_precision(probabilities[:, tag], is_tagged[:, tag]) for tag in range(targets.shape[1])]
    tags = tuple(
        _figures(answered[:, [tag]], is_tagged[:, [tag]], folds, average_precisions[tag], int(is_tagged[:, tag].sum()))
        for tag in range(targets.shape[1]))
    mean = float(np.mean(average_precisions)) if average_precisions else 0.0
    return Performance(_figures(answered, is_tagged, folds, mean, len(targets)), tags)


def _figures(answered: np.ndarray, is_tagged: np.ndarray, folds: np.ndarray, average_precision: float, pictures: int) -> Figures:
    precisions, recalls = [], []
    for fold in sorted(set(folds.tolist())):
        own = folds == fold
        precision, recall = _ratios(answered[own], is_tagged[own])
        precisions += [] if precision is None else [precision]
        recalls += [] if recall is None else [recall]
    precision, recall = _ratios(answered, is_tagged)
    return Figures(precision or 0.0, _deviation(precisions), recall or 0.0, _deviation(recalls), average_precision, pictures)


def _ratios(answered: np.ndarray, is_tagged: np.ndarray) -> tuple[float | None, float | None]:
    right = int((answered & is_tagged).sum())
    answers, to_be_found = int(answered.sum()), int(is_tagged.sum())
    return right / answers if answers else None, right / to_be_found if to_be_found else None


def _deviation(values: list[float]) -> float:
    import numpy as np

    return float(np.std(values)) if values else 0.0


def _average_precision(scores: np.ndarray, is_tagged: np.ndarray) -> float:
    """The area under precision over recall, as steps; equal scores are answered together.

    As sklearn.metrics.average_precision_score, whose import would take the worker a second and 84 MB.
    """
    import numpy as np

    if not is_tagged.any():
        return 0.0
    order = np.argsort(-scores, kind="stable")
    right = np.cumsum(is_tagged[order])
    last_of_score = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)
    precision, recall = right[last_of_score] / (last_of_score + 1), right[last_of_score] / right[-1]
    return float(np.sum(np.diff(recall, prepend=0) * precision))
