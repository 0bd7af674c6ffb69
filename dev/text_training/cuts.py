"""Chooses the probabilities of severity 2, 4 and 6: from dev, and from the development sentences, harmful and harmless."""

import numpy as np

from dev.text_training import pool
from dev.text_training.corpus import LABEL_COLUMNS, UNKNOWN
from dev.text_training.metrics import f1
from shared.text_analysis.models import Category
from shared.text_analysis.severity import Cuts

BENIGN_FLAGS = (0.01, 0.005, 0.001)  # the share of plain harmless sentences that may reach severity 2, 4 and 6
PRECISION = (0.75, 0.88)  # on dev, of severity 4 and 6
_FEWEST_HITS = 5
# Where few dev rows are positive, precision says little: there the cuts are no higher than these.
_HIGHEST = (0.3, 0.65, 0.9)
_LOWEST_FIRST = 0.12  # below, any rare word gets there
_STEPS = np.arange(0.02, 0.6, 0.01)


def choose_cuts(dev: np.ndarray, labels: np.ndarray, sentences: np.ndarray, kinds: list[str]) -> tuple[Cuts, ...]:
    """Return each category's cuts.

    From dev rows (probabilities `dev` float [rows, 4], `labels` int8 [rows, 4]) and the development sentences
    (probabilities `sentences` float [texts, 4], `kinds` the kind of each). The first cut is where the mean of F1 on both is
    greatest: dev has one positive in hundreds of rows, what a service is sent may have many more.
    """
    named = np.array(kinds)
    harmless = ~np.isin(named, list(LABEL_COLUMNS.values()))
    plain = harmless & (named != pool.ALARMING)
    chosen = []
    for column, category in enumerate(Category):
        known = labels[:, column] != UNKNOWN
        own = named == LABEL_COLUMNS[category]
        rows = dev[known, column], labels[known, column].astype(np.int64)
        texts = sentences[own | harmless, column], own[own | harmless].astype(np.int64)
        chosen.append(_cuts(rows, texts, sentences[plain, column]))
    return tuple(chosen)


def _cuts(dev: tuple[np.ndarray, np.ndarray], sentences: tuple[np.ndarray, np.ndarray], plain: np.ndarray) -> Cuts:
    scores = [np.mean([f1(wanted, (found >= step).astype(np.int64)) for found, wanted in (dev, sentences)]) for step in _STEPS]
    wishes = [_STEPS[np.argmax(scores)], *(_precise(*dev, least) for least in PRECISION)]
    bounds: list[float] = []
    for wish, flags, highest in zip(wishes, BENIGN_FLAGS, _HIGHEST, strict=True):
        bound = min(highest, max(_LOWEST_FIRST, wish, float(np.quantile(plain, 1 - flags))))
        bounds.append(round(float(max(bound, (bounds[-1] + 1) / 2 if bounds and bound <= bounds[-1] * 1.1 else bound)), 3))
    return Cuts(*bounds)


def _precise(probabilities: np.ndarray, wanted: np.ndarray, least: float) -> float:
    """Return the lowest probability from which on so much of dev is rightly flagged, 1 where there is none."""
    order = np.argsort(-probabilities, kind="stable")
    hits = np.cumsum(wanted[order])
    precise = np.flatnonzero((hits / np.arange(1, len(hits) + 1) >= least) & (hits >= _FEWEST_HITS))
    return float(probabilities[order][precise[-1]]) if len(precise) else 1.0
