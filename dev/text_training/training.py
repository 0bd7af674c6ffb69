"""From a corpus to a model: features, one regression per category, calibration, and the weights file."""

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dev.text_training.corpus import TEMPLATES, Corpus, feature_counts, rarities, weighted
from dev.text_training.fitting import fit_logistic, fit_platt
from dev.text_training.noise import noisy_copies
from dev.text_training.templates import own_rows
from shared.text_analysis.hashed_ngram_model import RARITY_UNITS, HashedNgramModel
from shared.text_analysis.models import Category
from shared.text_analysis.severity import Cuts

SEED = 20240901
# Inverse L2 penalty: dev and left-out sources agree that the well-covered category wants more smoothing than the thin ones.
STRENGTHS = {Category.HATE: 2.0, Category.SELF_HARM: 10.0, Category.SEXUAL: 10.0, Category.VIOLENCE: 10.0}
PLACEHOLDER_CUTS = tuple(Cuts(0.25, 0.5, 0.75) for _ in Category)


@dataclass(frozen=True, slots=True)
class LinearModel:
    """Unrounded results: `weights` float64 [FEATURES, 4] with rarity inside, `rarities` uint8 [FEATURES], `biases`, `platt`."""

    weights: np.ndarray
    rarities: np.ndarray
    biases: np.ndarray
    platt: np.ndarray


def with_own_rows(train: Corpus) -> Corpus:
    """Return the training rows with our own frames and noisy copies added."""
    both = train.joined(own_rows(SEED))
    return both.joined(noisy_copies(both, SEED))


def train_model(train: Corpus, dev: Corpus, categories: tuple[Category, ...] = tuple(Category)) -> LinearModel:
    """Return a model fitted on `train`, its probabilities calibrated on `dev`; categories not asked for stay zero."""
    counts, dev_counts = feature_counts(train.texts, "train"), feature_counts(dev.texts, "dev")
    feature_rarities = rarities(counts)
    rows, dev_rows = weighted(counts, feature_rarities), weighted(dev_counts, feature_rarities)
    weights, biases = np.zeros((rows.shape[1], len(Category))), np.zeros(len(Category))
    platt = np.tile([1.0, 0.0], (len(Category), 1))
    measured = dev.sources != TEMPLATES
    for column, category in enumerate(Category):
        if category not in categories:
            continue
        coefficients, biases[column] = fit_logistic(rows, train.labels[:, column], STRENGTHS[category], category)
        platt[column] = fit_platt((dev_rows @ coefficients + biases[column])[measured], dev.labels[measured, column])
        weights[:, column] = coefficients * feature_rarities / RARITY_UNITS
    return LinearModel(weights, feature_rarities, biases, platt)


def save(model: LinearModel, cuts: tuple[Cuts, ...], path: Path) -> HashedNgramModel:
    """Write the weights file and return the model read back from it, so that what is measured is what ships."""
    content = io.BytesIO()
    np.savez(content, weights=model.weights.astype(np.float16), rarities=model.rarities, biases=model.biases,
             platt=model.platt, cuts=np.array([(cut.two, cut.four, cut.six) for cut in cuts]))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.getvalue())
    return HashedNgramModel.load(path)
