"""Pictures that a caller asked to keep for some hours, as Azure Content Moderator's `CacheImage` does."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class CachedImage:
    """`id` begins with the time at which it was cached, so that ids are in that order; nobody guesses one."""

    id: str
    media_type: str
    size_bytes: int
    created_at: datetime
    expires_at: datetime
