"""A quick look at a tokenised text, to tell whether it may hold a disguise at all.

Every text pays for this look, so it is a few steps over arrays; what it lets through is looked at word by word.
"""

import functools
import re
import unicodedata
from typing import NamedTuple

import numpy as np

from shared.matching.look_alikes import GREEK_CYRILLIC_ARMENIAN, LATIN, look_alikes
from shared.matching.tokens import WITHOUT_SPACES, Tokens

LETTER = f"[{LATIN}{GREEK_CYRILLIC_ARMENIAN}]"
"""A letter of a script that is written with spaces between words, where signs can stand for letters."""

SIGNS = "01345789@$!|+\u20ac\u00a3\u00a5\u00a2"
"""What may stand for a letter inside a word."""

_ANY_LETTER = r"[^\W\d_]"
_UNIT = rf"(?:{_ANY_LETTER}|[013457@$!|])"
# Not ". " nor ", ": those are initials and enumerations. The bar between spaces comes before the spaces: it is a unit too.
_GAP = r" [.\-_*/|~\u00b7\u2022,] |\s{1,2}|[.\-_*/|~\u00b7\u2022,]|\) ?\(|\] ?\["
# Beside a letter of a script without spaces a word in another script begins and ends.
_BEGINS = rf"(?:(?<![^\W_])|(?<=[{WITHOUT_SPACES}])(?![{WITHOUT_SPACES}]))"
_ENDS = rf"(?:(?![^\W_])|(?<![{WITHOUT_SPACES}])(?=[{WITHOUT_SPACES}]))"
SPACED_LETTERS = re.compile(rf"{_BEGINS}(?<!['@$])(?:{_ANY_LETTER}|[@$])({_GAP}){_UNIT}(?:\1{_UNIT})+{_ENDS}(?!')")

# It begins with the sign, which is rare, so that the search hurries from one to the next.
_SIGN_FOR_LETTER = re.compile(
    rf"[{SIGNS}](?:(?<={LETTER}.)[{SIGNS}]?{LETTER}|(?<=[@$])(?<!\S.){LETTER}{{2}}|(?<={LETTER}\$)\$)"
)

# What any repeated, and any spaced, letters of ASCII match, and few other texts. The second begins with the gap, as above.
_PERHAPS_REPEATED = re.compile(r"(.)\1\1")
_PERHAPS_SPACED = re.compile(
    r"[\s.\-_*/|~,)\]](?<=[a-zA-Z@$].)(?<![^\W_]..)(?<!['@$]..)[\W_]{0,2}[a-zA-Z013457@$!|][\W_]", re.DOTALL
)

# Accented letters of the alphabets of languages, of Vietnamese and Pinyin.
ACCENTED_OF_ALPHABETS = "\u00e0-\u017f\u01a1\u01b0\u01ce-\u01dc\u01e7\u0219\u021b\u1e63\u1e81-\u1e85\u1ea1-\u1ef9"

EMOJI_LETTERS = "\U0001f150-\U0001f169\U0001f170-\U0001f189\U0001f1e6-\U0001f1ff"

_MORE_GREEK_CYRILLIC = "\u1c80-\u1c88\u1d26-\u1d2b\ua640-\ua66e\ua67f-\ua69b\uab65"  # of old and phonetic writings

_OTHER_SPACES = "\n\t\r\x0b\x0c\x1c\x1d\x1e\x1f\x85\u1680\u2028\u2029"  # normalising makes " " of those that are not here
_TWO_SPACES = re.compile(r"\s\s")

_MANY = 64

# Kinds of letters. Zero is all the rest, so that the empty planes of the table cost no memory.
_IS_LATIN, _IS_ACCENTED, _IS_ODD, _IS_ALIKE, _IS_FOREIGN = b"adcon"
_IS_SIGN, _IS_GAP, _IS_DIGIT, _IS_DIGIT_AND_SIGN = b"sgit"
_ACCENTS_APART = bytes.maketrans(b"dsgt", b"a\0\0i")
_ASCII_SIGNS = tuple(filter(str.isascii, SIGNS))
_WORD_OF_LOOK_ALIKES = re.compile(rb"\0(?=i*o)[oi]{3,}\0")
_LAST = 0x20000


class Shapes(NamedTuple):
    """What a text may hold that `disguises` undoes."""

    odd_letters: bool = False
    spaced_letters: bool = False
    signs_for_letters: bool = False
    repeated_letters: bool = False


NOTHING_ODD = Shapes()


def is_surely_plain(text: str) -> bool:
    """Return whether no letters are disguised: of most plain English texts, without their tokens.

    False says nothing. `shapes` finds nothing odd then, but of very many single letters, which it does not look at one by one.
    Where the tokens are not needed for anything else, this is a quarter of the time.
    """
    return text.isascii() and not (
        _PERHAPS_SPACED.search(text) or _SIGN_FOR_LETTER.search(text) or _PERHAPS_REPEATED.search(text)
    )


