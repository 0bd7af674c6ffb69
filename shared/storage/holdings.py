"""Every kind of record and blob that is kept for an account, declared once.

An account's table holds rows with PartitionKey `<kind>` or `<kind>|<parent key>` and RowKey `<id>`; its container holds
blobs named `<kind>/<id>`. Export, import, erasure, retention and the documentation walk this list and know no kind by
name, so that a kind that is added here is covered by all of them. A room imports its kinds from here.
"""
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


def _new_blocklist(seed: str) -> Mapping[str, Any]:
    """An index that no normalising rules made: the first use builds it from the items."""
    return {"generation": uuid.uuid5(_GENERATIONS, seed).hex, "version": 1, "patternsVersion": 1,
            "index": {"rules": 0, "base": None, "segments": [], "tail": ""}}


_GENERATIONS = uuid.UUID("8a4b5e0e-27f5-4c0e-9d1f-6f6d6f646572")

BLOCKLIST = Holding(
    kind="blocklist", shape=Shape.RECORD, portability=Portability.CONTENT,
    keeps="A Content Safety blocklist, with the manifest of its compiled index and the key that makes its item ids.",
    key="blocklist name", content=("description", "itemKey", "index"), plain=("version", "patternsVersion", "generation"),
    schema={"id": {"type": "string", "pattern": r"^[0-9A-Za-z._~-]{1,64}\Z"},
            "description": {"type": "string", "maxLength": 1024},
            "itemKey": {"type": "string", "pattern": r"^[0-9a-f]{64}\Z"}},
    fresh=_new_blocklist,
    retention="until the owner deletes it or the account ends")

BLOCKLIST_ITEM = Holding(
    kind="blocklist-item", shape=Shape.RECORD, portability=Portability.CONTENT,
    keeps="One item of a blocklist.",
    key="item id under the list's generation; the id is a keyed hash of the text",
    content=("text", "description", "isRegex"), parent=BLOCKLIST, parent_key="generation",
    schema={"id": {"type": "string", "pattern": r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z"},
            "text": {"type": "string", "minLength": 1, "maxLength": 128},
            "description": {"type": "string", "maxLength": 1024},
            "isRegex": {"type": "boolean"}},
    retention="until the owner deletes it, its list or the account")

BLOCKLIST_INDEX = Holding(
    kind="blocklist-index", shape=Shape.BLOB, portability=Portability.DERIVED,
    keeps="A segment of a blocklist's compiled index: keyed hashes of terms and item ids, no readable term.",
    key="list generation and segment id", parent=BLOCKLIST, parent_key="generation",
    retention="until a compaction replaces it or the list is deleted")

HOLDINGS: tuple[Holding, ...] = (BLOCKLIST, BLOCKLIST_ITEM, BLOCKLIST_INDEX)
