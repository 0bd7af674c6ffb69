"""Ids of images: UUIDs of version 7, so that they sort by time; the 12 bits beside the time are the number of the roster.

Source: RFC 9562, section 5.7.
"""
from __future__ import annotations

import secrets
import uuid
from datetime import UTC, datetime, timedelta

ROSTER_COUNT = 4096
_SEQUENCE_BITS = 8
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def image_id_of(created_at: datetime, roster: int, sequence: int = 0) -> str:
    """A new id; `sequence` (below 256) orders the images of one batch."""
    milliseconds = (created_at - _EPOCH) // timedelta(milliseconds=1)
    tail = sequence << 62 - _SEQUENCE_BITS | secrets.randbits(62 - _SEQUENCE_BITS)
    return str(uuid.UUID(int=milliseconds << 80 | 0x7 << 76 | roster << 64 | 0b10 << 62 | tail))


def roster_of(image_id: str) -> int:
    """The number of the roster that an image of this id is in."""
    return uuid.UUID(image_id).int >> 64 & ROSTER_COUNT - 1


def region_id_of(image_id: str) -> str:
    """A new id of a region: the image's first half and chance, so that a region leads to its image."""
    return str(uuid.UUID(int=uuid.UUID(image_id).int >> 64 << 64 | 0b10 << 62 | secrets.randbits(62)))


def images_of_region(region_id: str) -> tuple[str, str]:
    """The first and the last id that the image of a region may have."""
    half = uuid.UUID(region_id).int >> 64 << 64
    return str(uuid.UUID(int=half)), str(uuid.UUID(int=half | (1 << 64) - 1))
