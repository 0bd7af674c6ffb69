"""Whether the service can do its work now, and what is missing if not."""
from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

from shared.errors import ServiceError

_log = logging.getLogger(__name__)
_REMEMBERED_SECONDS = 10


class Readiness:
    def __init__(self, checks: Mapping[str, Callable[[], object]], monotonic: Callable[[], float] = time.monotonic) -> None:
        """`checks`: what must work, by name; a check raises if it does not."""
        self._checks = checks
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._missing: list[str] = []
        self._checked_at = float("-inf")

    def missing(self) -> list[str]:
        """The names of what does not work; empty when all is well.

        Checked at most every ten seconds, since anybody may ask and each check costs the storage and the key vault.
        """
        with self._lock:
            if self._monotonic() - self._checked_at > _REMEMBERED_SECONDS:
                self._missing = self._check()
                self._checked_at = self._monotonic()
            return self._missing

    def _check(self) -> list[str]:
        """Side by side: a dead storage answers late."""
        with ThreadPoolExecutor(len(self._checks), thread_name_prefix="checks") as pool:
            works = pool.map(_works, self._checks.keys(), self._checks.values())
            return [name for name, does_work in zip(self._checks, works, strict=True) if not does_work]


def _works(name: str, check: Callable[[], object]) -> bool:
    try:
        check()
    except ServiceError as error:
        _log.warning("not ready: %s (%s)", name, error.message)
        return False
    except Exception as error:  # a readiness check reports whatever fails, by its kind alone
        _log.error("not ready: %s fails with %s", name, type(error).__name__)
        return False
    return True
