"""Term lists and the terms of each language in them, as Azure Content Moderator has them."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.indexing.models import Manifest


@dataclass(frozen=True, slots=True)
class TermList:
    """`number` is given out by the service. What the list owns lies under its generation."""

    number: int
    name: str
    description: str
    metadata: Mapping[str, str]
    generation: str
    etag: str | None = None


@dataclass(frozen=True, slots=True)
class TermLanguage:
    """The terms of one language in a list: what is indexed, listed and deleted as one.

    `item_key` (32 bytes in hex) makes the ids of its terms.
    """

    list_number: int
    list_generation: str
    language: str
    index: Manifest
    item_key: str
    etag: str | None = None

    @property
    def id(self) -> str:
        return language_id(self.list_number, self.language)

    @property
    def key(self) -> str:
        return language_key(self.list_generation, self.id)


@dataclass(frozen=True, slots=True)
class LanguageState:
    """What a match must know of a language in a list to tell whether what it has in memory is still right."""

    key: str
    generation: str
    version: int


@dataclass(frozen=True, slots=True)
class TermPage:
    """Some terms of a language, and how many there are in all."""

    terms: Sequence[str]
    total: int


@dataclass(frozen=True, slots=True)
class TermHit:
    """A term of a list and where it stands: code points of the text as it was given, `end` exclusive."""

    list_id: int
    term: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class TermLine:
    """A line of a bulk import. A language of None is the one that the import names."""

    number: int
    term: str
    language: str | None = None


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """`reason` says what is wrong with the line, and nothing of what is in it."""

    number: int
    reason: str


@dataclass(frozen=True, slots=True)
class ImportReport:
    """Of a bulk import: lines whose terms are new, lines whose terms were there, lines refused, and the first of those."""

    taken: int
    already_there: int
    refused: int
    refused_lines: Sequence[RefusedLine]


def language_id(list_number: int, language: str) -> str:
    return f"{list_number}-{language}"


def language_key(list_generation: str, id_of_language: str) -> str:
    """Generation and id together: where the record of a language lies."""
    return f"{list_generation}/{id_of_language}"
