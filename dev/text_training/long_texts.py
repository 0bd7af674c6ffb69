"""Long texts put together from our own sentences: what length takes from a logit is chosen on the development ones.

Every window and passage of a long text is a chance to err. Without that loss all texts of 1,200 harmless words were flagged.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dev.text_training import pool
from dev.text_training.corpus import LABEL_COLUMNS
from dev.text_training.judging import judged
from shared.text_analysis.built_in_model import ENCODER, TOKENIZER, window_doublings
from shared.text_analysis.encoder import TextEncoder
from shared.text_analysis.models import Category
from shared.text_analysis.severity import Cuts

SEED = 5
LENGTHS = {90: 160, 150: 160, 400: 90, 1200: 36}
"""Words: how many harmless texts of so many, of plain sentences and of all of them each; half as many of each category."""
HARMLESS, PLAIN = "harmless", "plain"
HARMFUL_SHARE = 0.2
"""Of the texts that a service is sent, as F1 is reckoned here."""
_LOSSES = np.arange(0, 0.85, 0.1)


@dataclass(frozen=True, slots=True)
class LongTexts:
    """`kinds` are HARMLESS, PLAIN (no alarming words either) or the category column of the one harmful sentence."""

    texts: list[str]
    kinds: np.ndarray


def put_together(sentences: Mapping[str, list[str]], words: int, count: int, seed: int = SEED) -> LongTexts:
    chooser = random.Random(seed)
    harmful = list(LABEL_COLUMNS.values())
    harmless = [text for kind, own in sentences.items() if kind not in harmful for text in own]
    plain = [text for kind, own in sentences.items() if kind not in (*harmful, pool.ALARMING) for text in own]

    def body(among: list[str]) -> list[str]:
        chosen: list[str] = []
        while sum(len(text.split()) for text in chosen) < words:
            chosen.append(chooser.choice(among))
        return chosen

    texts = [(HARMLESS, body(harmless)) for _ in range(count)] + [(PLAIN, body(plain)) for _ in range(count)]
    for kind in harmful:
        for _ in range(count // 2):
            whole = body(harmless)
            whole.insert(chooser.randrange(len(whole) + 1), chooser.choice(sentences[kind]))
            texts.append((kind, whole))
    return LongTexts([" ".join(whole) for _, whole in texts], np.array([kind for kind, _ in texts]))


def choose_losses(folder: Path, cuts: tuple[Cuts, ...]) -> tuple[float, ...]:
    """Return for each category what has the greatest mean F1 over the lengths, with the model in `folder` that has none yet."""
    sentences = pool.development_benign() | pool.development_harmful()
    encoder = TextEncoder(folder / ENCODER, folder / TOKENIZER)
    scores = np.zeros((len(_LOSSES), len(Category)))
    for words, count in LENGTHS.items():
        own = put_together(sentences, words, count)
        found = judged(folder, own.texts, f"{words:,} words").probabilities
        doublings = np.array([window_doublings(encoder.token_ids(text)) for text in own.texts])
        for column, (kind, cut) in enumerate(zip(LABEL_COLUMNS.values(), cuts, strict=True)):
            for place, loss in enumerate(_LOSSES):
                flagged = _logits(found[:, column]) - loss * doublings >= _logits(np.array(cut.two))
                scores[place, column] += _f1(flagged[own.kinds == kind].mean(), flagged[np.isin(own.kinds, [HARMLESS, PLAIN])].mean())
    return tuple(round(float(_LOSSES[place]), 1) for place in scores.argmax(axis=0))


def measure(folder: Path, cuts: tuple[Cuts, ...]) -> dict[str, dict[str, float]]:
    """Return of held-out sentences, by the number of words: the shares that are flagged, by kind."""
    sentences, measured = pool.holdout_benign() | pool.holdout_harmful(), {}
    firsts = np.array([cut.two for cut in cuts])
    for words, count in LENGTHS.items():
        own = put_together(sentences, words, count)
        flagged = judged(folder, own.texts, f"{words:,} words").probabilities >= firsts
        shares = {kind: flagged[own.kinds == kind].any(axis=1).mean() for kind in (PLAIN, HARMLESS)}
        shares |= {kind: flagged[own.kinds == kind, column].mean() for column, kind in enumerate(LABEL_COLUMNS.values())}
        measured[str(words)] = {kind: round(float(share), 3) for kind, share in shares.items()}
    return measured


def _f1(recall: float, false_alarms: float) -> float:
    hits = HARMFUL_SHARE * recall
    return 2 * hits / (hits + (1 - HARMFUL_SHARE) * false_alarms + HARMFUL_SHARE)


def _logits(probabilities: np.ndarray) -> np.ndarray:
    bounded = np.clip(probabilities, 1e-6, 1 - 1e-6)
    return np.log(bounded / (1 - bounded))
