"""One temperature for all logits, so that of the pictures given .8 about four in five are right.

Source: Guo, Pleiss, Sun and Weinberger, On Calibration of Modern Neural Networks, 2017; the smoothing of the targets is
Platt's, 1999: without it, pictures that are all told apart would make the model as sure as the search allows.
"""
from __future__ import annotations

from typing import TYPE_CHECKING

from shared.classifiers.learning.heads import Likelihood

if TYPE_CHECKING:
    import numpy as np

_COLDEST, _HOTTEST = 0.05, 20.0


def temperature_of(logits: np.ndarray, targets: np.ndarray, likelihood: Likelihood) -> float:
    """What to divide logits by, judged by logits [pictures, tags] of pictures that were not trained on."""
    import numpy as np
    from scipy.optimize import minimize_scalar

    if len(logits) == 0:
        return 1.0
    logits = logits.astype("float64")
    smoothed = _smoothed(targets.astype("float64"), likelihood)

    def loss(log_temperature: float) -> float:
        scaled = logits / np.exp(log_temperature)
        if likelihood is Likelihood.SOFTMAX:
            top = scaled.max(axis=1, keepdims=True)
            log_sum = top + np.log(np.exp(scaled - top).sum(axis=1, keepdims=True))
            return float(-(smoothed * (scaled - log_sum)).sum())
        return float((np.logaddexp(0, scaled) - smoothed * scaled).sum())
    found = minimize_scalar(loss, bounds=(np.log(_COLDEST), np.log(_HOTTEST)), method="bounded", options={"xatol": 1e-4})
    return float(np.exp(found.x))


def _smoothed(targets: np.ndarray, likelihood: Likelihood) -> np.ndarray:
    import numpy as np

    if likelihood is Likelihood.SOFTMAX:
        doubt = 1 / (len(targets) + 2)
        others = max(1, targets.shape[1] - 1)
        return np.where(targets > 0, 1 - doubt, doubt / others)
    tagged = targets.sum(axis=0)
    return np.where(targets > 0, (tagged + 1) / (tagged + 2), 1 / (len(targets) - tagged + 2))
