"""Regular expressions of a list, run by RE2: in time linear in the text, whatever the pattern.

Patterns see the text in NFKC without invisible code points, its case kept; they match regardless of case, anywhere in
the text. In RE2 `\\b`, `\\w`, `\\d` and `\\s` know ASCII only; `\\pL`, `\\pN` and the like know Unicode.
Source of the syntax: google/re2, wiki page Syntax.
"""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING

from shared.matching.normalisation import normalise_keeping_case, without_invisible

if TYPE_CHECKING:
    import re2

# Time is linear in text and program; this bounds the program to some 7,000 steps, the slowest search of 10,000
# characters to a few tenths of a second, and what a pattern caches to as many bytes. RE2's default is 8 MiB.
_MAX_PATTERN_MEMORY_BYTES = 128 * 1024

# RE2's reasons, which it follows up with the faulty part of the pattern: that is customer content and stays here.
_REASONS = {
    b"invalid escape sequence": "an escape sequence is not supported (backreferences are not)",
    b"invalid character class": "a character class is not valid",
    b"invalid character class range": "a character class range is not valid",
    b"missing ]": "a ] is missing",
    b"missing )": "a ) is missing",
    b"unexpected )": "a ) has no (",
    b"trailing \\": "it ends in a backslash",
    b"no argument for repetition operator": "a repetition has nothing to repeat",
    b"invalid repetition size": "a repetition is larger than 1000, nested ones multiplied",
    b"bad repetition operator": "a repetition repeats a repetition",
    b"invalid perl operator": "an operator is not supported (lookaround is not)",
    b"invalid named capture group": "a group name is not valid",
    b"pattern too large - compile failed": "it is too large",
}

# In these, every kind of neighbours that an assertion such as \b can tell apart stands around some position.
_PROBES = (b"", b"a", b"-", b"\n", b"a-\na\n\n--aa-")

# Appended to the text for the filter alone, to see that it did look.
_END_MARK = b"\n~end of text~"

# One filter takes some thousand patterns of a hundred characters; beyond, it is refused, with lines in the log.
_GROUP_SIZE = 500


class UnsupportedPattern(ValueError):
    """The pattern cannot be taken; the message says why and does not repeat any of it."""


class Pattern:
    """One compiled pattern."""

    def __init__(self, text: str) -> None:
        import re2

        self._filter = re2.Filter()
        self._expression = _added(self._filter, text)
        for probe in _PROBES:
            if any(found.start() == found.end() for found in self._expression.finditer(probe)):
                raise UnsupportedPattern("the pattern is not supported: it matches where there is nothing")

    @property
    def program_size(self) -> int:
        """Steps of the compiled program: what a search costs at worst, for each byte of text."""
        return self._expression.programsize

    def matches(self, text: str) -> bool:
        return self._expression.search(_searched(text)) is not None


class PatternSet:
    """Many patterns, each with the caller's id for it.

    They are not asked to match nothing at all, as `compile_pattern` asks of a pattern that is new.
    """

    def __init__(self, patterns: Sequence[tuple[Hashable, str]]) -> None:
        """Raises UnsupportedPattern when any of them is not supported."""
        self._ids = [pattern_id for pattern_id, _ in patterns]
        texts = [text for _, text in patterns]
        self._groups = [_FilteredGroup(texts[at : at + _GROUP_SIZE]) for at in range(0, len(texts), _GROUP_SIZE)]

    def __len__(self) -> int:
        return len(self._ids)

    @property
    def program_size(self) -> int:
        return sum(group.program_size for group in self._groups)

    def find(self, text: str) -> list:
        """Return the ids of the patterns that match, in the order in which they were given."""
        searched = _searched(text)
        return [
            self._ids[number * _GROUP_SIZE + index]
            for number, group in enumerate(self._groups)
            for index in group.find(searched)
        ]


class _FilteredGroup:
    """Some hundred patterns behind one filter.

    FilteredRE2 finds the literal pieces of all of them in one pass over the text, and only patterns whose pieces are
    there are run: that takes a tenth of the time of running each, once the filter has seen alike texts a fiftieth.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        import re2

        self._filter = re2.Filter()
        self._expressions = [_added(self._filter, text) for text in texts]
        self._end_mark_index = self._filter.Add(_END_MARK, _options())
        try:
            self._filter.Compile()
            self._has_filter = True
        except re2.error:  # the pieces together are too large for one filter
            self._has_filter = False

    @property
    def program_size(self) -> int:
        return sum(expression.programsize for expression in self._expressions)

    def find(self, searched: bytes) -> list[int]:
        return [index for index in self._candidates(searched) if self._expressions[index].search(searched)]

    def _candidates(self, searched: bytes) -> Sequence[int]:
        found = self._filter.Match(searched + _END_MARK, potential=True) or () if self._has_filter else ()
        # A filter that runs out of memory answers "nothing found" without a word; then it misses the mark too.
        if self._end_mark_index not in found:
            return range(len(self._expressions))
        return [index for index in found if index != self._end_mark_index]


def compile_pattern(text: str) -> Pattern:
    """Return the compiled pattern.

    Raises UnsupportedPattern when RE2 does not take it, when it is too large, or when it matches without any character,
    as it would then in every text.
    """
    return Pattern(text)


def _added(patterns: re2.Filter, text: str) -> re2._Regexp:
    """Add a pattern and return its expression, which lives as long as `patterns` does.

    `re2.compile` would keep the last 128 patterns in a cache of the module, for whichever account.
    """
    import re2

    # Texts are composed and without invisible code points, so a pattern has to be. Not NFKC, which makes operators of
    # full-width brackets.
    pattern = _encoded(unicodedata.normalize("NFC", without_invisible(text)))
    try:
        index = patterns.Add(pattern, _options())
    except re2.error:
        raise UnsupportedPattern(f"the pattern is not supported: {_reason(pattern)}") from None
    return patterns.re(index)


def _reason(pattern: bytes) -> str:
    import re2

    try:
        re2.compile(pattern, _options())  # a failure is not cached
    except re2.error as error:
        return _REASONS.get(error.args[0].split(b": ")[0], "it is not valid")
    return "it is not valid"


@functools.cache
def _options() -> re2.Options:
    import re2

    options = re2.Options()
    options.case_sensitive = False
    options.never_capture = True
    options.max_mem = _MAX_PATTERN_MEMORY_BYTES
    options.log_errors = False  # RE2 logs the pattern itself
    return options


def _searched(text: str) -> bytes:
    return _encoded(normalise_keeping_case(text))


def _encoded(text: str) -> bytes:
    # RE2 takes a lone surrogate for one more code point, as Python does.
    return text.encode("utf-8", "surrogatepass")
