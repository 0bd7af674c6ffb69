"""The built-in text model: one logistic regression per harm category over hashed n-grams; numpy and its own weights.

What it can and cannot judge, its data and its figures: docs/text-model.md.
"""

import hashlib
import io
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from shared.text_analysis.features import FEATURES, HashedWords, hash_words
from shared.text_analysis.models import Category
from shared.text_analysis.normalisation import normalise, tokens, undisguise
from shared.text_analysis.severity import Cuts, severities

MODEL_NAME = "moderato-text-1.0.0"
RARITY_UNITS = 16  # rarities are stored in sixteenths
SHIPPED_WEIGHTS = Path(__file__).parent / "weights" / "hashed_ngrams.npz"

# A harmful sentence fades in a long text, so a long one is read in overlapping passages; docs/text-model.md has the
# measurements behind the sizes.
SHORT_TEXT_WORDS = 40  # up to here a text is read whole, as in training
PASSAGE_WORDS = 20
PASSAGE_STRIDE = 10


@dataclass(frozen=True, slots=True)
class Reading:
    """What the model made of a text, per category in Category order.

    `probabilities` is float32 [4], each calibrated and in [0, 1]. `passages` holds, for each category, the normalised
    passage that gave the greatest probability: the whole text when it is short, "" when it has no words.
    """

    probabilities: np.ndarray
    passages: tuple[str, ...]


class HashedNgramModel:
    """A linear model, unchanging once loaded and safe on many threads.

    `weights` float16 [FEATURES, 4], `rarities` uint8 [FEATURES] (a feature's inverse document frequency in sixteenths,
    already inside the weights, needed for the length of a text's vector), `biases` float64 [4], `platt` float64 [4, 2].
    """

    def __init__(
        self,
        weights: np.ndarray,
        rarities: np.ndarray,
        biases: np.ndarray,
        platt: np.ndarray,
        cuts: tuple[Cuts, ...],
        version: str,
    ) -> None:
        if weights.shape != (FEATURES, len(Category)) or rarities.shape != (FEATURES,) or len(cuts) != len(Category):
            raise ValueError("the weights file was made for other features or categories")
        self._weights = weights
        self._rarities = rarities
        self._biases = biases
        self._platt = platt
        self.cuts = cuts
        self.version = version

    @classmethod
    def load(cls, path: Path | None = None) -> Self:
        """Return the model in `path`, by default the shipped one; its version ends in 8 digits of the file's SHA-256."""
        content = (path or SHIPPED_WEIGHTS).read_bytes()
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            return cls(
                arrays["weights"],
                arrays["rarities"],
                arrays["biases"],
                arrays["platt"],
                tuple(Cuts(*map(float, row)) for row in arrays["cuts"]),
                f"{MODEL_NAME}+{hashlib.sha256(content).hexdigest()[:8]}",
            )

    def probabilities(self, text: str) -> np.ndarray:
        """Return the calibrated probability of each category: float32 [4]. The same text always gives the same bits."""
        return self.read(text).probabilities

    def severities(self, text: str) -> dict[Category, int]:
        """Return the severity of each category, 0 to 7."""
        reading = self.read(text)
        return severities(reading.probabilities.tolist(), reading.passages, self.cuts)

    def read(self, text: str) -> Reading:
        """Return the greatest probabilities over all passages and both spellings, with the passages that gave them."""
        best = [(0.0, "")] * len(Category)
        for words in _spellings(text):
            hashed = hash_words(words)
            for first, last in passage_bounds(len(words)):
                for column, probability in enumerate(self._passage_probabilities(hashed, first, last)):
                    if probability > best[column][0]:
                        best[column] = probability, " ".join(words[first:last])
        return Reading(
            np.array([probability for probability, _ in best], np.float32), tuple(passage for _, passage in best)
        )

    def _passage_probabilities(self, hashed: HashedWords, first: int, last: int) -> list[float]:
        features = hashed.features(first, last)
        # Summed in float64, row after row: no BLAS, whose order of addition differs between machines.
        rarities = self._rarities[features].astype(np.int64)
        length = math.sqrt((rarities * rarities).sum()) / RARITY_UNITS
        scores = self._weights[features].astype(np.float64).sum(axis=0) / length + self._biases
        return [
            _sigmoid(slope * score + offset)
            for score, (slope, offset) in zip(scores.tolist(), self._platt.tolist(), strict=True)
        ]


def passage_bounds(words: int) -> Iterator[tuple[int, int]]:
    """Yield first and last + 1 of each passage of a text; the last passage is moved back so that it is full."""
    if words == 0:
        return
    if words <= SHORT_TEXT_WORDS:
        yield 0, words
        return
    first = 0
    while first + PASSAGE_WORDS < words:
        yield first, first + PASSAGE_WORDS
        first += PASSAGE_STRIDE
    yield words - PASSAGE_WORDS, words


def _spellings(text: str) -> list[list[str]]:
    plain = normalise(text)
    undisguised = undisguise(plain)
    return [tokens(plain)] if undisguised == plain else [tokens(plain), tokens(undisguised)]


def _sigmoid(logit: float) -> float:
    return 1 / (1 + math.exp(-logit)) if logit >= 0 else math.exp(logit) / (1 + math.exp(logit))
