"""The `$filter` over metadata: `key eq 'value'`, `key ne 'value'`, `and`, `or`, parentheses; `and` binds closer than `or`.

A key with white space or quotes is quoted like a value; a quote in quotes is written twice. `ne` is true of an image that
has not the key. Source: the text on GetImages in CustomVision-Training-v3.4-preview.json.
"""
from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from shared.errors import InvalidRequest

FILTER_CHARACTERS = 8_000
_MOST_COMPARISONS = 50
_TOKEN = re.compile(r"\s*(?:(?P<mark>[()])|'(?P<quoted>(?:[^']|'')*)'|(?P<word>[^\s()']+))")

Condition = Callable[[Mapping[str, str]], bool]


def condition_of(text: str) -> Condition:
    """What the filter asks of an image's metadata. Raises InvalidRequest where it is none."""
    if len(text) > FILTER_CHARACTERS:
        raise InvalidRequest(f"The filter has {FILTER_CHARACTERS} characters at the most.", "$filter")
    parser = _Parser(_tokens(text.strip().removeprefix("metadata=")))
    condition = parser.alternatives()
    if parser.tokens:
        raise _wrong()
    return condition


class _Parser:
    """`tokens` are those that are left; each is its kind (`mark`, `quoted`, `word`) and text."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.tokens = tokens
        self._comparisons = 0
        self._depth = 0

    def alternatives(self) -> Condition:
        parts = [self._conjunction()]
        while self._takes_word("or"):
            parts.append(self._conjunction())
        return lambda metadata: any(part(metadata) for part in parts)

    def _conjunction(self) -> Condition:
        parts = [self._term()]
        while self._takes_word("and"):
            parts.append(self._term())
        return lambda metadata: all(part(metadata) for part in parts)

    def _term(self) -> Condition:
        if self._next() == ("mark", "("):
            self._take()
            self._depth += 1
            if self._depth > _MOST_COMPARISONS:
                raise _wrong()
            inner = self.alternatives()
            if self._take() != ("mark", ")"):
                raise _wrong()
            self._depth -= 1
            return inner
        self._comparisons += 1
        if self._comparisons > _MOST_COMPARISONS:
            raise InvalidRequest(f"The filter has {_MOST_COMPARISONS} comparisons at the most.", "$filter")
        (key_kind, key), (_, operator), (value_kind, value) = self._take(), self._take(), self._take()
        if key_kind == "mark" or value_kind != "quoted" or operator.lower() not in ("eq", "ne"):
            raise _wrong()
        is_equal = operator.lower() == "eq"
        return lambda metadata: (metadata.get(key) == value) is is_equal

    def _takes_word(self, word: str) -> bool:
        kind, text = self._next()
        if kind == "word" and text.lower() == word:
            self._take()
            return True
        return False

    def _next(self) -> tuple[str, str]:
        return self.tokens[0] if self.tokens else ("end", "")

    def _take(self) -> tuple[str, str]:
        if not self.tokens:
            raise _wrong()
        return self.tokens.pop(0)


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens, place = [], 0
    while place < len(text.rstrip()):
        found = _TOKEN.match(text, place)
        if found is None:
            raise _wrong()
        kind = found.lastgroup or ""
        tokens.append((kind, found[kind].replace("''", "'") if kind == "quoted" else found[kind]))
        place = found.end()
    return tokens


def _wrong() -> InvalidRequest:
    return InvalidRequest("The filter compares keys of metadata with values, as in: colour eq 'red' and (size eq '1' or size ne '2').",
                          "$filter")
