"""Refuses all work on a storage account that would keep copies elsewhere, or keep what was deleted."""
from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from shared.errors import Unavailable

_REMEMBERED_SECONDS = 3600
_REFUSED_SECONDS = 60


class StorageGate:
    """Asks once when work begins, then once an hour; while the answer is bad, once a minute."""

    def __init__(self, violations: Callable[[], Sequence[str]], monotonic: Callable[[], float] = time.monotonic) -> None:
        """`violations` says in words what is wrong with the storage account. It may raise Unavailable."""
        self._violations = violations
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._found: Sequence[str] = ()
        self._ask_again_at = float("-inf")

    def require(self) -> None:
        """Raises Unavailable, naming what is wrong, unless the storage account is as it must be."""
        if self._monotonic() >= self._ask_again_at:
            with self._lock:
                if self._monotonic() >= self._ask_again_at:
                    self._found = self._violations()
                    self._ask_again_at = self._monotonic() + (_REFUSED_SECONDS if self._found else _REMEMBERED_SECONDS)
        if self._found:
            raise Unavailable(f"The storage account of this deployment is refused: {', '.join(self._found)}.")
