"""What a declaration of a kind says."""
from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class Shape(Enum):
    RECORD = "record"
    BLOB = "blob"


class Portability(Enum):
    """What an export and an import do with a kind."""

    CONTENT = "exported and imported"
    HISTORY = "exported, never imported"
    DERIVED = "left out: made anew from what is imported"
    TRANSIENT = "left out: ends by itself"


@dataclass(frozen=True, slots=True)
class Holding:
    """One kind.

    `content` are the encrypted properties, `plain` those that are kept readable; a record has exactly these.
    `schema` is the JSON Schema of the id and of each property that is exported: all but those that `fresh` makes.
    It is in every archive, for any validator: a pattern ends in `$`, which means the end there and in ours (not `\\Z`).
    `fresh` makes the derived properties of a record that is imported or emptied; equal seeds make equal ones.
    `parent` is the kind of the records that own these. What a record owns lies under its property `parent_key`, or
    under its id where that is None: rows in the partition `<kind>|<key>`, blobs under `<kind>/<key>/`.
    `expires` is the plain property (an aware UTC datetime) after which the record, and what it owns, is deleted.
    """

    kind: str
    shape: Shape
    keeps: str
    key: str
    retention: str
    portability: Portability
    content: tuple[str, ...] = ()
    plain: tuple[str, ...] = ()
    schema: Mapping[str, Any] = field(default_factory=dict)
    fresh: Callable[[str], Mapping[str, Any]] | None = None
    parent: Holding | None = None
    parent_key: str | None = None
    expires: str | None = None

    @property
    def derived(self) -> frozenset[str]:
        """The properties that no export holds."""
        return frozenset(self.fresh("")) if self.fresh else frozenset()


def owned_by(holding: Holding, holdings: Sequence[Holding]) -> list[Holding]:
    """The kinds whose records and blobs belong to a record of this kind."""
    return [each for each in holdings if each.parent is holding]


_GENERATIONS = uuid.UUID("8a4b5e0e-27f5-4c0e-9d1f-6f6d6f646572")

SENDABLE = r"^[^\ud800-\udfff]*$"
"""Text that an answer can hold: half a surrogate pair is no UTF-8."""


def generation_of(seed: str) -> str:
    """What a record that is imported or emptied keeps its own under from then on; equal seeds make equal ones."""
    return uuid.uuid5(_GENERATIONS, seed).hex
