"""Every kind of record and blob that is kept for an account, declared once.

An account's table holds rows with PartitionKey `<kind>` or `<kind>|<parent id>` and RowKey `<id>`; its container holds
blobs named `<kind>/<id>`. Export, erasure and the documentation walk this list; a room imports its kinds from here.
"""
from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Shape(Enum):
    RECORD = "record"
    BLOB = "blob"


@dataclass(frozen=True, slots=True)
class Holding:
    """One kind. `content` are the encrypted fields that customers gave; `plain` the properties kept readable."""

    kind: str
    shape: Shape
    keeps: str
    key: str
    content: tuple[str, ...]
    plain: tuple[str, ...]
    retention: str
    in_export: str


BLOCKLIST = Holding(
    kind="blocklist", shape=Shape.RECORD,
    keeps="A Content Safety blocklist, with the manifest of its compiled index.",
    key="blocklist name", content=("description",), plain=("version", "patternsVersion", "generation"),
    retention="until the owner deletes it or the account ends",
    in_export="name and description; the index is rebuilt from the items")

BLOCKLIST_ITEM = Holding(
    kind="blocklist-item", shape=Shape.RECORD,
    keeps="One item of a blocklist.",
    key="item id under the list's generation; the id is a keyed hash of the text", content=("text", "description"),
    plain=(), retention="until the owner deletes it, its list or the account",
    in_export="list name, item id, text, description, whether it is a regular expression")

BLOCKLIST_INDEX = Holding(
    kind="blocklist-index", shape=Shape.BLOB,
    keeps="A segment of a blocklist's compiled index: keyed hashes of terms and item ids, no readable term.",
    key="list generation and segment id", content=(), plain=(),
    retention="until a compaction replaces it or the list is deleted", in_export="left out: derived from the items")

HOLDINGS: tuple[Holding, ...] = (BLOCKLIST, BLOCKLIST_ITEM, BLOCKLIST_INDEX)
