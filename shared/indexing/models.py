"""What a list keeps of its compiled index: a manifest that names everything."""
from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Segment:
    """A blob of the index by its id, with the number of entries or changes in it."""

    id: str
    count: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """The whole index of one list: `base` is a compiled index, `segments` are changes after it, `tail` the newest.

    It is kept in the list's own record, which is replaced by compare-and-swap: so a change of the list and of its
    index are one, and every worker sees it with its next read of `version`. `rules` is the version of the rules
    by which its entries were made: for terms, those of normalising.
    """

    generation: str
    rules: int
    version: int = 0
    base: Segment | None = None
    segments: tuple[Segment, ...] = ()
    tail: bytes = b""

    def entry_bound(self, change_bytes: int) -> int:
        """At least as many as there are items, since removals and repetitions are counted too; a change has so many bytes."""
        return ((self.base.count if self.base else 0) + sum(segment.count for segment in self.segments)
                + len(self.tail) // change_bytes)


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
