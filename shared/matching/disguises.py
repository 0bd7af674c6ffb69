"""Other readings of a normalised text: what a reader sees through and a comparison of code points does not.

Letters written as emoji, letters of other scripts that look alike, letters under stacked accents, letters spaced out,
signs and digits that stand for letters, letters repeated. What is undone, what is left alone, and why:
docs/matching.md.
"""

import functools
import itertools
import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from shared.matching.alignment import AlignedText
from shared.matching.letter_shapes import (
    ACCENTED_OF_ALPHABETS,
    LETTER,
    NOTHING_ODD,
    SIGNS,
    SPACED_LETTERS,
    Shapes,
    is_accented,
    is_surely_plain,
    shapes,
)
from shared.matching.look_alikes import LATIN, alike_edits
from shared.matching.look_alikes import Choice as AlikeChoice
from shared.matching.normalisation import normalise_aligned, shorten_mark_runs
from shared.matching.tokens import tokenise

Edit = tuple[int, int, str]

MAX_READINGS = 8
"""What can be read in several ways gives a reading for each combination, up to so many."""

_WORD = re.compile(r"[^\W_]+")

_NEGATIVE = "\U0001f150-\U0001f169\U0001f170-\U0001f189"  # white letters in black circles and squares
_REGIONAL = "\U0001f1e6-\U0001f1ff"
_EMOJI_LETTER = re.compile(
    # Two regional indicators are a flag and stay one.
    f"[{_REGIONAL}]{{3,}}|(?<![{_REGIONAL}])[{_REGIONAL}](?![{_REGIONAL}])"
    # A lone letter in a box is a blood group or a car park, so it is read only where another one is next to it.
    rf"|[{_NEGATIVE}](?=[\w{_NEGATIVE}{_REGIONAL}]|[ .\-_*][{_NEGATIVE}{_REGIONAL}])"
    rf"|(?<=[\w{_NEGATIVE}{_REGIONAL}])[{_NEGATIVE}]|(?<=[{_NEGATIVE}{_REGIONAL}][ .\-_*])[{_NEGATIVE}]"
)
_EMOJI_AS_LETTERS = str.maketrans(
    {chr(first + place): chr(ord("a") + place) for first in (0x1F150, 0x1F170, 0x1F1E6) for place in range(26)}
)

_ACCENTED_OF_ALPHABET = re.compile(f"[{ACCENTED_OF_ALPHABETS}]")
_LEAST_ALL_ACCENTED = 3

_MARK = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]")

_LEAST_SPACED = 3
_WORDS_OF_ONE_LETTER = frozenset("aeiouyаиокусвя")  # they may stand before or behind spaced letters

_WITH_SIGNS = re.compile(rf"(?:[^\W_]|[{SIGNS}])+")
_INSIDE = re.compile(rf"{LETTER}[{SIGNS}]{{1,2}}(?={LETTER})")
_PUNCTUATION = "!|+"
_LETTER_SIGNS = "[01345789@$\u20ac\u00a3\u00a5\u00a2]"  # SIGNS without punctuation
_AT_THE_BEGINNING = re.compile(rf"\A{_LETTER_SIGNS}{{1,2}}(?={LETTER})")
_AT_THE_END = re.compile(rf"(?<={LETTER}){_LETTER_SIGNS}{{1,2}}(?=[!|+]*\Z)")
_IN_FRONT = re.compile(rf"[@$](?!user|(?:us|usd|ca|cad|au|aud|nz|nzd|hk|hkd|sg|sgd)\b){LETTER}{{2}}")
_DOUBLED_AT_THE_END = re.compile(rf"(?<={LETTER})\$\$\Z")
_DOMAIN = re.compile(r"(?:[.-][^\W_]+)*\.[^\W\d_]{2}")
_OTHER_DIGIT = re.compile(r"[^\D01345789]")
_LONGEST_NEIGHBOUR = 41
_CODE_BEFORE = re.compile(r"([^\W_]{2,40})[-./:_#]\Z")
_CODE_BEHIND = re.compile(r"[-./:_#]([^\W_]{2,40})")
_AS_LETTERS = str.maketrans("0345789@$!+\u20ac\u00a3\u00a5\u00a2", "oeastbgasitelyc")
_AS_CYRILLIC_LETTERS = str.maketrans("0348@", "озчва")
_CYRILLIC = re.compile("[\u0400-\u052f]")
_I_OR_L = "1|"

