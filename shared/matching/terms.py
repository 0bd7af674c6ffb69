"""Terms of a list as 64-bit hashes, one at a time or a million in bulk."""

from collections.abc import Sequence

import numpy as np

from shared.matching.hashing import MAX_TERM_TOKENS, text_hasher
from shared.matching.normalisation import normalise
from shared.matching.tokens import tokenise

# Small enough for a batch's arrays to stay in the processor's cache, large enough to hide the cost of each numpy call.
_BATCH_CODE_POINTS = 1 << 13


class NothingToMatch(ValueError):
    """The term holds no token: it is empty, or only white space, invisible code points and stray marks."""


class TermTooLong(ValueError):
    """The term has more than 128 tokens once normalised (some single code points become up to 18)."""


def term_hash(text: str, hash_key: bytes) -> int:
    """Return the hash of a term.

    Raises NothingToMatch and TermTooLong.
    """
    return int(term_hashes([text], hash_key)[0])


def term_hashes(texts: Sequence[str], hash_key: bytes) -> np.ndarray:
    """Return the hashes of many terms: uint64 [terms], the number of tokens minus one in the lowest seven bits.

    Raises NothingToMatch and TermTooLong when any of the terms deserves it.
    """
    hashes = np.empty(len(texts), np.uint64)
    start = 0
    while start < len(texts):
        end, code_points = start, 0
        while end < len(texts) and code_points < _BATCH_CODE_POINTS:
            code_points += len(texts[end])
            end += 1
        hashes[start:end] = _batch_hashes(texts[start:end], hash_key)
        start = end
    return hashes


def _batch_hashes(texts: Sequence[str], hash_key: bytes) -> np.ndarray:
    # One text with a term a line: a line feed separates tokens, composes with nothing, and nothing normalises to it.
    joined = "\n".join(texts)
    if joined.count("\n") >= len(texts):
        joined = "\n".join(text.replace("\n", " ") for text in texts)
    joined = normalise(joined)
    tokens = tokenise(joined)
    line_ends = np.append(np.flatnonzero(tokens.codes == ord("\n")), len(tokens.codes))
    token_counts = np.searchsorted(tokens.starts, line_ends)
    firsts = np.concatenate(([0], token_counts[:-1]))
    lengths = token_counts - firsts
    if not lengths.all():
        raise NothingToMatch("a term holds nothing that can be matched")
    if lengths.max() > MAX_TERM_TOKENS:
        raise TermTooLong(f"a term has more than {MAX_TERM_TOKENS} words and signs")
    hasher = text_hasher(hash_key)
    return hasher.term_hashes(hasher.prefix_sums(hasher.token_hashes(tokens)), firsts, lengths)