def shapes(text: str, tokens: Tokens) -> Shapes:
    """Return what a normalised text may hold; `tokens` are those of the text."""
    if not text:
        return NOTHING_ODD
    if tokens.stands is None:
        has_odd_letters, has_sign, has_gap = False, _has_ascii_sign(text), True
    else:
        kinds = _kinds().take(tokens.codes).tobytes()
        has_odd_letters, has_sign = _has_odd_letters(kinds), b"s" in kinds or b"t" in kinds
        has_gap = has_sign or b"g" in kinds
    spaced = has_gap and _has_spaced_letters(text, tokens)
    signs = has_sign and _SIGN_FOR_LETTER.search(text) is not None
    repeated = _repeats_a_letter(text, tokens.codes)
    # Most texts end here, and comparing records costs as much as any of these looks.
    return Shapes(has_odd_letters, spaced, signs, repeated) if has_odd_letters or spaced or signs or repeated else NOTHING_ODD


def _repeats_a_letter(text: str, codes: np.ndarray) -> bool:
    is_same = codes[1:] == codes[:-1]
    is_third = is_same[1:] & is_same[:-1]
    if 1 not in is_third.tobytes():
        return False
    return any(text[place].isalpha() for place in is_third.nonzero()[0].tolist())  # not dots, dashes, digits


def _has_spaced_letters(text: str, tokens: Tokens) -> bool:
    starts, codes = tokens.starts, tokens.codes
    is_near = starts[1:] - starts[:-1] <= (3 if _has_wide_gap(text) else 2)
    is_followed = is_near[1:] & is_near[:-1]
    if 1 not in is_followed.tobytes():
        return False
    # A letter by itself, and behind it a sign or another one. Where every character is a token, most drop out at once.
    gaps = _gaps()
    places = is_followed.nonzero()[0]
    places = places[gaps.take(codes.take(starts.take(places) + 1), mode="clip")]
    firsts, seconds = starts.take(places), starts.take(places + 1)
    at_first, at_second, behind_second = gaps.take(codes.take((firsts, seconds, seconds + 1)), mode="clip")
    firsts = firsts[~at_first & (at_second | behind_second)]
    return len(firsts) > _MANY or any(SPACED_LETTERS.match(text, first) for first in firsts.tolist())


def _has_wide_gap(text: str) -> bool:
    if "  " in text:
        return True
    for space in _OTHER_SPACES:  # most texts have none, and to look for each is quicker than an expression
        if space in text:
            return _TWO_SPACES.search(text) is not None
    return False


def _has_ascii_sign(text: str) -> bool:
    for sign in _ASCII_SIGNS:  # noqa: SIM110  `any` over a generator takes twice as long
        if sign in text:
            return True
    return False


def _has_odd_letters(kinds: bytes) -> bool:
    if b"c" in kinds or b"ddd" in kinds:
        return True
    if b"o" not in kinds and b"n" not in kinds or b"a" not in kinds and b"d" not in kinds:
        return False
    kinds = b"\0%b\0" % kinds.translate(_ACCENTS_APART)
    letters = kinds.translate(None, b"i")  # digits belong to the word they stand in, and to any script
    return any(pair in letters for pair in (b"ao", b"oa", b"an", b"na")) or _WORD_OF_LOOK_ALIKES.search(kinds) is not None


@functools.cache
def _gaps() -> np.ndarray:
    """bool [0x202B]: what can stand between spaced letters; all beyond counts as the last, which cannot."""
    return np.array([chr(code).isspace() or chr(code) in ".-_*/|~\u00b7\u2022,)]" for code in range(0x202B)])


@functools.cache
def _kinds() -> np.ndarray:
    """uint8 [0x110000]."""
    table = np.zeros(0x110000, np.uint8)
    characters = "".join(map(chr, range(_LAST)))
    kinds = (
        *((r"\d+", _IS_DIGIT), (f"[{GREEK_CYRILLIC_ARMENIAN}{_MORE_GREEK_CYRILLIC}]+", _IS_FOREIGN)),
        *((f"[{LATIN}]+", _IS_LATIN), (f"[{EMOJI_LETTERS}]+", _IS_ODD)),
    )
    for members, kind in kinds:
        for run in re.finditer(members, characters):
            table[run.start() : run.end()] = kind
    for run in re.finditer(f"[{LATIN}]+", characters):
        for letter in run[0]:
            if is_accented(letter):
                table[ord(letter)] = _IS_ACCENTED if re.match(f"[{ACCENTED_OF_ALPHABETS}]", letter) else _IS_ODD
    table[: len(_gaps())][_gaps()] = _IS_GAP
    for sign in SIGNS:
        table[ord(sign)] = _IS_DIGIT_AND_SIGN if sign.isdecimal() else _IS_SIGN
    alike = look_alikes()
    for letter in (*alike.small, *alike.capital):
        table[ord(letter)] = _IS_ODD if letter in alike.ornamental else _IS_ALIKE if letter in alike.small else _IS_FOREIGN
    return table


def is_accented(letter: str) -> bool:
    """Whether the letter is one of ASCII's with one or more accents."""
    return not letter.isascii() and unicodedata.normalize("NFD", letter)[0].isascii()