_REPEATED = re.compile(f"([{LATIN}\u0370-\u058f\u05d0-\u05ea\u0620-\u064a])\\1{{2,}}")
_ROMAN_NUMERAL = re.compile(r"m*(?:c[md]|d?c{0,3})(?:x[cl]|l?x{0,3})(?:i[xv]|v?i{0,3})")


class Reading(NamedTuple):
    """One way to read a text, and the edits that lead there, stage by stage."""

    text: str
    stages: tuple[list[Edit], ...]

    def aligned(self, plain: AlignedText) -> AlignedText:
        """Return the reading aligned to the original of `plain`, which is the text that was read."""
        return functools.reduce(AlignedText.edited, self.stages, plain)


class _Choice(NamedTuple):
    i_or_l: str = "i"
    doubled: str = "none"  # which runs of one letter in a word become two of it, the others one: none, all, first, last
    apart: str = "none"  # which of spaced letters is a word by itself: none, first, last
    as_capitals: bool = False
    towards_latin: bool = True
    sign_in_front: bool = True  # whether "@" and "$" in front of a word are letters of it, or a mention and a price


_OPTIONS: dict[str, tuple] = {
    "doubled": ("none", "all"),
    "doubled_each": ("none", "all", "last", "first"),
    "i_or_l": ("i", "l"),
    "apart": ("none", "first", "last"),
    "towards_latin": (True, False),
    "sign_in_front": (True, False),
    "as_capitals": (False, True),
}


def readings(normalised: str, original: str | None = None, seen: Shapes | None = None) -> list[Reading]:
    """Return the other readings of a normalised text, at most MAX_READINGS; none for a text without disguises.

    `original` is the text before normalising, to tell accents that belong to a word from those that were stacked on it;
    `seen` are the shapes of the normalised text, where they are known already.
    """
    if seen is None:
        seen = NOTHING_ODD if is_surely_plain(normalised) else shapes(normalised, tokenise(normalised))
    decorated = _decorated_words(normalised, original)
    if seen is NOTHING_ODD and not decorated:
        return []
    first, matter = _read(normalised, _Choice(), seen, decorated)
    found = {first.text: first}
    for choice in _choices(matter)[1:MAX_READINGS]:
        reading, _ = _read(normalised, choice, seen, decorated)
        found.setdefault(reading.text, reading)
    found.pop(normalised, None)
    return list(found.values())


def _choices(matter: set[str]) -> list[_Choice]:
    """Return all combinations of what matters, first those that differ least from the usual."""
    options = {name: values for name, values in _OPTIONS.items() if name in matter}
    if "doubled_each" in options:
        options["doubled"] = options.pop("doubled_each")
    combinations = sorted(itertools.product(*(range(len(values)) for values in options.values())), key=sum)
    return [
        _Choice(**{name: values[at] for (name, values), at in zip(options.items(), combination, strict=True)})
        for combination in combinations
    ]


def _read(text: str, choice: _Choice, seen: Shapes, decorated: frozenset[int]) -> tuple[Reading, set[str]]:
    """Return the reading, and the fields of _Choice that make a difference."""
    stages: list[list[Edit]] = []
    matter: set[str] = set()
    for is_due, stage in (
        (seen.odd_letters, _emoji_letters),
        (seen.odd_letters or decorated, functools.partial(_accents, decorated=decorated)),
        (seen.spaced_letters, _spaced_letters),
        (seen.odd_letters, _alike_letters),
        (seen.signs_for_letters, _signs_for_letters),
        (seen.repeated_letters, _repeated_letters),
    ):
        if is_due or stages:  # what one stage undoes may show a disguise for the next
            edits, fields = stage(text, choice)
            matter |= fields
            if edits:
                stages.append(edits)
                text = edited(text, edits)
    return Reading(text, tuple(stages)), matter


