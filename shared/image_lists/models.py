"""Image lists and what is kept of their pictures, as Azure Content Moderator has them; never a pixel."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.indexing.models import Manifest

DISTANCE_KEY = "MatchDistance"
"""The name in a list's metadata that says how far a picture may be from one of the list."""
MOST_DISTANCE = 60
_ID_BYTES = 4


@dataclass(frozen=True, slots=True)
class ImageList:
    """`number` is given out by the service. `index.version` counts changes of the images and of the metadata.

    `image_key` (32 bytes in hex) makes the names of its images' rows.
    """

    number: int
    name: str
    description: str
    metadata: Mapping[str, str]
    index: Manifest
    image_key: str
    etag: str | None = None

    @property
    def key(self) -> str:
        return str(self.number)

    @property
    def match_distance(self) -> int:
        """The largest distance of a match, 0 to 60; 60 where the metadata says nothing that can be one."""
        said = self.metadata.get(DISTANCE_KEY, "")
        return int(said) if is_distance(said) else MOST_DISTANCE


@dataclass(frozen=True, slots=True)
class ImageListState:
    """What a match must know of a list to tell whether what it has in memory is still right."""

    number: int
    generation: str
    version: int


@dataclass(frozen=True, slots=True)
class NewImage:
    """What is kept of a picture that comes in, or a PDQ hash that comes in alone: then the first three are empty.

    `pixels` is a digest of all pixels (32 hex digits), `pdq` 64 hex digits with its quality, 0 to 100.
    """

    fingerprint: bytes
    fingerprint_version: int
    pixels: str
    pdq: str
    pdq_quality: int
    tags: tuple[int, ...] = ()
    label: str = ""


@dataclass(frozen=True, slots=True)
class ListImage:
    """An image of a list. `row_id` (16 bytes) is a keyed hash of its pixels, or of its PDQ hash where that came alone."""

    content_id: int
    row_id: bytes
    image: NewImage

    @property
    def entry_id(self) -> bytes:
        """What the index calls it: content id and row id."""
        return entry_id(self.content_id, self.row_id)


@dataclass(frozen=True, slots=True)
class ImageMatch:
    """An image of a list that a picture looks like. `distance`: of 256 bits; `score`: 1 for the same picture, 0 for any."""

    list_number: int
    content_id: int
    score: float
    distance: int
    tags: tuple[int, ...]
    label: str


@dataclass(frozen=True, slots=True)
class RefusedEntry:
    """Of a bulk import: `reason` says what is wrong with the entry of this number, and nothing of what is in it."""

    number: int
    reason: str


@dataclass(frozen=True, slots=True)
class TakenEntry:
    """Of a bulk import: the content id of the entry of this number."""

    number: int
    content_id: int


@dataclass(frozen=True, slots=True)
class ImageReport:
    """Of a bulk import, by the numbers of entries, from 1: the images that are new, those that were there, those refused."""

    taken: Sequence[TakenEntry]
    already_there: Sequence[int]
    refused: Sequence[RefusedEntry]


def is_distance(said: str) -> bool:
    return said.isascii() and said.isdigit() and len(said) <= 2 and int(said) <= MOST_DISTANCE


def entry_id(content_id: int, row_id: bytes) -> bytes:
    return content_id.to_bytes(_ID_BYTES, "big") + row_id


def ids_of_entry(entry: bytes) -> tuple[int, bytes]:
    """Content id and row id."""
    return int.from_bytes(entry[:_ID_BYTES], "big"), entry[_ID_BYTES:]
