"""Blocklists and their items, as Azure AI Content Safety has them."""
from __future__ import annotations

from dataclasses import dataclass

from shared.indexing.models import Manifest


@dataclass(frozen=True, slots=True)
class Blocklist:
    """`patterns_version` counts the changes of its regular expressions, `index.version` all changes of its items.

    `item_key` (32 bytes in hex) makes the ids of its items.
    """

    name: str
    description: str
    index: Manifest
    item_key: str
    patterns_version: int = 0
    etag: str | None = None

    @property
    def key(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class BlocklistState:
    """What an analysis must know of a list to tell whether what it has in memory is still right."""

    generation: str
    version: int
    patterns_version: int


@dataclass(frozen=True, slots=True)
class BlocklistItem:
    """`id` is a UUID made from the text by a keyed hash: the same text in the same list has the same id."""

    id: str
    text: str
    description: str
    is_regex: bool


@dataclass(frozen=True, slots=True)
class NewItem:
    """An item as a caller gives it. A description of None keeps the one that the item has."""

    text: str
    description: str | None
    is_regex: bool


@dataclass(frozen=True, slots=True)
class BlocklistMatch:
    blocklist_name: str
    item_id: str
    item_text: str