def edited(text: str, edits: list[Edit]) -> str:
    parts, done = [], 0
    for start, end, replacement in edits:
        parts += text[done:start], replacement
        done = end
    return "".join([*parts, text[done:]])


def _emoji_letters(text: str, choice: _Choice) -> tuple[list[Edit], set[str]]:
    if text.isascii():
        return [], set()
    return [
        (at, at + 1, text[at].translate(_EMOJI_AS_LETTERS))
        for found in _EMOJI_LETTER.finditer(text)
        for at in range(found.start(), found.end())
    ], set()


def _accents(text: str, choice: _Choice, decorated: frozenset[int]) -> tuple[list[Edit], set[str]]:
    """Accents go where no alphabet puts them: on all letters of a word, where one has a strange one, or several."""
    edits: list[Edit] = []
    for found in () if text.isascii() else _WORD.finditer(text):
        accented = [at for at in range(found.start(), found.end()) if is_accented(text[at])]
        if accented and (
            found.start() in decorated
            or len(accented) == found.end() - found.start() >= _LEAST_ALL_ACCENTED
            or any(not _ACCENTED_OF_ALPHABET.match(text[at]) for at in accented)
        ):
            edits += [(at, at + 1, unicodedata.normalize("NFD", text[at])[0]) for at in accented]
    return edits, set()


def _decorated_words(normalised: str, original: str | None) -> frozenset[int]:
    """Return where those words begin that have more marks in the original than their letters can take up."""
    if original is None or len(original) <= len(normalised) or normalised.isascii() or not _MARK.search(original):
        return frozenset()
    aligned = normalise_aligned(original)
    return frozenset(
        found.start()
        for found in _WORD.finditer(normalised)
        if _marks_in(original[slice(*aligned.span(*found.span()))]) > _marks_in(found[0])
    )


def _marks_in(text: str) -> int:
    return len(_MARK.findall(unicodedata.normalize("NFD", shorten_mark_runs(text))))


def _alike_letters(text: str, choice: _Choice) -> tuple[list[Edit], set[str]]:
    if text.isascii():
        return [], set()
    return alike_edits(text, AlikeChoice(choice.i_or_l, choice.as_capitals, choice.towards_latin))


def _spaced_letters(text: str, choice: _Choice) -> tuple[list[Edit], set[str]]:
    edits: list[Edit] = []
    matter: set[str] = set()
    for found in SPACED_LETTERS.finditer(text):
        gap = found[1]
        units = found[0].split(gap)
        if not _is_a_word_spaced_out(units, gap):
            continue
        places = [found.start() + number * (1 + len(gap)) for number in range(len(units))]
        if gap.isspace() and len(units) > _LEAST_SPACED:
            for name, edge in (("first", 0), ("last", -1)):
                if units[edge] in _WORDS_OF_ONE_LETTER:
                    matter.add("apart")
                    if choice.apart == name:
                        del units[edge], places[edge]
        brackets = _brackets_around(text, *found.span(), gap)
        edits += [(place, place + 1, "") for place in brackets[:1]]
        for unit, place in zip(units, places, strict=True):
            if not unit.isalpha():
                edits.append((place, place + 1, _as_letter(unit, choice, _AS_LETTERS)))
                if unit in _I_OR_L:
                    matter.add("i_or_l")
            if place != places[-1]:
                edits.append((place + 1, place + 1 + len(gap), ""))
        edits += [(place, place + 1, "") for place in brackets[1:]]
    return edits, matter


def _brackets_around(text: str, start: int, end: int, gap: str) -> tuple[int, ...]:
    """The places of the first and the last bracket of "(a)(b)(c)"."""
    is_bracketed = gap[0] in ")]" and text[max(0, start - 1) : start] == gap[-1] and text[end : end + 1] == gap[0]
    return (start - 1, end) if is_bracketed else ()


def _is_a_word_spaced_out(units: list[str], gap: str) -> bool:
    letters = sum(map(str.isalpha, units))
    # "il a 1 m 80": numbers and units of measure stand beside words of one letter.
    least_letters = _LEAST_SPACED if gap.isspace() else _LEAST_SPACED - 1
    return (
        all(len(unit) == 1 for unit in units)
        and letters >= max(least_letters, len(units) - letters)
        and len(set(units)) > 1
        and any(ord(second) != ord(first) + 1 for first, second in itertools.pairwise(units))  # a b c d, x y z
    )


