"""Sample content: texts that an account gives to improve the service, under a consent that it can take back."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Consent:
    """`generation` is what the samples that are given under it are kept under. `receipt_id` is that of their erasure.

    `claim` is a random id of the request that revoked it, which starts the erasure.
    """

    statement: str
    agreed_by: str
    agreed_at: datetime
    generation: str
    revoked_by: str | None = None
    revoked_at: datetime | None = None
    receipt_id: str | None = None
    claim: str = ""
    etag: str | None = field(default=None, compare=False)

    @property
    def is_given(self) -> bool:
        return self.revoked_at is None


@dataclass(frozen=True, slots=True)
class Sample:
    """`expected_severities` are what the account would have the service say, 0 to 7 by category."""

    id: str
    text: str
    note: str
    expected_severities: Mapping[str, int]
    submitted_by: str
    submitted_at: datetime
