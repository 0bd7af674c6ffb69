"""Keyed 64-bit hashes of token runs: every run of n tokens of a text is hashed in a few vectorised steps.

A token's hash is a polynomial over its scrambled code points, a run's hash a polynomial over its tokens' hashes, both
modulo 2^64 in a secret odd base, taken from prefix sums so that the length of a run costs nothing. White space plays no
part. A hash only filters: an equal hash is to be confirmed against the term, because the construction is quick, not
cryptographic.
"""

import functools
import hashlib

import numpy as np

from shared.caching import CACHE_SECONDS, BoundedCache
from shared.matching.tokens import Tokens, is_separator

HASH_KEY_BYTES = 32
MAX_TERM_TOKENS = 128

# The lowest seven bits of a run's hash hold its number of tokens minus one.
_LENGTH_BITS = 7

# Constants are arrays of no dimension, which numpy takes at half the cost of its scalars.
_LENGTH_MASK = np.array((1 << _LENGTH_BITS) - 1, np.uint64)
_HALF = np.array(32, np.uint64)

_KEPT_POWERS = 1 << 15  # half a megabyte for each account in the cache; longer texts compute theirs each time


class TextHasher:
    """The two polynomials under the secrets that one hash key gives."""

    def __init__(self, hash_key: bytes) -> None:
        if len(hash_key) != HASH_KEY_BYTES:
            raise ValueError(f"a hash key has {HASH_KEY_BYTES} bytes")
        secret = hashlib.blake2b(b"term hashes", key=hash_key, digest_size=48).digest()
        offset, base, *multipliers = (int.from_bytes(secret[i : i + 8], "little") for i in range(0, 48, 8))
        self._offset = np.array(offset, np.uint64)
        code_point, code_point_again, token, run = (multiplier | 1 for multiplier in multipliers)
        self._code_point_multipliers = np.array(code_point, np.uint64), np.array(code_point_again, np.uint64)
        self._token_multiplier = np.array(token, np.uint64)
        # Shifted, it leaves the lowest bits of a product free for the length.
        self._run_multiplier = np.array((run << _LENGTH_BITS) % (1 << 64), np.uint64)
        self._base = base & ~7 | 5  # 5 modulo 8: its powers come round only after 2^62 steps
        self._kept_powers = self._computed_powers(1 << 11)
        self._scrambled_ascii = self._scrambled(np.arange(128)) * ~is_separator(np.arange(128))

    def token_hashes(self, tokens: Tokens) -> np.ndarray:
        """uint64 [tokens]."""
        if not len(tokens.starts):
            return np.empty(0, np.uint64)
        # Separators weigh nothing, so a sum up to the next token's start is the token's own.
        if tokens.stands is None:
            weights = self._scrambled_ascii.take(tokens.codes)
        else:
            weights = self._scrambled(tokens.codes)
            weights *= tokens.stands
        powers, inverse_powers = self._powers(len(weights))
        weights *= powers[: len(weights)]
        hashes = np.add.reduceat(weights, tokens.starts)
        hashes *= inverse_powers.take(tokens.starts)
        return _mixed(hashes, self._token_multiplier)

    def prefix_sums(self, token_hashes: np.ndarray) -> np.ndarray:
        """uint64 [tokens + 1 + 128], what `run_hashes` and `term_hashes` take differences of; zeros at the end."""
        tokens = len(token_hashes)
        sums = np.zeros(tokens + 1 + MAX_TERM_TOKENS, np.uint64)
        powers, _ = self._powers(tokens)
        np.add.accumulate(token_hashes * powers[:tokens], out=sums[1 : tokens + 1])
        return sums

    def run_hashes(self, prefix_sums: np.ndarray, lengths: tuple[int, ...]) -> np.ndarray:
        """uint64 [lengths, tokens], of the runs of each length that begin at each token.

        Where fewer tokens are left than the length, stands the hash of no run.
        """
        tokens = len(prefix_sums) - 1 - MAX_TERM_TOKENS
        _, inverse_powers = self._powers(tokens)
        rows, lengths_in_hashes = _rows(lengths)
        # Row n - 1 is the sums from the n-th on: the same memory, each row one element further.
        sums_at_ends = np.ndarray((MAX_TERM_TOKENS, tokens), np.uint64, prefix_sums, 8, (8, 8))
        hashes = sums_at_ends[rows] - prefix_sums[:tokens]
        hashes *= inverse_powers[:tokens]
        return self._with_length(hashes, lengths_in_hashes)

    def term_hashes(self, prefix_sums: np.ndarray, firsts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        """uint64 [terms], of the runs of `lengths` tokens that begin at the tokens `firsts`."""
        _, inverse_powers = self._powers(len(prefix_sums))
        hashes = prefix_sums[firsts + lengths] - prefix_sums[firsts]
        hashes *= inverse_powers[firsts]
        return self._with_length(hashes, (lengths - 1).astype(np.uint64))

    def _with_length(self, hashes: np.ndarray, lengths_in_hashes: np.ndarray) -> np.ndarray:
        hashes = _mixed(hashes, self._run_multiplier)
        hashes |= lengths_in_hashes
        return hashes

    def _scrambled(self, codes: np.ndarray) -> np.ndarray:
        weights = codes.astype(np.uint64)
        weights += self._offset
        weights *= self._code_point_multipliers[0]
        return _mixed(weights, self._code_point_multipliers[1])

    def _powers(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        if count > len(self._kept_powers[0]):
            powers = self._computed_powers(1 << (count - 1).bit_length())
            if count > _KEPT_POWERS:
                return powers
            self._kept_powers = powers
        return self._kept_powers

    def _computed_powers(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        """uint64 [count] twice: the powers of the base and of its inverse modulo 2^64, from the zeroth on."""
        factors = np.empty((2, count), np.uint64)
        factors[0], factors[1] = self._base, pow(self._base, -1, 1 << 64)
        factors[:, 0] = 1
        return tuple(np.multiply.accumulate(factors, axis=1))


def text_hasher(hash_key: bytes) -> TextHasher:
    """The hasher of this key; made from it, it is forgotten like a key when it was not used for some minutes."""
    hasher = _hashers.find(hash_key)
    if hasher is None:
        hasher = TextHasher(hash_key)
        _hashers.put(hash_key, hasher)
    return hasher


_hashers: BoundedCache[bytes, TextHasher] = BoundedCache(16, idle_seconds=CACHE_SECONDS)


@functools.lru_cache(maxsize=256)
def _rows(lengths: tuple[int, ...]) -> tuple[np.ndarray | slice, np.ndarray]:
    """Lengths as rows of a matrix (a slice where that will do, since it copies nothing), and as hashes carry them."""
    rows = np.array(lengths, np.intp) - 1
    are_adjacent = rows[-1] - rows[0] == len(rows) - 1
    return slice(rows[0], rows[-1] + 1) if are_adjacent else rows, rows.astype(np.uint64)[:, np.newaxis]


def lengths_of(hashes: np.ndarray) -> tuple[int, ...]:
    """Return the distinct numbers of tokens that the hashes carry, ascending."""
    counts = np.bincount((hashes & _LENGTH_MASK).view(np.int64), minlength=1)
    return tuple((np.flatnonzero(counts) + 1).tolist())


def _mixed(values: np.ndarray, multiplier: np.uint64) -> np.ndarray:
    """Let the low half, of which alone a product's low bits are made, depend on the high half too; in place."""
    values ^= values >> _HALF
    values *= multiplier
    return values
