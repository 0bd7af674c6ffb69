"""What an account keeps at this moment, for its owner to look at: counts and bytes by kind."""
from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.accounts.service import AccountService
from shared.lifecycle.inventory import Inventory, Progress, is_taken

SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class KindCount:
    """Records or files of a kind, and their bytes as they are stored, encrypted."""

    kind: str
    records: int
    files: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class DataOverview:
    """`is_complete` is False where the time was over before all was counted: then there is more than this."""

    kinds: Sequence[KindCount]
    is_complete: bool


class DataOverviews:
    def __init__(self, accounts: AccountService, now: Callable[[], datetime], monotonic: Callable[[], float] = time.monotonic) -> None:
        self._accounts = accounts
        self._now = now
        self._monotonic = monotonic

    def count(self, account_id: str) -> DataOverview:
        """Counted anew with each call, for SECONDS at the most; the same count as that of a receipt."""
        deadline = self._monotonic() + SECONDS
        progress: Progress = {}
        for reached in Inventory(*self._accounts.stores(account_id), self._now).take(None):
            progress = reached
            if self._monotonic() > deadline:
                break
        is_complete = is_taken(progress)
        counted: dict[str, list[int]] = {}
        for store, kind, number, size in _counts(progress, is_complete):
            each = counted.setdefault(kind, [0, 0, 0])
            each[0 if store == "table" else 1] += number
            each[2] += size
        return DataOverview([KindCount(kind, *each) for kind, each in sorted(counted.items())], is_complete)


def _counts(progress: Progress, is_complete: bool) -> list[tuple[str, str, int, int]]:
    """Store, kind, number and bytes: a count that is whole says them by name."""
    kinds = progress.get("kinds", ())
    if is_complete:
        return [(each["store"], each["kind"], each["count"], each["bytes"]) for each in kinds]
    return [tuple(each) for each in kinds]
