"""Hashed n-grams: a text as the set of its word 1-2-grams and in-word character 3-5-grams, each in one of 2^17 buckets.

The hash is written out in 64-bit integer arithmetic, so buckets are the same on every machine and Python version.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

BUCKET_BITS = 17
BUCKETS = 1 << BUCKET_BITS  # word n-grams take [0, BUCKETS), character n-grams [BUCKETS, 2 * BUCKETS)
FEATURES = 2 * BUCKETS
CHARACTER_SIZES = (3, 4, 5)
_SIZES = np.array(CHARACTER_SIZES)

_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_BIGRAM_MULTIPLIER = np.uint64(0xD6E8FEB86659FD93)
_MIX_1 = np.uint64(0xFF51AFD7ED558CCD)
_MIX_2 = np.uint64(0xC4CEB9FE1A85EC53)
_SHIFT = np.uint64(33)
_TO_BUCKET = np.uint64(64 - BUCKET_BITS)
_MAX_WORD_CHARACTERS = 48  # a longer run of letters is no word; its tail adds nothing but time
_POWERS = np.cumprod(np.full(_MAX_WORD_CHARACTERS + 2, _MULTIPLIER))


@dataclass(frozen=True, slots=True)
class HashedWords:
    """A text's words, hashed once, from which the features of any run of words can be taken.

    `unigrams` and `bigrams` are bucket numbers per word (int32 [words]; bigram i joins words i and i + 1, the last one
    joins with the end). `characters` holds the character buckets of all words in order; word i owns
    `characters[starts[i]:starts[i + 1]]`.
    """

    unigrams: np.ndarray
    bigrams: np.ndarray
    characters: np.ndarray
    starts: np.ndarray

    def __len__(self) -> int:
        return len(self.unigrams)

    def features(self) -> np.ndarray:
        """Return the features of all words: int64, sorted, each once."""
        return self.passage_features([(0, len(self))])[0] if len(self) else np.empty(0, np.int64)

    def passage_features(self, bounds: Sequence[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
        """Return the features of each passage, one after the other, and where each passage begins in them.

        A passage is words first..last-1, at least one. Its features (int64) are sorted, each once, and do not depend on
        the passages beside it.
        """
        parts = [
            part
            for first, last in bounds
            for part in (
                self.unigrams[first:last],
                self.bigrams[first : last - 1],
                self.characters[self.starts[first] : self.starts[last]],
            )
        ]
        sizes = np.fromiter(map(len, parts), np.int64, len(parts)).reshape(len(bounds), -1).sum(axis=1)
        keys = np.repeat(np.arange(len(bounds)) * FEATURES, sizes) + np.concatenate(parts)
        keys.sort()
        keys = keys[np.append(True, keys[1:] != keys[:-1])]
        return keys % FEATURES, np.searchsorted(keys, np.arange(len(bounds)) * FEATURES)


def hash_words(words: list[str]) -> HashedWords:
    """Return the buckets of a text's words (normalised, none empty)."""
    if not words:
        empty = np.empty(0, np.int32)
        return HashedWords(empty, empty, empty, np.zeros(1, np.int64))
    words = [word[:_MAX_WORD_CHARACTERS] for word in words]
    codes = np.frombuffer("".join(f" {word} " for word in words).encode("utf-32-le"), np.uint32).astype(np.uint64)
    lengths = np.fromiter(map(len, words), np.int64, len(words)) + 2
    ends = np.cumsum(lengths)
    begins = ends - lengths
    word_hashes = _hash_runs(codes, begins, lengths)
    following = np.append(word_hashes[1:], np.uint64(0))
    characters, starts = _character_buckets(codes, begins, ends, lengths)
    return HashedWords(
        _bucket(word_hashes, 0), _bucket(word_hashes * _BIGRAM_MULTIPLIER + following, 0), characters, starts
    )


def _hash_runs(codes: np.ndarray, begins: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Return one uint64 per run: the polynomial sum of code * multiplier^position, wrapping."""
    positions = np.arange(len(codes)) - np.repeat(begins, lengths)
    return np.add.reduceat(codes * _POWERS[positions], begins)


def _character_buckets(
    codes: np.ndarray, begins: np.ndarray, ends: np.ndarray, lengths: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the buckets of all windows that stay inside one word with its two edge spaces, in word order."""
    left = np.repeat(ends, lengths) - np.arange(len(codes))  # characters to the end of the word
    padded = np.concatenate((codes, np.zeros(max(CHARACTER_SIZES), np.uint64)))  # one letter alone is shorter than a window
    rolling = np.zeros(len(codes), np.uint64)
    hashes = np.empty((len(codes), len(CHARACTER_SIZES)), np.uint64)
    for offset in range(max(CHARACTER_SIZES)):
        rolling *= _MULTIPLIER
        rolling += padded[offset : offset + len(codes)]
        size = offset + 1
        if size in CHARACTER_SIZES:
            np.add(rolling, np.uint64(size), out=hashes[:, CHARACTER_SIZES.index(size)])
    inside = left[:, None] >= _SIZES
    counts = np.add.reduceat(inside.sum(axis=1), begins)
    return _bucket(hashes[inside], BUCKETS), np.concatenate(([0], np.cumsum(counts)))


def _bucket(hashes: np.ndarray, offset: int) -> np.ndarray:
    mixed = hashes ^ (hashes >> _SHIFT)
    mixed = mixed * _MIX_1
    mixed ^= mixed >> _SHIFT
    mixed *= _MIX_2
    mixed ^= mixed >> _SHIFT
    return (mixed >> _TO_BUCKET).astype(np.int32) + np.int32(offset)
