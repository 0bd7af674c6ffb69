"""A text made ready once to be matched against any number of lists of one account."""

import bisect
import functools
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from shared.matching.alignment import AlignedText
from shared.matching.hashing import MAX_TERM_TOKENS, text_hasher
from shared.matching.normalisation import normalise, normalise_aligned
from shared.matching.tokens import token_spans, token_texts, tokenise

# A control is never part of a token, so tokens joined by it compare as a list of tokens does, at the speed of `in`.
_BETWEEN_TOKENS = "\x1f"

_RUNS_AT_ONCE = 1 << 18  # nine bytes each
_RUNS_KEPT = 1 << 19
_BIT_OF_BYTE = np.left_shift(1, np.arange(256) & 7).astype(np.uint8)


class Runs(NamedTuple):
    """The runs of some numbers of tokens that begin at each token of a text; those of each length in turn."""

    hashes: np.ndarray  # uint64 [lengths * tokens]
    bits: np.ndarray  # uint8 [lengths * tokens], one bit set: the hash's place within its byte of an index's bitmap
    token_count: int
    lengths: tuple[int, ...]

    def places(self, positions: np.ndarray) -> list[int]:
        """Return numbers that rank the runs at `positions` by first token, then by length."""
        rows, first_tokens = np.divmod(positions, self.token_count)
        return (first_tokens * (MAX_TERM_TOKENS + 1) + np.array(self.lengths).take(rows)).tolist()


class PreparedText:
    """`text` normalised, tokenised and hashed. Not tied to an index; bound to the hash key it was prepared with."""

    def __init__(self, text: str, hash_key: bytes) -> None:
        self._original = text
        self.normalised = normalise(text)
        self._hasher = text_hasher(hash_key)
        token_hashes = self._hasher.token_hashes(tokenise(self.normalised))
        self.token_count = len(token_hashes)
        self._prefix_sums = self._hasher.prefix_sums(token_hashes)
        self._runs: dict[tuple[int, ...], Runs] = {}
        self._kept_runs = 0
        self._token_line: str | None = None

    def runs(self, lengths: tuple[int, ...]) -> Iterator[Runs]:
        """Yield the runs of those numbers of tokens, ascending, so many lengths at once that they take little memory."""
        fitting = lengths[: bisect.bisect_right(lengths, self.token_count)]
        at_once = max(1, _RUNS_AT_ONCE // max(1, self.token_count))
        for first in range(0, len(fitting), at_once):
            yield self._runs_of(fitting[first : first + at_once])

    def _runs_of(self, lengths: tuple[int, ...]) -> Runs:
        runs = self._runs.get(lengths)
        if runs is None:
            hashes = self._hasher.run_hashes(self._prefix_sums, lengths).reshape(-1)
            runs = Runs(hashes, bitmap_bits(hashes), self.token_count, lengths)
            self._kept_runs += len(hashes)
            if self._kept_runs <= _RUNS_KEPT:  # lists of alike terms share them
                self._runs[lengths] = runs
        return runs

    @property
    def token_line(self) -> str:
        if self._token_line is None:
            self._token_line = _token_line(self.normalised)
        return self._token_line

    @functools.cached_property
    def aligned(self) -> AlignedText:
        """The normalised text, aligned to the original."""
        return normalise_aligned(self._original)

    @functools.cached_property
    def token_spans(self) -> list[tuple[int, int]]:
        return token_spans(self.normalised)


def prepare(text: str, hash_key: bytes) -> PreparedText:
    return PreparedText(text, hash_key)


def contains(prepared: PreparedText, term_text: str) -> bool:
    """Return whether the term's tokens stand in the text one after the other: the exact answer, without hashes."""
    term_line = _token_line(normalise(term_text))
    return len(term_line) > 1 and term_line in prepared.token_line


def occurrences(prepared: PreparedText, term_text: str) -> list[tuple[int, int]]:
    """Return start and end of each occurrence in the original text, in code points; in order, none overlapping."""
    term_line = _token_line(normalise(term_text))
    found = []
    if len(term_line) > 1:
        line, token, counted = prepared.token_line, 0, 0
        tokens_of_term = term_line.count(_BETWEEN_TOKENS) - 1
        place = line.find(term_line)
        while place >= 0:
            token += line.count(_BETWEEN_TOKENS, counted, place)
            counted = place
            (start, _), (_, end) = (prepared.token_spans[at] for at in (token, token + tokens_of_term - 1))
            span = prepared.aligned.span(start, end)
            if not found or span[0] >= found[-1][1]:  # two tokens may come from one code point: "‼" is "!!"
                found.append(span)
            place = line.find(term_line, place + len(term_line) - 1)
    return found


def bitmap_bits(hashes: np.ndarray) -> np.ndarray:
    """Return the bit of each hash within its byte of a bitmap: uint8, one bit set.

    Taken from bits that do not choose the byte, so that it is the same for a bitmap of any size.
    """
    second_lowest_bytes = hashes.astype("<u8", copy=False).view(np.uint8)[1::8]
    return _BIT_OF_BYTE.take(second_lowest_bytes)


def _token_line(normalised: str) -> str:
    return "".join([_BETWEEN_TOKENS, *(token + _BETWEEN_TOKENS for token in token_texts(normalised))])
