"""The tokens of a normalised text, found with numpy: the smallest pieces that a list term can begin and end with.

A token is a run of letters, digits and marks; or one character, with its marks, of a script written without spaces; or
one punctuation mark, symbol or emoji. White space and controls only separate. So "cat" is not found in "concatenate",
nor "c++" in "c", and a Chinese term is found inside a sentence.

Source of the scripts written without spaces: UAX #14, classes ID and SA.
"""

import functools
import re
import unicodedata
from typing import NamedTuple

import numpy as np

# A class says how a code point joins its neighbours: it joins the one before when its upper half shares a bit with the
# lower half of that one's class.
_ALONE = 0x00  # symbols, punctuation, unassigned: join nothing
_WORD = 0x11  # letters, digits, marks: join a word
_CHARACTER = 0x02  # a letter of a script without spaces: joins nothing, its marks join it
# A mark of such a script belongs to its letter: a word never ends between the two, so a term that ends before the mark
# is another word. A Latin word it does not join, or a stray Thai tone mark would hide the word.
_TAIL = 0x22
_SEPARATOR = 0x80

_WITHOUT_SPACES = (
    (0x0E00, 0x0FFF),  # Thai, Lao, Tibetan
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x1950, 0x19DF),  # Tai Le, New Tai Lue
    (0x1A20, 0x1AAF),  # Tai Tham
    (0x2E80, 0x312F),  # Hiragana, Katakana, Bopomofo, Han signs
    (0x31A0, 0x31BF),  # Bopomofo
    (0x31F0, 0x31FF),  # Katakana
    (0x3400, 0x4DBF),  # Han
    (0x4E00, 0xA48F),  # Han, Yi
    (0xA9E0, 0xA9FF),  # Myanmar
    (0xAA60, 0xAADF),  # Myanmar, Tai Viet
    (0xF900, 0xFAFF),  # Han
    (0x11700, 0x1174F),  # Ahom
    (0x16FE0, 0x18DFF),  # Tangut, Khitan, Han marks
    (0x1AFF0, 0x1B2FF),  # Kana, Nushu
    (0x20000, 0x3FFFF),  # Han
)
WITHOUT_SPACES = "".join(f"{chr(first)}-{chr(last)}" for first, last in _WITHOUT_SPACES)
"""Members of a character class: the scripts written without spaces."""

# Beyond white space and C0, C1: interlinear annotation, and the braille pattern without dots, which looks like a space.
_OTHER_SEPARATORS = [*range(0x00, 0x20), *range(0x7F, 0xA0), 0x2800, 0xFFF9, 0xFFFA, 0xFFFB]

_WITH_LETTERS = 0x40000  # above stand only private use and variation selectors, and normalising removed the latter
# Blocks that hold marks: asking only these for the category of what is no letter keeps a cold start short.
_WITH_MARKS = (
    *((0x0300, 0x3400), (0xA000, 0xAC00), (0xF900, 0x12000), (0x13400, 0x13500), (0x16A00, 0x17000)),
    *((0x1BC00, 0x1BD00), (0x1CF00, 0x1D300), (0x1DA00, 0x1DB00), (0x1E000, 0x1EA00)),
)


class Tokens(NamedTuple):
    codes: np.ndarray  # uint8 (ASCII) or uint32 [code points]
    starts: np.ndarray  # int64 [tokens], offsets into the normalised text
    stands: np.ndarray | None  # bool [code points], False on separators; None when the codes are ASCII


def tokenise(text: str) -> Tokens:
    """Return the tokens of a normalised text."""
    if text.isascii():
        encoded = text.encode("ascii")
        joining, joined = _ascii_joints()
        # The same as below, but byte tables walk a text ten times faster than numpy's indexing and shifting.
        begins = np.frombuffer(encoded.translate(joining), np.uint8) > np.frombuffer(
            (b" " + encoded[:-1]).translate(joined)[: len(encoded)], np.uint8
        )
        return Tokens(np.frombuffer(encoded, np.uint8), begins.nonzero()[0], None)
    codes, classes = _classes(text)
    stands = classes != _SEPARATOR
    begins = stands.copy()
    begins[1:] &= _breaks(classes)
    return Tokens(codes, begins.nonzero()[0], stands)


def is_separator(codes: np.ndarray) -> np.ndarray:
    return _class_table()[codes] == _SEPARATOR


def token_texts(text: str) -> list[str]:
    """Return the tokens of a normalised text as strings."""
    return [text[start:end] for start, end in token_spans(text)]


def token_spans(text: str) -> list[tuple[int, int]]:
    """Return start and end of each token of a normalised text."""
    _, classes = _classes(text)
    begins = classes != _SEPARATOR
    finishes = begins.copy()
    breaks = _breaks(classes)
    begins[1:] &= breaks
    finishes[:-1] &= breaks
    return list(zip(begins.nonzero()[0].tolist(), (finishes.nonzero()[0] + 1).tolist(), strict=True))


def _classes(text: str) -> tuple[np.ndarray, np.ndarray]:
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    return codes, _class_table().take(codes)


def _breaks(classes: np.ndarray) -> np.ndarray:
    """bool [code points - 1], True where a code point does not join the one before."""
    return ((classes[1:] >> 4) & classes[:-1]) == 0


@functools.cache
def _ascii_joints() -> tuple[bytes, bytes]:
    """Two tables for bytes.translate: a token begins where a byte's first exceeds the second of the byte before."""
    classes = _class_table()[:256]
    joining = np.select([classes == _WORD, classes == _SEPARATOR], [1, 0], default=2)
    return joining.astype(np.uint8).tobytes(), (classes == _WORD).tobytes()


@functools.cache
def _class_table() -> np.ndarray:
    """uint8 [0x110000]. Two threads that meet here at first use may both build it: they build the same."""
    table = np.zeros(0x110000, np.uint8)  # zero is _ALONE, so the empty planes are never touched and cost no memory
    characters = np.arange(_WITH_LETTERS, dtype="<u4").tobytes().decode("utf-32-le", "surrogatepass")
    _fill(table, re.finditer(r"\w+", characters), _WORD)
    _fill(table, re.finditer(r"\s+", characters), _SEPARATOR)
    table[_OTHER_SEPARATORS] = _SEPARATOR
    is_mark = np.zeros(_WITH_LETTERS, bool)
    for start, end in _WITH_MARKS:
        unsettled = np.flatnonzero(table[start:end] == _ALONE) + start
        categories = "".join(map(unicodedata.category, map(chr, unsettled.tolist())))
        is_mark[unsettled] = np.frombuffer(categories.encode(), np.uint8)[::2] == ord("M")
    table[:_WITH_LETTERS][is_mark] = _WORD
    for first, last in _WITHOUT_SPACES:
        part, marks = table[first : last + 1], is_mark[first : last + 1]
        part[marks] = _TAIL
        part[(part == _WORD) & ~marks] = _CHARACTER
    _fill(table, re.finditer(r"\d+", characters), _WORD)  # a number is one word in every script
    table[ord("_")] = _ALONE
    return table


def _fill(table: np.ndarray, runs, joining: int) -> None:
    for run in runs:
        table[run.start() : run.end()] = joining
