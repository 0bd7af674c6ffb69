"""The built-in text model: hashed n-grams and a small transformer, averaged in logit space, calibrated, cut into severities.

What it can and cannot judge, its data and its figures: docs/text-model.md.
"""

from __future__ import annotations

import json
import math
import operator
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np

from shared.text_analysis.encoder import MOST_WINDOWS, TextEncoder, is_long, spread, token_windows, window_count, windows_of
from shared.text_analysis.hashed_ngram_model import HashedNgramModel, HashedReading
from shared.text_analysis.models import CATEGORIES, Category, Judgement
from shared.text_analysis.severity import Cuts, severities

MODEL_NAME = "moderato-text-3.0.0"
DOUBT = 0.25
"""Of the first cut. A passage of a long text is read by itself where the text is at least so probable without it; below, nothing
counts towards a severity (docs/text-model.md has what this saves and costs)."""
_SAID_AGAIN_TOKENS = 8
"""So many in the same order as before are no new sentence; ordinary texts hardly have any."""
SHIPPED = Path(__file__).parent / "weights"
HASHED_NGRAMS, ENCODER, TOKENIZER, CALIBRATION = "hashed_ngrams.npz", "encoder.onnx", "tokenizer.json", "calibration.json"


@dataclass(frozen=True, slots=True)
class Line:
    """A straight line through logits: `slope * logit + offset`."""

    slope: float
    offset: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """What training found on dev, each in Category order.

    `encoder` calibrates the encoder's logits, `blend` the mean of both tiers' calibrated logits. `per_doubling` is what the
    calibrated logit of a text loses each time the number of its windows doubles: every one is a chance to err. `version`
    names the weights.
    """

    encoder: tuple[Line, ...]
    blend: tuple[Line, ...]
    cuts: tuple[Cuts, ...]
    per_doubling: tuple[float, ...]
    version: str

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Self:
        """Raises KeyError or TypeError for anything that `stored()` did not give."""
        return cls(*(tuple(Line(*stored[part][category]) for category in Category) for part in ("encoder", "blend")),
                   tuple(Cuts(*stored["cuts"][category]) for category in Category),
                   tuple(float(stored["per_doubling"][category]) for category in Category), stored["version"])

    def stored(self) -> dict[str, Any]:
        """As JSON."""
        return {"version": self.version,
                "encoder": {category: [line.slope, line.offset] for category, line in zip(Category, self.encoder, strict=True)},
                "blend": {category: [line.slope, line.offset] for category, line in zip(Category, self.blend, strict=True)},
                "cuts": {category: [cut.two, cut.four, cut.six] for category, cut in zip(Category, self.cuts, strict=True)},
                "per_doubling": dict(zip(Category, self.per_doubling, strict=True))}


class Reading(NamedTuple):
    """What the model made of a text, per category in Category order.

    `probabilities` are calibrated and in [0, 1]. `passages` holds, for each category, the normalised passage that weighs
    most: the whole text when it is short, "" when it has no words.
    """

    probabilities: tuple[float, ...]
    passages: tuple[str, ...]


