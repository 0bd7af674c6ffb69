"""Callbacks, as Azure Content Moderator sends them when a job or a review is complete."""
from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class CallbackState(StrEnum):
    PENDING = "Pending"
    DELIVERED = "Delivered"
    FAILED = "Failed"


@dataclass(frozen=True, slots=True)
class Callback:
    """`id` is the same however often it is sent. `about` is the id of a job or review.

    `attempts` counts those since it was last asked for; `last_status` is the HTTP status of the last answer, None where none came.
    One that has ended is tried again NEVER.
    """

    id: str
    url: str
    about: str
    created_at: datetime
    expires_at: datetime
    next_attempt_at: datetime
    state: CallbackState = CallbackState.PENDING
    attempts: int = 0
    last_attempt_at: datetime | None = None
    last_status: int | None = None
    etag: str | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class CallbackKey:
    """`key` is the text that is the secret; until `previous_until` callbacks are signed with the key before it too."""

    key: str
    created_at: datetime
    previous: str | None = None
    previous_until: datetime | None = None
    etag: str | None = field(default=None, compare=False)
