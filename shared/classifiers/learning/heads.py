"""The part of a model that is learned: from features straight to a probability for each tag."""
from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


class Likelihood(StrEnum):
    """What the probabilities of a picture mean: they add up to one, or each tag stands for itself."""

    SOFTMAX = "softmax"
    SIGMOID = "sigmoid"


@dataclass(frozen=True, slots=True)
class Head:
    """`weights` float32 [features, tags] and `bias` float32 [tags]: scaling, rotation and calibration are folded in."""

    likelihood: Likelihood
    weights: np.ndarray
    bias: np.ndarray

    def probabilities(self, features: np.ndarray) -> np.ndarray:
        """Features [n, features] become float32 [n, tags]."""
        return probabilities_of(features.astype("float32") @ self.weights + self.bias, self.likelihood)


def probabilities_of(logits: np.ndarray, likelihood: Likelihood) -> np.ndarray:
    """Of logits [n, tags], in their own precision."""
    import numpy as np

    if likelihood is Likelihood.SOFTMAX:
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        return powers / powers.sum(axis=1, keepdims=True)
    # Of the two forms of the sigmoid the one whose power cannot overflow.
    small = np.exp(-np.abs(logits))
    return np.where(logits >= 0, 1, small) / (1 + small)


def uncertainties_of(probabilities: np.ndarray, likelihood: Likelihood) -> np.ndarray:
    """How unsure a model is of each picture, 0 to 1, from probabilities [n, tags].

    Where one tag must be right: the entropy, as a share of the entropy of not knowing at all. Where each tag stands for
    itself: the entropy in bits of the tag that is least sure.
    """
    import numpy as np

    p = np.clip(probabilities.astype("float64"), 1e-12, 1)
    if likelihood is Likelihood.SOFTMAX:
        return np.clip(-(p * np.log(p)).sum(axis=1) / np.log(max(2, p.shape[1])), 0, 1)
    q = np.clip(1 - probabilities.astype("float64"), 1e-12, 1)
    return np.clip((-(p * np.log2(p)) - q * np.log2(q)).max(axis=1), 0, 1)