class BuiltInModel:
    """Unchanging once loaded, and safe on many threads."""

    engine = "built-in"

    def __init__(self, hashed_ngrams: HashedNgramModel, encoder: TextEncoder, calibration: Calibration) -> None:
        self._hashed_ngrams = hashed_ngrams
        self._encoder = encoder
        self._calibration = calibration
        self._encoder_slopes = array("f", [line.slope for line in calibration.encoder])
        self._encoder_offsets = array("f", [line.offset for line in calibration.encoder])
        self.version = calibration.version

    @classmethod
    def load(cls, folder: Path = SHIPPED) -> Self:
        calibration = Calibration.of(json.loads((folder / CALIBRATION).read_text("utf-8")))
        return cls(HashedNgramModel.load(folder / HASHED_NGRAMS), TextEncoder(folder / ENCODER, folder / TOKENIZER), calibration)

    @property
    def cuts(self) -> tuple[Cuts, ...]:
        return self._calibration.cuts

    def judge(self, text: str) -> Judgement:
        """Return severity and probability of each category. The same text has the same judgement."""
        reading = self.read(text)
        return Judgement(severities(reading.probabilities, reading.passages, self.cuts),
                         dict(zip(CATEGORIES, reading.probabilities, strict=True)))

    def read(self, text: str) -> Reading:
        """Return the probabilities of a text, the greater of its spellings, and the passages that weigh most."""
        hashed = self._hashed_ngrams.read(text)
        if not hashed.spellings:
            return Reading((0.0,) * len(Category), hashed.passages)
        spellings = list(map(self._encoder.token_ids, hashed.spellings))
        encoded = self._encoder.logits(spread(windows_of(spellings)))
        logits = self.blended(hashed.logits, encoded.tolist(), hashed.is_bare_word)
        if is_long(spellings):
            # Among so many harmless words a harmful sentence fades, so that passages are read by themselves too.
            doubtful = [passage for passage, logit, cuts in zip(hashed.passages, logits, self.cuts, strict=True)
                        if sigmoid(logit) >= cuts.two * DOUBT]
            if doubtful:
                encoded = np.maximum(encoded, passage_logits(self._encoder, doubtful))
                logits = self.blended(hashed.logits, encoded.tolist(), hashed.is_bare_word)
            doublings = window_doublings(spellings[0])
            logits = [logit - loss * doublings for logit, loss in zip(logits, self._calibration.per_doubling, strict=True)]
        return Reading(tuple(map(sigmoid, logits)), hashed.passages)

    def blended(self, hashed: Sequence[float], encoded: Sequence[float], is_bare_word: bool = False) -> list[float]:
        """Return the calibrated logits of the two tiers' logits: of their mean, and of a bare word, of the lesser.

        Each tier takes some bare words for harm that the other does not; alone they say nothing of anybody.
        """
        # In single precision, as the encoder's logits are; numpy's own takes longer for four numbers.
        products = array("f", map(operator.mul, self._encoder_slopes, encoded))
        calibrated = array("f", map(operator.add, self._encoder_offsets, products))
        if is_bare_word:
            joined = list(map(min, hashed, map(np.float32, calibrated)))  # what follows is in single precision too, then
        else:
            joined = [(own + other) / 2 for own, other in zip(hashed, calibrated, strict=True)]
        return [line.slope * logit + line.offset for line, logit in zip(self._calibration.blend, joined, strict=True)]


def encoder_logits(encoder: TextEncoder, hashed: HashedReading) -> np.ndarray:
    """Return the second tier's greatest logits of a text that the first one read, all passages of a long one among it."""
    spellings = list(map(encoder.token_ids, hashed.spellings))
    logits = encoder.logits(spread(windows_of(spellings)))
    return np.maximum(logits, passage_logits(encoder, hashed.passages)) if is_long(spellings) else logits


def passage_logits(encoder: TextEncoder, passages: Sequence[str]) -> np.ndarray:
    """Return the second tier's greatest logits over normalised passages (at least one): float32 [4]."""
    ids = map(encoder.token_ids, dict.fromkeys(passages))
    return encoder.logits(spread([window for passage in ids for window in token_windows(passage)]))


def window_doublings(ids: Sequence[int]) -> float:
    """Return how many times the number of a text's windows has doubled, of what it says for the first time and of what is read.

    What is said again errs as it did before. If it counted, a text could be filled up with one word until its harm is doubted.
    """
    said_once = len(set(zip(*(ids[place:] for place in range(_SAID_AGAIN_TOKENS)), strict=False))) + _SAID_AGAIN_TOKENS - 1
    return math.log2(min(MOST_WINDOWS, window_count(said_once)))


def sigmoid(logit: float) -> float:
    return 1 / (1 + math.exp(-logit)) if logit >= 0 else math.exp(logit) / (1 + math.exp(logit))
