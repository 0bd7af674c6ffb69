"""The second tier of the built-in model: a small transformer (MiniLM), fine-tuned on the four categories, in 8-bit integers.

It runs on one thread of onnxruntime. A long text is read in overlapping windows, and the greatest logit of a category counts.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from shared.onnx_sessions import session_of

WINDOW_TOKENS = 96
WINDOW_OVERLAP = 24
WINDOW_ROOM = WINDOW_TOKENS - 2  # for the two marks that begin and end it
MOST_WINDOWS = 56
"""Of one text, twice as many as 10,000 characters of English have. Other scripts, letters at random, signs, and characters that
stand for whole words make many more: of these, evenly spread ones are read, and what the first tier found most harmful."""
# ASCII without controls, of which the tokenizer takes nothing away, and without capitals, in which [CLS] is no word but a mark.
_PLAIN = re.compile(r"[\t\n\r -@\[-~]*")
_PLAIN_WORD = re.compile(r"[a-z0-9]+|[^a-z0-9\s]")
_ALL = np.ones((1, WINDOW_TOKENS), np.int64)
"""The attention that a window is read with: no token of it is left out."""


class TextEncoder:
    """Unchanging once loaded, and safe on many threads."""

    def __init__(self, model: Path, tokenizer: Path) -> None:
        """`model` takes `input_ids` and `attention_mask` (int64 [windows, tokens]) and gives float32 [windows, 4]."""
        self.session = session_of(model, keeps_memory=True)  # no window is longer than WINDOW_TOKENS
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        self._word_pieces = self._tokenizer.model
        self._first, self._last = (self._tokenizer.token_to_id(token) for token in ("[CLS]", "[SEP]"))

    def logits(self, windows: Iterable[Sequence[int]]) -> np.ndarray:
        """Return the greatest logits over windows of token ids (at least one): float32 [4].

        Each is run by itself: 8-bit arithmetic takes its scale from all that is run together, so that a window would have
        another answer in other company. What running them together would save: docs/performance.md.
        """
        return functools.reduce(np.maximum, map(self._run, windows))

    def token_ids(self, text: str) -> list[int]:
        """Return the tokens of a text, without marks.

        Of a plain one the words are known, and the tokenizer's last step alone takes half the time of all. Most words are one
        token, and looking that up takes half the time of the step.
        """
        if _PLAIN.fullmatch(text):
            ids: list[int] = []
            for word in _PLAIN_WORD.findall(text):
                whole = self._word_pieces.token_to_id(word)
                ids += [piece.id for piece in self._word_pieces.tokenize(word)] if whole is None else (whole,)
            return ids
        return self._tokenizer.encode(text, add_special_tokens=False).ids

    def _run(self, window: Sequence[int]) -> np.ndarray:
        ids = np.array([[self._first, *window, self._last]], np.int64)
        return self.session.run(None, {"input_ids": ids, "attention_mask": _ALL[:, : ids.size]})[0][0]


def token_windows(ids: Sequence[int], size: int = WINDOW_ROOM, overlap: int = WINDOW_OVERLAP) -> Iterator[list[int]]:
    """Yield windows of token ids that cover them all, evenly spread; every one but that of a short text is full.

    Each overlaps the next by at least so many tokens.
    """
    for first in _places(ids, size, overlap):
        yield list(ids[first : first + size])


def spread(windows: Sequence[Sequence[int]], most: int = MOST_WINDOWS) -> list[Sequence[int]]:
    """Return all windows, or the most that are read of one text, evenly spread."""
    if len(windows) <= most:
        return list(windows)
    return [windows[round(number * (len(windows) - 1) / (most - 1))] for number in range(most)]


def window_count(tokens: int, size: int = WINDOW_ROOM, overlap: int = WINDOW_OVERLAP) -> int:
    """Return how many windows `token_windows` yields of so many tokens."""
    return 1 + max(0, -(-(tokens - size) // (size - overlap)))


def is_long(spellings: Sequence[Sequence[int]]) -> bool:
    """Return whether a text, as the token ids of its spellings, is longer than a window."""
    return max(map(len, spellings)) > WINDOW_ROOM


def windows_of(spellings: Sequence[Sequence[int]]) -> list[tuple[int, ...]]:
    """Return the windows that the spellings of one text are read in, each once.

    All of the first; of another one those that hold or touch what is spelled differently: the rest is read already.
    """
    if not is_long(spellings):
        return list(dict.fromkeys(map(tuple, spellings)))
    plain, *others = spellings
    windows = [tuple(window) for window in token_windows(plain)]
    for other in others:
        first = _common(plain, other)
        last = len(other) - _common(plain[first:][::-1], other[first:][::-1])
        windows += [tuple(other[place : place + WINDOW_ROOM]) for place in _places(other, WINDOW_ROOM, WINDOW_OVERLAP)
                    if place <= last and place + WINDOW_ROOM >= first]
    return list(dict.fromkeys(windows))


def _common(one: Sequence[int], other: Sequence[int]) -> int:
    """Return with how many equal ids both begin."""
    return next((place for place, (mine, yours) in enumerate(zip(one, other, strict=False)) if mine != yours), min(len(one), len(other)))


def _places(ids: Sequence[int], size: int, overlap: int) -> Iterator[int]:
    windows = window_count(len(ids), size, overlap)
    for number in range(windows):
        yield round(number * (len(ids) - size) / (windows - 1)) if windows > 1 else 0
