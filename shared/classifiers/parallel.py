"""Work of one request side by side: waiting for the storage on many threads, decoding of pictures on few."""
from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")
_WAITING = 16
_DECODING = 2
"""A decoded picture takes some hundred megabytes at the most, and a processor."""


def waiting(function: Callable[[T], R], items: Iterable[T]) -> list[R]:
    """The results in order; for functions that wait for the storage or the network. The first exception rises."""
    return list(_pool(_WAITING).map(function, items))


def decoding(function: Callable[[T], R], items: Iterable[T]) -> list[R]:
    """As `waiting`, for functions that decode pictures."""
    return list(_pool(_DECODING).map(function, items))


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="images")
