"""The built-in text model: one logistic regression per harm category over hashed n-grams; numpy and its own weights.

What it can and cannot judge, its data and its figures: docs/text-model.md.
"""

import hashlib
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from shared.text_analysis.features import FEATURES, HashedWords, hash_words
from shared.text_analysis.models import Category, Judgement
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
SHORTEST_SENTENCE_WORDS = 4  # its closing sign counts
SENTENCE_ENDS = frozenset(".!?")
# A bare word ("women", "gun") says nothing of anybody, but alone it would fill the whole vector and weigh most of all.
# It is read as if harmless words stood around it: the length is that of about eight words.
LEAST_LENGTH_OF_BARE_WORD = 50.0


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

    Its arrays: `weights` float16 [FEATURES, 4], `rarities` uint8 [FEATURES] (a feature's inverse document frequency in
    sixteenths; already inside the weights, needed for the length of a text's vector), `biases` float64 [4], `platt`
    float64 [4, 2] (slope and offset), `cuts` float64 [4, 3].
    """

    engine = "built-in"

    def __init__(self, arrays: Mapping[str, np.ndarray], version: str) -> None:
        self._weights = arrays["weights"]
        self._rarities = arrays["rarities"]
        self._biases = arrays["biases"]
        self._platt = arrays["platt"]
        self.cuts = tuple(Cuts(*map(float, row)) for row in arrays["cuts"])
        self.version = version
        if self._weights.shape != (FEATURES, len(Category)) or self._rarities.shape != (FEATURES,):
            raise ValueError("the weights file was made for other features or categories")

    @classmethod
    def load(cls, path: Path | None = None) -> Self:
        """Return the model in `path`, by default the shipped one; its version ends in 8 digits of the SHA-256."""
        content = (path or SHIPPED_WEIGHTS).read_bytes()
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            return cls(arrays, f"{MODEL_NAME}+{hashlib.sha256(content).hexdigest()[:8]}")

    def probabilities(self, text: str) -> np.ndarray:
        """Return the calibrated probability of each category: float32 [4]. The same text always gives the same bits."""
        return self.read(text).probabilities

    def judge(self, text: str) -> Judgement:
        """Return severity and probability of each category."""
        reading = self.read(text)
        probabilities = reading.probabilities.tolist()
        return Judgement(
            severities(probabilities, reading.passages, self.cuts), dict(zip(Category, probabilities, strict=True))
        )

    def read(self, text: str) -> Reading:
        """Return the greatest probabilities over all passages and both spellings, with the passages that gave them."""
        best = [(-math.inf, "")] * len(Category)
        for words in filter(None, _spellings(text)):
            bounds = passage_bounds(words)
            is_bare = sum(word[0].isalnum() for word in words) <= 1
            logits = self._logits(hash_words(words), bounds, LEAST_LENGTH_OF_BARE_WORD if is_bare else 0.0)
            for column, passage in enumerate(logits.argmax(axis=0).tolist()):
                logit = float(logits[passage, column])
                if logit > best[column][0]:
                    best[column] = logit, " ".join(words[slice(*bounds[passage])])
        return Reading(
            np.array([_sigmoid(logit) for logit, _ in best], np.float32), tuple(passage for _, passage in best)
        )

    def _logits(self, hashed: HashedWords, bounds: list[tuple[int, int]], least_length: float) -> np.ndarray:
        """Return the calibrated logits of each passage: float64 [passages, 4]."""
        features, starts = hashed.passage_features(bounds)
        rarities = self._rarities[features].astype(np.int64)
        lengths = np.sqrt(np.add.reduceat(rarities * rarities, starts)) / RARITY_UNITS
        lengths = np.maximum(lengths, least_length)
        # Summed in float64 without BLAS, whose order of addition differs between machines.
        sums = np.add.reduceat(self._weights[features].astype(np.float64), starts, axis=0)
        return (sums / lengths[:, None] + self._biases) * self._platt[:, 0] + self._platt[:, 1]


def passage_bounds(words: Sequence[str]) -> list[tuple[int, int]]:
    """Return first and last + 1 of each passage of a text's words (at least one).

    A short text is one passage. A longer one is covered by overlapping windows, and each of its sentences is read by
    itself as well.
    """
    count = len(words)
    if count <= SHORT_TEXT_WORDS:
        return [(0, count)]
    firsts = [*range(0, count - PASSAGE_WORDS, PASSAGE_STRIDE), count - PASSAGE_WORDS]
    return [*((first, first + PASSAGE_WORDS) for first in firsts), *_sentences(words)]


def _sentences(words: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield the bounds of runs of words that end in a full stop, a question or an exclamation mark; not the longest."""
    first = 0
    for place, word in enumerate(words, start=1):
        if word in SENTENCE_ENDS or place == len(words):
            if SHORTEST_SENTENCE_WORDS <= place - first <= SHORT_TEXT_WORDS:
                yield first, place
            first = place


def _spellings(text: str) -> list[list[str]]:
    plain = normalise(text)
    undisguised = undisguise(plain)
    return [tokens(plain)] if undisguised == plain else [tokens(plain), tokens(undisguised)]


def _sigmoid(logit: float) -> float:
    if logit == -math.inf:
        return 0.0
    return 1 / (1 + math.exp(-logit)) if logit >= 0 else math.exp(logit) / (1 + math.exp(logit))
