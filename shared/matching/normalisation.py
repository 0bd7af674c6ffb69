"""Text as it is compared: two writings that a reader takes for the same become the same string.

Sources: UAX #15 (NFKC, Stream-Safe Text Format); Unicode 14 DerivedCoreProperties, Default_Ignorable_Code_Point.
"""

import functools
import itertools
import re
import unicodedata

from shared.matching.alignment import AlignedText

_RULES_VERSION = 1

# Stored hashes are hashes of normalised text, so they go stale when our rules change and when Python brings a newer
# Unicode. One number tells both apart: 1014 is rules 1 over Unicode 14.
NORMALISATION_VERSION: int = _RULES_VERSION * 1000 + int(unicodedata.unidata_version.split(".")[0])

_DEFAULT_IGNORABLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)

# Only marks that are optional in their script. Vowel signs (Thai, Indic, Khmer, Thaana...), the kana voicing marks and
# viramas tell words apart, so they stay.
_STACKING_MARKS = (
    "\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"  # Latin, Greek, symbols
    "\u0483-\u0489"  # Cyrillic titlo and enclosing signs
    "\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7"  # Hebrew points and accents
    "\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8"  # Arabic harakat, tatweel
    "\u06ea-\u06ed\u0898-\u089f\u08ca-\u08e1\u08e3-\u08ff"
)

_PUNCTUATION = {
    "'": "\u2018\u2019\u201a\u201b\u2032\u2035\u2039\u203a\u02b9\u02bb\u02bc\u02bd\u02c8\u00b4\u1fbd\u055a\u05f3\ua78c",
    '"': "\u201c\u201d\u201e\u201f\u2033\u2036\u00ab\u00bb\u02ba\u05f4\u301d\u301e\u301f",
    "-": "\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\u02d7\u058a\u05be\u1806",
}

# UAX #15: no real writing stacks more than 30 non-starters. Python sorts a run of them in quadratic time (10,000 marks
# in alternating classes take a quarter of a second), so longer runs are cut before they get there.
_LONGEST_MARK_RUN = 30
_VOWEL_AND_FINAL_JAMO = "".join(map(chr, range(0x1160, 0x1200)))  # they compose with what is before, and are no marks
_BECOME_MARKS = "\u0f73\u0f75\u0f81\uff9e\uff9f"  # no marks themselves, but normalised to some

# Ignorable code points that belong to the emoji before them: variation selectors and tags.
_OF_EMOJI = re.compile("[\ufe00-\ufe0f\U000e0020-\U000e007f]")

# NFKC does this too, but takes 250 ns a code point once a text holds one of them, as the punctuation of Chinese and
# Japanese texts does; without them it finds most texts normalised already.
_FULLWIDTH_ASCII = {chr(0xFF01 + offset): chr(0x21 + offset) for offset in range(94)}


def normalise(text: str) -> str:
    """Return `text` as the matcher compares it; normalising twice changes nothing.

    NFKC, full case folding, no invisible code points, no optional marks that are left after composition ("é" stays,
    a struck-out or stacked letter loses its decoration), typographic quotes and dashes in ASCII. Lone surrogates stay.
    """
    if text.isascii():
        return text.lower()
    rules = _rules()
    # Punctuation before NFKC as well as after: it takes a spacing acute accent and a double prime apart.
    text = shorten_mark_runs(rules.visible_and_plain(text))
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    unmarked = rules.visible_plain_and_unmarked(text)
    return text if unmarked is text else unicodedata.normalize("NFKC", unmarked)


def normalise_aligned(text: str) -> AlignedText:
    """Return `normalise(text)`, aligned to `text`.

    What cannot be told apart (a letter with its marks, the jamo of a syllable) is aligned as a whole. Invisible code
    points around it belong to nothing, so that a span neither begins nor ends with them.
    """
    if text.isascii():
        return AlignedText(text.lower())
    bounds = [position for position, character in enumerate(text) if position == 0 or _stands_alone(character)]
    parts: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for start, end in itertools.pairwise([*bounds, len(text)]):
        part = _normalised_alone(text[start]) if end == start + 1 else normalise(text[start:end])
        parts.append(part)
        if end > start + 1:
            start, end = _seen(text, start, end)
        if part == text[start:end]:
            starts += range(start, end)
            ends += range(start + 1, end + 1)
        else:
            starts += [start] * len(part)
            ends += [end] * len(part)
    return AlignedText("".join(parts), starts, ends)


