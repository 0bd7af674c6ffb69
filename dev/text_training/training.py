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

    def sample(self, share: float) -> "Material":
        """Return a random share (0 to 1) of the rows of `train` and NOISE, and all others."""
        random = np.random.default_rng(SEED)
        kept = ~np.isin(self.corpus.splits, ["train", NOISE]) | (random.random(len(self.corpus)) < share)
        return self._where(kept)

    def without(self, sources: tuple[str, ...]) -> "Material":
        """Return all rows but those of these sources; nothing of what is left comes from them."""
        return self._where(~np.isin(self.corpus.sources, list(sources)))

    def for_training(self) -> np.ndarray:
        """Return which rows to fit on: bool [rows]."""
        return np.isin(self.corpus.splits, ["train", NOISE]) & ~np.isin(self.corpus.sources, list(LEFT_OUT))

    def for_calibration(self) -> np.ndarray:
        """Return which rows to calibrate on (bool [rows]): dev, without templates and left-out sources."""
        return (self.corpus.splits == "dev") & ~np.isin(self.corpus.sources, [*LEFT_OUT, TEMPLATES])

    def _where(self, kept: np.ndarray) -> "Material":
        return _material(self.corpus.where(kept), self.rows[np.flatnonzero(kept)], self.row_weights[kept])


@dataclass(frozen=True, slots=True)
class LinearModel:
    """Unrounded results; `weights` float64 [FEATURES, 4] have the rarities inside, as the weights file wants them."""

    weights: np.ndarray
    rarities: np.ndarray
    biases: np.ndarray
    platt: np.ndarray


def prepare(corpus: Corpus) -> Material:
    """Return the corpus joined with our own frames and noisy copies, hashed."""
    own = own_rows(SEED)
    train = corpus.where((corpus.splits == "train") & ~np.isin(corpus.sources, list(LEFT_OUT))).joined(own)
    everything = corpus.joined(own).joined(noisy_copies(train, SEED))
    row_weights = np.array([ROW_WEIGHTS.get(source, 1.0) for source in everything.sources])
    row_weights[everything.splits == NOISE] = NOISE_WEIGHT
    return _material(everything, feature_counts(everything.texts), row_weights)


def _material(corpus: Corpus, features: sparse.csr_matrix, row_weights: np.ndarray) -> Material:
    """Return the material of rows that have these features, whatever their values are."""
    used = (corpus.splits != "dev") & ~np.isin(corpus.sources, list(LEFT_OUT))
    feature_rarities = rarities(features[np.flatnonzero(used)])
    return Material(corpus, weighted(features, feature_rarities), row_weights, feature_rarities)


def fit(material: Material, category: Category) -> tuple[np.ndarray, float]:
    """Return weights (float64 [FEATURES], on normalised rows) and bias of one category."""
    used = np.flatnonzero(material.for_training())
    column = list(Category).index(category)
    return fit_logistic(
        material.rows[used], material.corpus.labels[used, column], STRENGTHS[category], category, material.row_weights[used]
    )


def train(material: Material) -> LinearModel:
    """Return the model of all four categories, each calibrated on dev."""
    calibration = np.flatnonzero(material.for_calibration())
    weights, biases, platt = [], [], []
    for column, category in enumerate(Category):
        coefficients, bias = fit(material, category)
        scores = material.rows[calibration] @ coefficients + bias
        platt.append(fit_platt(scores, material.corpus.labels[calibration, column]))
        weights.append(coefficients * material.rarities / RARITY_UNITS)
        biases.append(bias)
    return LinearModel(np.stack(weights, axis=1), material.rarities, np.array(biases), np.array(platt))


def save(model: LinearModel, path: Path) -> None:
    """Write the weights file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, weights=model.weights.astype(np.float16), rarities=model.rarities, biases=model.biases, platt=model.platt)
