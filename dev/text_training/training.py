"""The first tier, from rows of text to its weights file: features, and one regression with its calibration per category."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import sparse

from dev.text_training.corpus import LEFT_OUT, TEMPLATES, Corpus, feature_counts, rarities, weighted
from dev.text_training.fitting import fit_logistic, fit_platt
from dev.text_training.noise import NOISE, noisy_copies
from dev.text_training.templates import BENIGN_FRAMES, GROUP_FRAMES, HARMFUL_FRAMES, own_rows
from shared.text_analysis.hashed_ngram_model import RARITY_UNITS
from shared.text_analysis.models import Category

SEED = 20240901
# Inverse L2 penalty and weight of our own frames, chosen on left-out sources: the well-covered category wants more
# smoothing than the thin ones, and harmful frames that count fully teach their sentence shapes as well as their words.
# Harmless statements about groups stand against thousands of hateful ones with the same names, so they count more.
STRENGTHS = {Category.HATE: 2.0, Category.SELF_HARM: 10.0, Category.SEXUAL: 10.0, Category.VIOLENCE: 10.0}
ROW_WEIGHTS = {HARMFUL_FRAMES: 0.3, BENIGN_FRAMES: 1.0, GROUP_FRAMES: 1.5}
NOISE_WEIGHT = 0.3


@dataclass(frozen=True, slots=True)
class Material:
    """All rows with their features.

    `rows` float32 [rows, FEATURES], `row_weights` float64 [rows], `rarities` uint8 [FEATURES].
    """

    corpus: Corpus
    rows: sparse.csr_matrix
    row_weights: np.ndarray
    rarities: np.ndarray

    def for_training(self, left_out: tuple[str, ...] = ()) -> np.ndarray:
        """Return which rows to fit on (bool [rows]), without these sources too."""
        kept = np.isin(self.corpus.splits, ["train", NOISE]) & ~np.isin(self.corpus.sources, list(LEFT_OUT))
        return kept & ~np.isin(self.corpus.sources, list(left_out))

    def for_calibration(self) -> np.ndarray:
        """Return which rows to calibrate on (bool [rows]): dev, without templates and left-out sources."""
        return (self.corpus.splits == "dev") & ~np.isin(self.corpus.sources, [*LEFT_OUT, TEMPLATES])


@dataclass(frozen=True, slots=True)
class LinearModel:
    """Unrounded results; `weights` float64 [FEATURES, 4] have the rarities inside, as the weights file wants them."""

    weights: np.ndarray
    rarities: np.ndarray
    biases: np.ndarray
    platt: np.ndarray


def prepare(corpus: Corpus) -> Material:
    """Return the corpus joined with our own frames and noisy copies, hashed."""
    train = corpus.where((corpus.splits == "train") & ~np.isin(corpus.sources, list(LEFT_OUT))).joined(own_rows(SEED))
    everything = corpus.joined(own_rows(SEED)).joined(noisy_copies(train, SEED))
    counts = feature_counts(everything.texts)
    used = (everything.splits != "dev") & ~np.isin(everything.sources, list(LEFT_OUT))
    feature_rarities = rarities(counts[np.flatnonzero(used)])
    row_weights = np.array([ROW_WEIGHTS.get(source, 1.0) for source in everything.sources])
    row_weights[everything.splits == NOISE] = NOISE_WEIGHT
    return Material(everything, weighted(counts, feature_rarities), row_weights, feature_rarities)


def fit(material: Material, category: Category, left_out: tuple[str, ...] = ()) -> tuple[np.ndarray, float]:
    """Return weights (float64 [FEATURES], on normalised rows) and bias of one category."""
    used = np.flatnonzero(material.for_training(left_out))
    column = list(Category).index(category)
    name = f"{category} without {', '.join(left_out)}" if left_out else category
    return fit_logistic(
        material.rows[used], material.corpus.labels[used, column], STRENGTHS[category], name, material.row_weights[used]
    )


def train(material: Material, left_out: tuple[str, ...] = ()) -> LinearModel:
    """Return the model of all four categories, each calibrated on dev."""
    calibration = np.flatnonzero(material.for_calibration())
    weights, biases, platt = [], [], []
    for column, category in enumerate(Category):
        coefficients, bias = fit(material, category, left_out)
        scores = material.rows[calibration] @ coefficients + bias
        platt.append(fit_platt(scores, material.corpus.labels[calibration, column]))
        weights.append(coefficients * material.rarities / RARITY_UNITS)
        biases.append(bias)
    return LinearModel(np.stack(weights, axis=1), material.rarities, np.array(biases), np.array(platt))


def save(model: LinearModel, path: Path) -> None:
    """Write the weights file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, weights=model.weights.astype(np.float16), rarities=model.rarities, biases=model.biases, platt=model.platt)
