"""Memory for what takes much of it: what the C library keeps after it was freed, and what can be loaded again."""
from __future__ import annotations

import ctypes
import gc
from collections.abc import Callable
from functools import cache
from typing import Any, Protocol, TypeVar

_M_MMAP_THRESHOLD, _M_ARENA_MAX = -3, -8  # of mallopt(3)
_LARGE_BYTES = 1024 * 1024
_ARENAS = 2


class _Cached(Protocol):
    def cache_clear(self) -> None: ...


C = TypeVar("C", bound=_Cached)
_forget: list[Callable[[], None]] = []


def loaded_again(cached: C) -> C:
    """A decorator above `functools.cache` or `lru_cache`: `make_room` forgets what is kept, and the next call loads it again."""
    _forget.append(cached.cache_clear)
    return cached


def give_large_blocks_back() -> None:
    """From now on a block of a megabyte or more goes back to the system when it is freed, where the C library can be told to (glibc).

    Left to itself glibc takes blocks of up to 32 MB from the heap once a few were freed, and what lies between them cannot be given back:
    finding text in a picture then takes 420 MB and not 140. Reading a page takes up to a sixth longer for it. To be called when a process
    starts.
    """
    if mallopt := _of_c_library("mallopt"):
        mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)
        mallopt(_M_ARENA_MAX, _ARENAS)


def make_room() -> None:
    """Free what can be loaded again and what earlier requests left in cycles, and hand it back to the system. It takes 50 ms.

    Cycles: where a storage call failed, its error holds the frames of its callers, and with them a picture of 37 MB, until
    Python happens to look for them.
    """
    for forget in _forget:
        forget()
    gc.collect()
    give_back()


def give_back() -> None:
    """Hand freed memory back to the system, where the C library can be asked to (glibc).

    It keeps what lies below anything still in use: after a page was read up to 250 MB, on top of which the next picture comes.
    """
    if trim := _of_c_library("malloc_trim"):
        trim(0)


@cache
def _of_c_library(name: str) -> Any:
    return getattr(ctypes.CDLL(None), name, None)
