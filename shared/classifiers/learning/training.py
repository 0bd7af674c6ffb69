"""Features and tags in, a calibrated head and the judgements of held-out pictures out."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.classifiers.learning.calibration import temperature_of
from shared.classifiers.learning.fitting import fit, one_thread
from shared.classifiers.learning.folds import FOLDS, folds_of
from shared.classifiers.learning.heads import Head, Likelihood, probabilities_of

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True)
class Learned:
    """`held_out` float32 [pictures, tags] are each picture's probabilities by a model that had not seen it; `folds` say which."""

    head: Head
    held_out: np.ndarray
    folds: np.ndarray


def learn(features: np.ndarray, targets: np.ndarray, likelihood: Likelihood,
          on_progress: Callable[[], None] = lambda: None) -> Learned:
    """Learn from features [pictures, views, features], the first view being the picture itself, and 0/1 targets [pictures, tags].

    The same arrays give the same bytes. `on_progress` is called between steps; what it raises ends the training.
    """
    import numpy as np

    with one_thread():
        folds = folds_of(targets)
        logits = np.zeros(targets.shape, dtype="float32")
        for fold in range(FOLDS):
            held_out = folds == fold
            if held_out.any() and not held_out.all():
                seen = fit(features[~held_out], targets[~held_out], likelihood)
                logits[held_out] = features[held_out, 0].astype("float32") @ seen.weights + seen.bias
            on_progress()
        held_out_probabilities = np.empty_like(logits)
        for fold in range(FOLDS):  # a fold's temperature comes from the others, so that no figure has seen its own picture
            own = folds == fold
            temperature = temperature_of(logits[~own], targets[~own], likelihood)
            held_out_probabilities[own] = probabilities_of(logits[own] / np.float32(temperature), likelihood)
        head = fit(features, targets, likelihood)
        temperature = np.float32(temperature_of(logits, targets, likelihood))
    return Learned(Head(likelihood, head.weights / temperature, head.bias / temperature), held_out_probabilities, folds)
