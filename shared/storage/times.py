"""Times in what is kept: as text in a record's content, and what stands where there is none."""
from __future__ import annotations

from datetime import UTC, datetime

NEVER = datetime(9999, 12, 31, tzinfo=UTC)
"""In a plain property, which has to have a time: of what does not end, or is not done again."""


def time_text(time: datetime | None) -> str:
    """ISO 8601 in UTC, as archives have it too; empty for none."""
    return "" if time is None else time.astimezone(UTC).isoformat().replace("+00:00", "Z")


def time_of(text: str) -> datetime:
    return datetime.fromisoformat(text)


def time_or_none(text: str) -> datetime | None:
    return time_of(text) if text else None
