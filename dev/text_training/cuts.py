"""Chooses the probabilities of severity 2, 4 and 6: from precision on dev and false alarms on the benign pool."""

import numpy as np

from dev.text_training.corpus import UNKNOWN
from shared.text_analysis.models import Category
from shared.text_analysis.severity import Cuts

BENIGN_FLAGS = (0.03, 0.005, 0.001)  # the share of plain harmless texts that may reach severity 2, 4 and 6
PRECISION = (None, 0.75, 0.88)  # on dev; the first cut is where F1 is greatest
_FEWEST_HITS = 5
_HIGHEST = (0.42, 0.85, 0.97)
# Many dev negatives for hate are doubtful, and neutral words about groups score up to here: its first cut stays well
# above the best F1. The others keep away from probabilities that any rare word can reach.
_LOWEST_FIRST = {Category.HATE: 0.4, Category.SELF_HARM: 0.2, Category.SEXUAL: 0.2, Category.VIOLENCE: 0.3}


def choose_cuts(probabilities: np.ndarray, labels: np.ndarray, benign: np.ndarray) -> tuple[Cuts, ...]:
    """Return each category's cuts.

    From dev rows (`probabilities` float [rows, 4], `labels` int8 [rows, 4]) and plain harmless texts (`benign` float
    [texts, 4]).
    """
    chosen = []
    for column, category in enumerate(Category):
        known = labels[:, column] != UNKNOWN
        chosen.append(
            _cuts(probabilities[known, column], labels[known, column], benign[:, column], _LOWEST_FIRST[category])
        )
    return tuple(chosen)


def _cuts(probabilities: np.ndarray, wanted: np.ndarray, benign: np.ndarray, lowest: float) -> Cuts:
    order = np.argsort(-probabilities, kind="stable")
    sorted_probabilities, hits = probabilities[order], np.cumsum(wanted[order])
    precision, recall = hits / np.arange(1, len(hits) + 1), hits / hits[-1]
    bounds: list[float] = []
    for least_precision, flags, highest in zip(PRECISION, BENIGN_FLAGS, _HIGHEST, strict=True):
        if least_precision is None:
            from_dev = sorted_probabilities[np.argmax(2 * precision * recall / np.maximum(precision + recall, 1e-9))]
        else:
            precise = np.flatnonzero((precision >= least_precision) & (hits >= _FEWEST_HITS))
            from_dev = sorted_probabilities[precise[-1]] if len(precise) else highest
        bound = min(highest, max(lowest, float(from_dev), float(np.quantile(benign, 1 - flags))))
        bounds.append(round(max(bound, (bounds[-1] + 1) / 2 if bounds and bound <= bounds[-1] * 1.1 else bound), 3))
    return Cuts(*bounds)
