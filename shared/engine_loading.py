"""A model that is loaded at first use, once, or is not available."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from shared.errors import Unavailable

T = TypeVar("T")

_log = logging.getLogger(__name__)
_REMEMBERED_SECONDS = 10


class UnusableModel(Exception):
    """A model cannot be used. The message says what is wrong with which file; it is for the operator's log."""


class LoadedOnce(Generic[T]):
    """Makes one model, once, whatever number of threads asks for it first.

    There is no other model in its place when that fails: whoever chose an engine would take another one's answers for
    its own.
    """

    def __init__(self, name: str, load: Callable[[], T], monotonic: Callable[[], float] = time.monotonic) -> None:
        """`name` is what messages call it: `text engine`."""
        self._name = name
        self._load = load
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._made: T | None = None
        self._failed_at = float("-inf")

    def __call__(self) -> T:
        """Return the model. Raises Unavailable; after a failure it is tried again ten seconds later at the earliest."""
        made = self._made
        if made is None:
            with self._lock:
                made = self._made
                if made is None:
                    made = self._made = self._loaded()
        return made

    def cache_clear(self) -> None:
        """The next call loads it again; who has it keeps it."""
        self._made = None

    def _loaded(self) -> T:
        if self._monotonic() - self._failed_at >= _REMEMBERED_SECONDS:
            try:
                return self._load()
            except (UnusableModel, OSError) as error:  # a mounted share may go while it is read
                self._failed_at = self._monotonic()
                _log.error("the model of the %s cannot be used: %s", self._name, error)
        raise Unavailable(f"The {self._name} of this deployment is not available.")
