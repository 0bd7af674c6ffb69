"""Hashed n-grams: a text as the set of its word 1-2-grams and in-word character 3-5-grams, each in one of 2^17 buckets.

The hash is written out in 64-bit integer arithmetic, so buckets are the same on every machine and Python version.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

BUCKET_BITS = 17
BUCKETS = 1 << BUCKET_BITS  # word n-grams take [0, BUCKETS), character n-grams [BUCKETS, 2 * BUCKETS)
FEATURES = 2 * BUCKETS
CHARACTER_SIZES = (3, 4, 5)

_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_BIGRAM_MULTIPLIER = np.uint64(0xD6E8FEB86659FD93)
_MIX_1 = np.uint64(0xFF51AFD7ED558CCD)
_MIX_2 = np.uint64(0xC4CEB9FE1A85EC53)
_SHIFT = np.uint64(33)
_TO_BUCKET = np.uint64(64 - BUCKET_BITS)
_MAX_WORD_CHARACTERS = 48  # a longer run of letters is no word; its tail adds nothing but time
_LONGEST = _MAX_WORD_CHARACTERS + 2  # with the spaces at its edges
_POWERS = np.cumprod(np.full(_LONGEST, _MULTIPLIER))
_LARGEST = max(CHARACTER_SIZES)
# What the characters from a place on are multiplied by, in a column for each size of window: uint64 [_LARGEST, sizes].
_OF_SIZES = np.array([[*[0] * (_LARGEST - size), 1, *_POWERS[: size - 1].tolist()][::-1] for size in CHARACTER_SIZES], np.uint64).T
_SIZES = np.array(CHARACTER_SIZES, np.uint64)
# By the length of a word with its edges: what its characters are multiplied by, and whether each window that begins in it, of
# each size, ends in it too. As bytes, which are joined in a fraction of the time of arrays: most texts are short, and every
# step of numpy costs more than what it does.
_MULTIPLIERS = [_POWERS[:length].tobytes() for length in range(_LONGEST + 1)]
_IS_INSIDE = [(np.arange(length, 0, -1)[:, None] >= CHARACTER_SIZES).tobytes() for length in range(_LONGEST + 1)]
_WINDOWS = list(map(sum, _IS_INSIDE))
_AT_THE_BEGINNING = np.zeros(1, np.int64)


@dataclass(frozen=True, slots=True)
class HashedWords:
    """A text's words, hashed once, from which the features of any run of words can be taken.

    `buckets` (int64) holds those of the words, of the pairs of neighbours, and of the windows of characters, each in the
    order of the text. `lengths` are those of the words with their edges.
    """

    buckets: np.ndarray
    lengths: list[int]

    def __len__(self) -> int:
        return len(self.lengths)

    @property
    def unigrams(self) -> np.ndarray:
        return self.buckets[: len(self)]

    @property
    def bigrams(self) -> np.ndarray:
        """Of each word with the next one."""
        return self.buckets[len(self) : 2 * len(self) - 1]

    @property
    def characters(self) -> np.ndarray:
        return self.buckets[2 * len(self) - 1 :]

    @property
    def starts(self) -> np.ndarray:
        """Word i owns `characters[starts[i]:starts[i + 1]]`."""
        return np.cumsum([0, *(_WINDOWS[length] for length in self.lengths)])

    def features(self) -> np.ndarray:
        """Return the features of all words: int64, sorted, each once."""
        return _distinct(self.buckets)

    def passage_features(self, bounds: Sequence[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
        """Return the features of each passage, one after the other, and where each passage begins in them.

        A passage is words first..last-1, at least one. Its features (int64) are sorted, each once, and do not depend on
        the passages beside it.
        """
        if bounds == [(0, len(self))]:
            return self.features(), _AT_THE_BEGINNING
        unigrams, bigrams, characters, starts = self.unigrams, self.bigrams, self.characters, self.starts.tolist()
        parts = [
            part
            for first, last in bounds
            for part in (unigrams[first:last], bigrams[first : last - 1], characters[starts[first] : starts[last]])
        ]
        offsets = np.arange(len(bounds)) * FEATURES
        sizes = np.array(list(map(len, parts))).reshape(len(bounds), -1).sum(axis=1)
        keys = _distinct(np.concatenate(parts) + offsets.repeat(sizes))
        return keys % FEATURES, keys.searchsorted(offsets)


def hash_words(words: list[str]) -> HashedWords:
    """Return the buckets of a text's words (normalised, none empty)."""
    if not words:
        return HashedWords(np.empty(0, np.int64), [])
    words = [word[:_MAX_WORD_CHARACTERS] for word in words]
    lengths = [len(word) + 2 for word in words]
    # The zeros at the end: one letter alone is shorter than a window.
    text = f" {'  '.join(words)} " + "\0" * _LARGEST
    codes = np.frombuffer(text.encode("utf-32"), np.uint32, offset=4).astype(np.uint64)  # behind the mark of byte order
    unigrams = _hash_runs(codes, lengths)
    bigrams = unigrams[:-1] * _BIGRAM_MULTIPLIER + unigrams[1:]
    buckets = _buckets(np.concatenate((unigrams, bigrams, _hash_windows(codes, lengths))))
    buckets[2 * len(words) - 1 :] += BUCKETS
    return HashedWords(buckets, lengths)


def _hash_runs(codes: np.ndarray, lengths: list[int]) -> np.ndarray:
    """Return one uint64 per run: the polynomial sum of code * multiplier^position, wrapping."""
    powers = np.frombuffer(b"".join([_MULTIPLIERS[length] for length in lengths]), np.uint64)
    return np.add.reduceat(codes[: len(powers)] * powers, [0, *itertools.accumulate(lengths[:-1])])


def _hash_windows(codes: np.ndarray, lengths: list[int]) -> np.ndarray:
    """Return a uint64 for each window of characters that stays inside one word with its two edge spaces, in word order."""
    is_inside = np.frombuffer(b"".join([_IS_INSIDE[length] for length in lengths]), bool).reshape(-1, len(CHARACTER_SIZES))
    windows = np.ndarray((len(is_inside), _LARGEST), np.uint64, codes, strides=codes.strides * 2)  # overlapping, not copied
    hashes = windows @ _OF_SIZES
    hashes += _SIZES
    return hashes[is_inside]


def _buckets(hashes: np.ndarray) -> np.ndarray:
    """Return the bucket of each hash (int64), in the place of the hashes.

    The finaliser of MurmurHash3 without its last step, which would leave the highest bits as they are.
    """
    for multiplier in (_MIX_1, _MIX_2):
        hashes ^= hashes >> _SHIFT
        hashes *= multiplier
    hashes >>= _TO_BUCKET
    return hashes.view(np.int64)


def _distinct(keys: np.ndarray) -> np.ndarray:
    """Return the keys sorted, each once."""
    keys = np.sort(keys)
    is_first = np.empty(len(keys), bool)
    is_first[:1] = True
    np.not_equal(keys[1:], keys[:-1], out=is_first[1:])
    return keys[is_first]
