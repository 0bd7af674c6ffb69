"""How often somebody may fail to sign in: a bounded memory of each worker, by the network that tries come from.

A code has 128 random bits and a key 256, so that nobody can guess one; this keeps the noise of guessing down. A network of many
people may be held up by one of them, for ten minutes at the most, which is why only tries that fail are counted.
"""
from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from shared.caching import BoundedCache
from shared.errors import QuotaExceeded

MOST_FAILURES = 20
WINDOW_SECONDS = 600
_REMEMBERED_NETWORKS = 10_000


@dataclass(slots=True)
class _Tries:
    began_at: float
    count: int = 0


class SignInTries:
    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._by_network: BoundedCache[str, _Tries] = BoundedCache(_REMEMBERED_NETWORKS, idle_seconds=WINDOW_SECONDS)

    def begin(self, network: str) -> None:
        """Count a try as failed until it has succeeded. Raises QuotaExceeded after too many."""
        with self._lock:
            now, tries = self._monotonic(), self._by_network.find(network)
            if tries is None or now - tries.began_at >= WINDOW_SECONDS:
                tries = _Tries(now)
            if tries.count >= MOST_FAILURES:
                wait = int(tries.began_at + WINDOW_SECONDS - now) + 1
                raise QuotaExceeded("Too many sign-ins from this network have failed; try again later.", wait)
            tries.count += 1
            self._by_network.put(network, tries)

    def succeed(self, network: str) -> None:
        with self._lock:
            tries = self._by_network.find(network)
            if tries is not None and tries.count:
                tries.count -= 1
