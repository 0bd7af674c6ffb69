"""Work of one request side by side: waiting for the storage on many threads, decoding of pictures on few."""
from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from functools import cache
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")
_WAITING = 16
_DECODING = 2
"""A decoded picture takes some hundred megabytes at the most, and a processor."""


def waiting(function: Callable[[T], R], items: Iterable[T]) -> list[R]:
    """The results in order; for functions that wait for the storage or the network. The first exception rises, once nothing of all that was
    begun goes on any more."""
    return _results(_pool(_WAITING), function, items)


def decoding(function: Callable[[T], R], items: Iterable[T]) -> list[R]:
    """As `waiting`, for functions that decode pictures."""
    return _results(_pool(_DECODING), function, items)


def _results(pool: ThreadPoolExecutor, function: Callable[[T], R], items: Iterable[T]) -> list[R]:
    futures = [pool.submit(function, item) for item in items]
    wait(futures, return_when=FIRST_EXCEPTION)
    for future in futures:
        future.cancel()
    wait(futures)
    # What was cancelled had not begun, so that it comes after what failed.
    return [future.result() for future in futures]


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="images")