def _seen(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the part of the span that is left without invisible code points around it."""
    is_ignorable = _rules().ignorable.match
    while start < end and is_ignorable(text[start]):
        start += 1
    while start < end and is_ignorable(text[end - 1]) and (text[start].isalnum() or not _OF_EMOJI.match(text[end - 1])):
        end -= 1
    return start, end


def normalise_keeping_case(text: str) -> str:
    """Return `text` in NFKC without invisible code points: what patterns are run over."""
    if text.isascii():
        return text
    text = unicodedata.normalize("NFKC", shorten_mark_runs(without_invisible(text)))
    # NFKC makes ignorable code points out of others (a halfwidth Hangul filler).
    return without_invisible(text)


def without_invisible(text: str) -> str:
    """Return `text` without default-ignorable code points: joiners, bidi controls, variation selectors, tags..."""
    return text if text.isascii() else _rules().ignorable.sub("", text)


class _Rules:
    """The expressions, compiled on the first text that is not ASCII: their tables cost a cold start milliseconds.

    Each is one plain character class: `re` skips to the next member of a class five times faster than to the next run
    of members ("[...]+").
    """

    def __init__(self) -> None:
        self._plain = {sign: plain for plain, signs in _PUNCTUATION.items() for sign in signs} | _FULLWIDTH_ASCII
        signs = re.escape("".join(self._plain))
        self.ignorable = re.compile(f"[{_DEFAULT_IGNORABLE}]")
        self._before = re.compile(f"[{_DEFAULT_IGNORABLE}{signs}]")
        self._after = re.compile(f"[{_DEFAULT_IGNORABLE}{signs}{_STACKING_MARKS}]")

    def visible_and_plain(self, text: str) -> str:
        return self._before.sub(self._replacement, text)

    def visible_plain_and_unmarked(self, text: str) -> str:
        return self._after.sub(self._replacement, text)

    def _replacement(self, found: re.Match[str]) -> str:
        return self._plain.get(found[0], "")


@functools.lru_cache(maxsize=4096)
def _stands_alone(character: str) -> bool:
    """Whether a text may be cut before the character, and its parts normalised each by itself."""
    normalised = normalise(character)
    return normalised != "" and not any(
        unicodedata.category(first)[0] == "M" or first in _VOWEL_AND_FINAL_JAMO
        for first in (unicodedata.normalize("NFKD", text)[0] for text in (character, normalised))
    )


@functools.lru_cache(maxsize=4096)
def _normalised_alone(character: str) -> str:
    return normalise(character)


def _is_mark(character: str) -> bool:
    return unicodedata.combining(character) != 0 or character in _BECOME_MARKS


def shorten_mark_runs(text: str) -> str:
    """Cut runs of more than 30 combining marks, which Python's normalising would sort in quadratic time."""
    if not _has_long_mark_run(text):
        return text
    kept, run = [], 0
    for character in text:
        run = run + 1 if _is_mark(character) else 0
        if run <= _LONGEST_MARK_RUN:
            kept.append(character)
    return "".join(kept)


def _has_long_mark_run(text: str) -> bool:
    # A run longer than 30 covers one of every 31 positions, so the others need no look.
    step = _LONGEST_MARK_RUN + 1
    for position in range(0, len(text), step):
        if _is_mark(text[position]):
            around = text[max(0, position - _LONGEST_MARK_RUN) : position + step]
            run = 0
            for character in around:
                run = run + 1 if _is_mark(character) else 0
                if run == step:
                    return True
    return False


@functools.cache
def _rules() -> _Rules:
    return _Rules()
