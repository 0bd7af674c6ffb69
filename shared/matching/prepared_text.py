"""A text made ready once to be matched against any number of lists of one account."""

from __future__ import annotations

import bisect
import functools
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from shared.matching.alignment import AlignedText
from shared.matching.hashing import MAX_TERM_TOKENS, TextHasher, text_hasher
from shared.matching.letter_shapes import NOTHING_ODD, shapes
from shared.matching.normalisation import normalise, normalise_aligned
from shared.matching.tokens import Tokens, token_spans, token_texts, tokenise

if TYPE_CHECKING:
    from shared.matching.disguises import Reading

# A control is never part of a token, so tokens joined by it compare as a list of tokens does, at the speed of `in`.
_BETWEEN_TOKENS = "\x1f"

_RUNS_AT_ONCE = 1 << 18  # nine bytes each
_RUNS_KEPT = 1 << 19
_BITS_OF_PLACE = 40
_BIT_OF_BYTE = np.left_shift(1, np.arange(256) & 7).astype(np.uint8)


class Runs(NamedTuple):
    """The runs of some numbers of tokens that begin at each token of a text; those of each length in turn."""

    hashes: np.ndarray  # uint64 [lengths * tokens]
    bits: np.ndarray  # uint8 [lengths * tokens], one bit set: the hash's place within its byte of an index's bitmap
    token_count: int
    lengths: tuple[int, ...]
    rank: int  # of the reading: runs of the plain text come before those of its other readings

    def places(self, positions: np.ndarray) -> list[int]:
        """Return numbers that rank the runs at `positions` by reading, first token, then length."""
        rows, first_tokens = np.divmod(positions, self.token_count)
        places = first_tokens * (MAX_TERM_TOKENS + 1) + np.array(self.lengths).take(rows)
        return (places + (self.rank << _BITS_OF_PLACE)).tolist()


class _View:
    """One way to read the text: normalised, tokenised and hashed."""

    def __init__(self, text: str, tokens: Tokens, hasher: TextHasher, rank: int) -> None:
        self._text = text
        self._hasher = hasher
        self._rank = rank
        token_hashes = hasher.token_hashes(tokens)
        self._token_count = len(token_hashes)
        self._prefix_sums = hasher.prefix_sums(token_hashes)
        self._runs: dict[tuple[int, ...], Runs] = {}
        self._kept_runs = 0

    def runs(self, lengths: tuple[int, ...]) -> Iterator[Runs]:
        fitting = lengths[: bisect.bisect_right(lengths, self._token_count)]
        at_once = max(1, _RUNS_AT_ONCE // max(1, self._token_count))
        for first in range(0, len(fitting), at_once):
            yield self._runs_of(fitting[first : first + at_once])

    def _runs_of(self, lengths: tuple[int, ...]) -> Runs:
        runs = self._runs.get(lengths)
        if runs is None:
            hashes = self._hasher.run_hashes(self._prefix_sums, lengths).reshape(-1)
            runs = Runs(hashes, bitmap_bits(hashes), self._token_count, lengths, self._rank)
            self._kept_runs += len(hashes)
            if self._kept_runs <= _RUNS_KEPT:  # lists of alike terms share them
                self._runs[lengths] = runs
        return runs

    @functools.cached_property
    def token_line(self) -> str:
        return _token_line(self._text)

    @functools.cached_property
    def _token_spans(self) -> list[tuple[int, int]]:
        return token_spans(self._text)

    def spans(self, term_line: str) -> Iterator[tuple[int, int]]:
        """Yield start and end in this view's text of each occurrence of a term; none overlap."""
        line, token, counted = self.token_line, 0, 0
        last = term_line.count(_BETWEEN_TOKENS) - 2
        place = line.find(term_line)
        while place >= 0:
            token += line.count(_BETWEEN_TOKENS, counted, place)
            counted = place
            yield self._token_spans[token][0], self._token_spans[token + last][1]
            place = line.find(term_line, place + len(term_line) - 1)


class PreparedText:
    """`text` normalised, read through its disguises, tokenised and hashed.

    Not tied to an index; bound to the hash key it was prepared with.
    """

    def __init__(self, text: str, hash_key: bytes) -> None:
        self._original = text
        self.normalised = normalise(text)
        hasher = text_hasher(hash_key)
        tokens = tokenise(self.normalised)
        self._plain = _View(self.normalised, tokens, hasher, 0)
        self._readings = _other_readings(text, self.normalised, tokens)
        self._views = [self._plain]
        for rank, reading in enumerate(self._readings, start=1):
            self._views.append(_View(reading.text, tokenise(reading.text), hasher, rank))

    def runs(self, lengths: tuple[int, ...]) -> Iterator[Runs]:
        """Yield the runs of those numbers of tokens, ascending, so many lengths at once that they take little memory.

        Those of the plain text first, then those of each other reading.
        """
        for view in self._views:
            yield from view.runs(lengths)

    def contains_line(self, term_line: str) -> bool:
        return any(term_line in view.token_line for view in self._views)

    def original_spans(self, term_line: str) -> list[tuple[int, int]]:
        return [
            self._aligned[number].span(start, end)
            for number, view in enumerate(self._views)
            for start, end in view.spans(term_line)
        ]

    @functools.cached_property
    def _aligned(self) -> list[AlignedText]:
        plain = normalise_aligned(self._original)
        return [plain, *(reading.aligned(plain) for reading in self._readings)]


def _other_readings(text: str, normalised: str, tokens: Tokens) -> list[Reading]:
    seen = shapes(normalised, tokens)
    # Where marks were dropped the text has become shorter.
    if seen is NOTHING_ODD and (len(text) <= len(normalised) or normalised.isascii()):
        return []
    # A cold worker does without its expressions until the first text that may be disguised.
    from shared.matching.disguises import readings

    return readings(normalised, text, seen)


def prepare(text: str, hash_key: bytes) -> PreparedText:
    return PreparedText(text, hash_key)


def contains(prepared: PreparedText, term_text: str) -> bool:
    """Return whether the term's tokens stand one after the other in the text or in another reading of it.

    The exact answer, without hashes.
    """
    term_line = _token_line(normalise(term_text))
    return len(term_line) > 1 and prepared.contains_line(term_line)


def occurrences(prepared: PreparedText, term_text: str) -> list[tuple[int, int]]:
    """Return start and end of each occurrence in the original text, in code points; in order, none overlapping.

    Found wherever `contains` looks: an occurrence in another reading bounds what was written there ("k i l l").
    """
    term_line = _token_line(normalise(term_text))
    if len(term_line) == 1:
        return []
    found: list[tuple[int, int]] = []
    for span in sorted(prepared.original_spans(term_line)):
        if not found or span[0] >= found[-1][1]:  # two tokens may come from one code point: "‼" is "!!"
            found.append(span)
    return found


def bitmap_bits(hashes: np.ndarray) -> np.ndarray:
    """Return the bit of each hash within its byte of a bitmap: uint8, one bit set.

    Taken from bits that do not choose the byte, so that it is the same for a bitmap of any size.
    """
    second_lowest_bytes = hashes.astype("<u8", copy=False).view(np.uint8)[1::8]
    return _BIT_OF_BYTE.take(second_lowest_bytes)


def _token_line(normalised: str) -> str:
    return "".join([_BETWEEN_TOKENS, *(token + _BETWEEN_TOKENS for token in token_texts(normalised))])
