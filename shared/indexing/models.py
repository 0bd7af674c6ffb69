"""What a list keeps of its compiled index: a manifest that names everything, and changes as bytes.

A change is 25 bytes: an operation (1 add, 0 remove), the term's hash (uint64, little endian), the item's id (16 bytes).
The newest change of an id counts.
"""
from __future__ import annotations

import base64
import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_CHANGE = struct.Struct("<BQ16s")
CHANGE_BYTES = _CHANGE.size


@dataclass(frozen=True, slots=True)
class Change:
    """One item of the list that is matched from now on (with its term's hash), or no longer (hash 0)."""

    item_id: bytes
    is_added: bool
    term_hash: int = 0


@dataclass(frozen=True, slots=True)
class Segment:
    """A blob of the index by its id, with the number of entries or changes in it."""

    id: str
    count: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """The whole index of one list: `base` is a compiled index, `segments` are changes after it, `tail` the newest.

    It is kept in the list's own record, which is replaced by compare-and-swap: so a change of the list and of its
    index are one, and every worker sees it with its next read of `version`. `rules` is the version of the normalising
    rules under which terms were hashed.
    """

    generation: str
    rules: int
    version: int = 0
    base: Segment | None = None
    segments: tuple[Segment, ...] = ()
    tail: bytes = b""

    @property
    def entry_bound(self) -> int:
        """At least as many as there are items, since removals and repetitions are counted too."""
        return ((self.base.count if self.base else 0) + sum(segment.count for segment in self.segments)
                + len(self.tail) // CHANGE_BYTES)


def pack_changes(changes: Iterable[Change]) -> bytes:
    return b"".join(_CHANGE.pack(change.is_added, change.term_hash, change.item_id) for change in changes)


def unpack_changes(packed: bytes) -> Iterator[Change]:
    for is_added, term_hash, item_id in _CHANGE.iter_unpack(packed):
        yield Change(item_id, bool(is_added), term_hash)


def manifest_json(manifest: Manifest) -> dict[str, Any]:
    """The part of a manifest that is kept encrypted; generation and version lie beside it, plain."""
    return {
        "rules": manifest.rules,
        "base": None if manifest.base is None else [manifest.base.id, manifest.base.count],
        "segments": [[segment.id, segment.count] for segment in manifest.segments],
        "tail": base64.b64encode(manifest.tail).decode()}


def manifest_of(generation: str, version: int, stored: Mapping[str, Any]) -> Manifest:
    return Manifest(
        generation, stored["rules"], version,
        base=None if stored["base"] is None else Segment(*stored["base"]),
        segments=tuple(Segment(*segment) for segment in stored["segments"]),
        tail=base64.b64decode(stored["tail"]))
