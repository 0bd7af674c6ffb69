"""What a process remembers and can lose: a bounded map that forgets what was not used for the longest time."""
from __future__ import annotations

import threading
import time
import weakref
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar

CACHE_SECONDS = 300
"""For so long what belongs to an account is remembered without being used: then none of a deleted account is left."""
_SWEEP_SECONDS = 5
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class BoundedCache(Generic[K, V]):
    """A map for many threads whose entries cost at most `limit` together; the newest entry stays whatever it costs.

    With `idle_seconds`, an entry that was not used for so long is forgotten: by the next call, or within seconds where no
    call comes, so that a process that has nothing to do keeps nothing either.
    """

    def __init__(self, limit: int, cost: Callable[[V], int] = lambda _: 1, idle_seconds: float | None = None,
                 monotonic: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._cost = cost
        self._idle_seconds = idle_seconds
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._entries: OrderedDict[K, tuple[V, int, float]] = OrderedDict()  # the one used last stands last
        self._total = 0
        if idle_seconds is not None:
            _sweeper.watch(self)

    def find(self, key: K) -> V | None:
        with self._lock:
            self._forget_idle()
            entry = self._entries.get(key)
            if entry is None:
                return None
            self._entries[key] = entry[0], entry[1], self._monotonic()
            self._entries.move_to_end(key)
            return entry[0]

    def put(self, key: K, value: V) -> None:
        cost = self._cost(value)
        with self._lock:
            self._forget_idle()
            self._forget(key)
            self._entries[key] = value, cost, self._monotonic()
            self._total += cost
            while self._total > self._limit and len(self._entries) > 1:
                self._forget(next(iter(self._entries)))

    def snapshot(self) -> list[tuple[V, int]]:
        """Each entry with what it costs. Not a use of them."""
        with self._lock:
            self._forget_idle()
            return [(value, cost) for value, cost, _ in self._entries.values()]

    def forget(self, key: K) -> bool:
        """Return whether there was such an entry."""
        with self._lock:
            return self._forget(key)

    def forget_where(self, is_meant: Callable[[K], bool]) -> None:
        with self._lock:
            for key in [key for key in self._entries if is_meant(key)]:
                self._forget(key)

    def sweep(self) -> None:
        """Forget what was not used for too long."""
        with self._lock:
            self._forget_idle()

    def _forget_idle(self) -> None:
        if self._idle_seconds is None:
            return
        used_last = self._monotonic() - self._idle_seconds
        while self._entries and next(iter(self._entries.values()))[2] <= used_last:
            self._forget(next(iter(self._entries)))

    def _forget(self, key: K) -> bool:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._total -= entry[1]
        return entry is not None


class _Sweeper:
    """Sweeps all caches of the process now and then, from a thread that begins with the first of them."""

    def __init__(self) -> None:
        self._caches: weakref.WeakSet[BoundedCache[Any, Any]] = weakref.WeakSet()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def watch(self, cache: BoundedCache[Any, Any]) -> None:
        with self._lock:
            self._caches.add(cache)
            if self._thread is None or not self._thread.is_alive():  # a forked process has none
                self._thread = threading.Thread(target=self._sweep, name="cache sweeper", daemon=True)
                self._thread.start()

    def _sweep(self) -> None:
        while True:
            time.sleep(_SWEEP_SECONDS)
            with self._lock:
                caches = list(self._caches)
            for cache in caches:
                cache.sweep()


_sweeper = _Sweeper()