def _signs_for_letters(text: str, choice: _Choice) -> tuple[list[Edit], set[str]]:
    edits: list[Edit] = []
    matter: set[str] = set()
    for found in _WITH_SIGNS.finditer(text):
        run = found[0]
        if run.isalpha() or run.isdecimal():
            continue
        alphabet = _AS_CYRILLIC_LETTERS if _CYRILLIC.search(run) else _AS_LETTERS
        places = _places_of_signs(text, found.start(), run)
        if places[:1] == [0] and run[0] in "@$":
            matter.add("sign_in_front")
            places = places if choice.sign_in_front else places[1:]
        for place in places:
            letter = _as_letter(run[place], choice, alphabet)
            if run[place] in _I_OR_L:
                matter.add("i_or_l")
            if letter != run[place]:
                edits.append((found.start() + place, found.start() + place + 1, letter))
    return edits, matter


def _as_letter(sign: str, choice: _Choice, alphabet: dict) -> str:
    return choice.i_or_l if sign in _I_OR_L else sign.translate(alphabet)


def _places_of_signs(text: str, start: int, run: str) -> list[int]:
    """Return where in a run of letters and signs the signs stand for letters.

    Between letters, one or two; once there is such a place, at either end of the run as well.
    """
    letters = sum(map(str.isalpha, run))
    digits = sum(map(str.isdecimal, run))
    if letters == 0 or digits > letters or _OTHER_DIGIT.search(run):
        return []
    end = start + len(run)
    if ("@" in run and _DOMAIN.match(text, end)) or (digits and _is_part_of_a_code(text, start, end)):
        return []
    inside = [place for found in _INSIDE.finditer(run) for place in range(found.start() + 1, found.end())]
    if inside and (letters > 2 or any(run[place] not in _PUNCTUATION for place in inside)):
        edges = (*_AT_THE_BEGINNING.finditer(run), *_AT_THE_END.finditer(run))
        return sorted({*inside, *(place for found in edges for place in range(*found.span()))})
    if _IN_FRONT.match(run) and (start == 0 or text[start - 1].isspace()):
        return [0]
    doubled = _DOUBLED_AT_THE_END.search(run)
    return list(range(*doubled.span())) if doubled else []


def _is_part_of_a_code(text: str, start: int, end: int) -> bool:
    """Whether the neighbour behind a dash, dot, slash, colon... is mostly digits, as in product codes and versions."""
    neighbours = (_CODE_BEFORE.search(text[max(0, start - _LONGEST_NEIGHBOUR) : start]), _CODE_BEHIND.match(text, end))
    return any(2 <= sum(map(str.isdecimal, found[1])) >= len(found[1]) / 2 for found in neighbours if found)


def _repeated_letters(text: str, choice: _Choice) -> tuple[list[Edit], set[str]]:
    edits: list[Edit] = []
    matter: set[str] = set()
    for word, runs in _words_with_repeats(text):
        if len(set(word)) == 1 or _ROMAN_NUMERAL.fullmatch(word):  # "www", "viii"
            continue
        matter.add("doubled" if len(runs) == 1 else "doubled_each")
        numbers = range(len(runs))
        doubled = {"none": (), "all": numbers, "first": numbers[:1], "last": numbers[-1:]}[choice.doubled]
        edits += [(run.start(), run.end(), run[1] * (2 if number in doubled else 1)) for number, run in enumerate(runs)]
    return edits, matter


def _words_with_repeats(text: str) -> Iterator[tuple[str, list[re.Match[str]]]]:
    runs = _REPEATED.finditer(text)
    run = next(runs, None)
    end = 0
    while run:
        start = run.start()
        while start > end and text[start - 1].isalnum():
            start -= 1
        word = _WORD.match(text, start)[0]
        end = start + len(word)
        of_the_word = []
        while run and run.start() < end:
            of_the_word.append(run)
            run = next(runs, None)
        yield word, of_the_word
