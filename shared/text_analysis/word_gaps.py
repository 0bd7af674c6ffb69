"""Spaces that were lost between words ("hurtmyself") are put back, by the English words of the spelling dictionary."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from shared.text_analysis.spelling import dictionary

SHORTEST, LONGEST = 6, 80
"""Of letters that may be several words. Longer ones are no words, and looking for words in them takes long."""
_LONGEST_PART = 20
_LETTERS = re.compile(rf"[^\W\d_]{{{SHORTEST},{LONGEST}}}")
# The dictionary knows almost every pair of letters.
_SHORT = frozenset("a i am an as at be by do go he if in is it me my no of on or so to up us we".split())


def with_gaps(text: str) -> str:
    """Return the text with spaces between the likeliest words of each stretch of letters that is no word itself.

    A stretch that is not made of known words alone stays as it is.
    """
    words = dictionary("en").word_frequency
    return _LETTERS.sub(lambda found: _parted(found[0], words.dictionary, words.total_words), text)


def _parted(letters: str, frequencies: Mapping[str, int], total: int) -> str:
    plain = letters.lower()
    if len(plain) != len(letters) or plain in frequencies:
        return letters
    # best[n]: the greatest log probability of the first n letters as words, and where the last of these begins.
    best: list[tuple[float, int]] = [(0.0, 0)]
    for end in range(1, len(plain) + 1):
        options = [(best[start][0] + math.log(frequencies[plain[start:end]] / total), start)
                   for start in range(max(0, end - _LONGEST_PART), end) if _is_word(plain[start:end], frequencies)]
        best.append(max(options, default=(-math.inf, end - 1)))
    if best[-1][0] == -math.inf:
        return letters
    parts, end = [], len(letters)
    while end:
        start = best[end][1]
        parts.append(letters[start:end])
        end = start
    return " ".join(reversed(parts))


def _is_word(part: str, frequencies: Mapping[str, int]) -> bool:
    return part in _SHORT if len(part) < 3 else part in frequencies
