"""Typing noise: copies of training rows with letters dropped, swapped, doubled or starred; disguise is not new then."""

import random

import numpy as np

from dev.text_training.corpus import Corpus

NOISE = "noise"
SHARE_OF_POSITIVES = 0.2
SHARE_OF_WORDS = 0.25
LONGEST_UNTOUCHED_WORD = 3


def noisy_copies(corpus: Corpus, seed: int) -> Corpus:
    """Return noisy copies of a share of the positive rows and of as many others, so that noise itself tells nothing.

    A copy keeps its source, so that leaving out a source leaves out its copies, and has the split NOISE.
    """
    chooser = random.Random(seed)
    positive = (corpus.labels == 1).any(axis=1)
    positives, others = np.flatnonzero(positive).tolist(), np.flatnonzero(~positive).tolist()
    count = int(len(positives) * SHARE_OF_POSITIVES)
    rows = np.array(chooser.sample(positives, count) + chooser.sample(others, count))
    copies = [noisy(corpus.texts[row], chooser) for row in rows]
    return Corpus(copies, corpus.labels[rows], corpus.sources[rows], np.full(len(copies), NOISE, object))


def noisy(text: str, chooser: random.Random) -> str:
    """Return the text with about one word of four mistyped."""
    return " ".join(
        _mistyped(word, chooser) if len(word) > LONGEST_UNTOUCHED_WORD and chooser.random() < SHARE_OF_WORDS else word
        for word in text.split()
    )


def _mistyped(word: str, chooser: random.Random) -> str:
    place = chooser.randrange(1, len(word) - 1)
    before, letter, after = word[:place], word[place], word[place + 1 :]
    return chooser.choice(
        (
            before + after,
            before + letter + letter + after,
            before + "*" + after,
            before + after[0] + letter + after[1:],
            before + letter + " " + after,
        )
    )
