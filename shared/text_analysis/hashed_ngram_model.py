"""The first tier of the built-in model: one logistic regression per harm category over hashed n-grams."""

import io
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np

from shared.text_analysis.features import FEATURES, HashedWords, hash_words
from shared.text_analysis.models import Category
from shared.text_analysis.normalisation import spellings_of, tokens

RARITY_UNITS = 16  # rarities are stored in sixteenths

# A harmful sentence fades in a long text, so a long one is read in overlapping passages.
SHORT_TEXT_WORDS = 40  # up to here a text is read whole, as in training
PASSAGE_WORDS = 20
PASSAGE_STRIDE = 10
SHORTEST_SENTENCE_WORDS = 4  # its closing sign counts
SENTENCE_ENDS = frozenset(".!?")
# A bare word ("women", "gun") says nothing of anybody, but alone it would fill the whole vector and weigh most of all.
# It is read as if harmless words stood around it: the length is that of about eight words.
LEAST_LENGTH_OF_BARE_WORD = 50.0


class HashedReading(NamedTuple):
    """What the model made of a text, per category in Category order.

    `logits` are calibrated, minus infinity without words. `passages` holds, for each category, the normalised passage that
    gave the greatest logit: the whole text when it is short, "" when it has no words. `spellings` are the text as it was
    read, normalised: one, or two where letters are disguised, none without words. `is_bare_word`: it has a single word.
    """

    logits: tuple[float, ...]
    passages: tuple[str, ...]
    spellings: tuple[str, ...]
    is_bare_word: bool


class HashedNgramModel:
    """A linear model, unchanging once loaded and safe on many threads.

    Its arrays: `weights` float16 [FEATURES, 4], `rarities` uint8 [FEATURES] (a feature's inverse document frequency in
    sixteenths; already inside the weights, needed for the length of a text's vector), `biases` float64 [4], `platt`
    float64 [4, 2] (slope and offset).
    """

    def __init__(self, arrays: Mapping[str, np.ndarray]) -> None:
        weights, rarities = arrays["weights"], arrays["rarities"]
        if weights.shape != (FEATURES, len(Category)) or rarities.shape != (FEATURES,):
            raise ValueError("the weights file was made for other features or categories")
        # What a feature needs lies together, as the features of a text lie far from each other. All are exact in float32.
        self._rows = np.hstack((weights, np.square(rarities[:, None] / RARITY_UNITS)), dtype=np.float32)
        self._lines = [(bias, *line) for bias, line in zip(arrays["biases"].tolist(), arrays["platt"].tolist(), strict=True)]

    @classmethod
    def load(cls, path: Path) -> Self:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as arrays:
            return cls(arrays)

    def read(self, text: str) -> HashedReading:
        """Return the greatest logits over all passages and spellings, with the passages that gave them."""
        spellings = [(spelling, words) for spelling in spellings_of(text) if (words := tokens(spelling))]
        best = [(-math.inf, "")] * len(Category)
        is_bare = False
        for _, words in spellings:
            bounds = passage_bounds(words)
            is_bare = _is_bare(words)
            logits = self._logits(hash_words(words), bounds, LEAST_LENGTH_OF_BARE_WORD if is_bare else 0.0)
            for number, of_passages in enumerate(zip(*logits, strict=True)):
                logit = max(of_passages)
                if logit > best[number][0]:
                    best[number] = logit, " ".join(words[slice(*bounds[of_passages.index(logit)])])
        logits, passages = zip(*best, strict=True)
        return HashedReading(logits, passages, tuple(spelling for spelling, _ in spellings), is_bare)

    def _logits(self, hashed: HashedWords, bounds: list[tuple[int, int]], least_length: float) -> list[list[float]]:
        """Return the calibrated logits of each passage."""
        features, starts = hashed.passage_features(bounds)
        rows = self._rows.take(features, axis=0).astype(np.float64)
        # Summed in float64 without BLAS, whose order of addition differs between machines.
        logits = []
        for *sums, square in np.add.reduceat(rows, starts, axis=0).tolist():
            length = max(math.sqrt(square), least_length)
            lines = zip(sums, self._lines, strict=True)
            logits.append([(total / length + bias) * slope + offset for total, (bias, slope, offset) in lines])
        return logits


def _is_bare(words: Sequence[str]) -> bool:
    """Return whether at most one of the words is no sign."""
    spoken = 0
    for word in words:
        spoken += word[0].isalnum()
        if spoken == 2:
            return False
    return True


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
