"""Words in letters of another script that look like Latin ones, or in a mix of both, read in one script.

The table look_alikes.txt is made from the confusables of Unicode Technical Standard #39 by dev/look_alikes.py.
"""

import functools
import re
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from shared.matching.normalisation import normalise
from shared.matching.tokens import WITHOUT_SPACES

# Members of character classes. Latin letters beyond these stand in no alphabet: they are phonetic or ornamental.
LATIN = "a-z\u00aa\u00ba\u00df-\u00f6\u00f8-\u024f\u1e00-\u1eff"
GREEK_CYRILLIC_ARMENIAN = "\u0370-\u0373\u0376-\u037d\u037f-\u0481\u048a-\u0587\u1f00-\u1fff"

_SHORTEST_WORD = 3  # "α", "το", "Δt", "μm" and the like stand in Latin texts as what they are
_I_OR_L = "|"

_LATIN_WORD = re.compile(f"[{LATIN}0-9]+")

# Small letters that are taken for Latin ones though Unicode names only their capitals; in words that mix scripts.
_ALSO_ALIKE = dict(zip("вкмнтпьєεκτχβηω", "bkmhtnbeektxbnw", strict=True))

# The way back, for words of a Cyrillic or Greek text with Latin letters strewn in.
_CYRILLIC_LOOK = dict(zip("abcehijkmoprstxy", "авсеніјкморгѕтху", strict=True))
_GREEK_LOOK = dict(zip("abehikmnoptuvxyz", "αβεηικμνορτυνχυζ", strict=True))


class LookAlikes(NamedTuple):
    """The Latin letter that a letter looks like, or "|" for i or l; all as normalised."""

    small: dict[str, str]
    capital: dict[str, str]  # what the capital of the letter looks like
    ornamental: frozenset[str]  # those that are Latin letters themselves, of no alphabet: small capitals, phonetic signs


class Choice(NamedTuple):
    """How letters are read that can be read in two ways."""

    i_or_l: str = "i"
    as_capitals: bool = False  # "ν" looks like v, its capital like N
    towards_latin: bool = True


@functools.cache
def look_alikes() -> LookAlikes:
    small, capital, ornamental = {}, {}, set()
    for line in Path(__file__).with_name("look_alikes.txt").read_text("utf-8").splitlines():
        if line.startswith("#"):
            continue
        reading, letters = line.split("\t")
        for letter in letters:
            normalised = normalise(letter)
            (small if normalised == letter else capital)[normalised] = reading
            if unicodedata.name(letter).startswith("LATIN"):
                ornamental.add(normalised)
    return LookAlikes(small, capital, frozenset(ornamental))


@functools.cache
def _words() -> re.Pattern[str]:
    """Words, and runs of letters of scripts without spaces: those end a word, but for the few that look like Latin ones."""
    table = look_alikes()
    alike = "".join(letter for letter in (*table.small, *table.capital) if re.match(f"[{WITHOUT_SPACES}]", letter))
    return re.compile(rf"(?:[^\W_{WITHOUT_SPACES}]|[{alike}])+|(?:(?![{alike}])[{WITHOUT_SPACES}])+")


def alike_edits(text: str, choice: Choice) -> tuple[list[tuple[int, int, str]], set[str]]:
    """Return the edits that read words of a normalised text in one script, and the fields of `choice` that matter.

    A word that mixes scripts is read in Latin letters if all its letters have look-alikes there, else in the other
    script. A word of look-alikes alone is read so between Latin words only: beside a word that is plainly of its own
    script it belongs to a passage in that script.
    """
    edits: list[tuple[int, int, str]] = []
    matter: set[str] = set()
    for start, word in _disguised_words(text):
        reading, fields = _reading(word, choice)
        matter |= fields
        edits += [
            (start + at, start + at + 1, letter)
            for at, (letter, was) in enumerate(zip(reading, word, strict=True))
            if letter != was
        ]
    return edits, matter


def _disguised_words(text: str) -> Iterator[tuple[int, str]]:
    small = look_alikes().small
    of_look_alikes: list[tuple[int, str]] = []  # since the last other word
    follows_latin = is_partly_latin = re.search(f"[{LATIN}]", text) is not None
    for found in _words().finditer(text):
        word = found[0]
        if word.isdecimal():
            continue
        is_mixed = _is_mixed(word)
        if is_mixed or _LATIN_WORD.fullmatch(word):
            yield from of_look_alikes
            of_look_alikes, follows_latin = [], True
            if is_mixed and len(word) >= _SHORTEST_WORD:
                yield found.start(), word
        elif follows_latin and is_partly_latin and all(letter in small or letter.isdecimal() for letter in word):
            if len(word) >= _SHORTEST_WORD:
                of_look_alikes.append((found.start(), word))
        else:
            of_look_alikes, follows_latin = [], False
    yield from of_look_alikes


def _is_mixed(word: str) -> bool:
    if not look_alikes().ornamental.isdisjoint(word):
        return True
    return len({_LATIN_WORD.fullmatch(letter) is None for letter in word if not letter.isdecimal()}) == 2


def _reading(word: str, choice: Choice) -> tuple[Sequence[str], set[str]]:
    """Return the word's letters in one script, and the fields of `choice` that matter to it."""
    latin, matter = _in_latin(word, choice)
    other = in_other_script(word)
    if latin is None:
        return other or word, set()
    if other is None:
        return latin, matter
    return (latin if choice.towards_latin else other), {*matter, "towards_latin"}


def _in_latin(word: str, choice: Choice) -> tuple[list[str] | None, set[str]]:
    table = look_alikes()
    letters: list[str] = []
    matter: set[str] = set()
    for letter in word:
        if _LATIN_WORD.fullmatch(letter) or letter.isdecimal():
            letters.append(letter)
            continue
        capital = table.capital.get(letter)
        small = table.small.get(letter) or _ALSO_ALIKE.get(letter) or capital
        if small is None:
            return None, set()
        if capital and small != capital:
            matter.add("as_capitals")
        seen = capital if capital and choice.as_capitals else small
        if seen == _I_OR_L:
            matter.add("i_or_l")
            seen = choice.i_or_l
        letters.append(seen)
    return letters, matter


def in_other_script(word: Sequence[str]) -> str | None:
    """The letters in Cyrillic or Greek, when some are of that script and the Latin ones look like others of it."""
    letters = set(word)
    for script, looks in (("CYRILLIC", _CYRILLIC_LOOK), ("GREEK", _GREEK_LOOK)):
        own = {letter for letter in letters if unicodedata.name(letter, "").startswith(script)}
        if own and letters <= own | looks.keys():
            return "".join(letter if letter in own else looks[letter] for letter in word)
    return None
