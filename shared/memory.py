"""Memory for what takes much of it: what the C library keeps after it was freed, and what can be loaded again."""
from __future__ import annotations

import ctypes
import gc
import mmap
from functools import cache
from pathlib import Path
from typing import Any, Protocol, TypeVar

_M_MMAP_THRESHOLD, _M_ARENA_MAX = -3, -8  # of mallopt(3)
_LARGE_BYTES = 1024 * 1024
_ARENAS = 2
_STATM = Path("/proc/self/statm")
MOST_BYTES = 490 * 1024 * 1024
"""What this process may have in memory before it forgets what can be loaded again: the smallest instance of the plan has 512 MB."""


class _Cached(Protocol):
    def cache_clear(self) -> None: ...


C = TypeVar("C", bound=_Cached)
_loaded_again: list[_Cached] = []


def loaded_again(cached: C) -> C:
    """A decorator above `functools.cache` and its like, for what loads in a moment: `make_room` clears it where it has to, and the next
    call loads it again."""
    _loaded_again.append(cached)
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


def make_room(bytes_needed: int) -> None:
    """Hand back what earlier requests left in cycles, and where that is not enough what can be loaded again. It takes 50 ms.

    A process that has more than MOST_BYTES already, as with large lists, is on a larger instance: it forgets nothing.
    Cycles: where a storage call failed, its error holds the frames of its callers, and with them a picture of 37 MB, until
    Python happens to look for them.
    """
    gc.collect()
    give_back()
    if MOST_BYTES - bytes_needed < _resident_bytes() <= MOST_BYTES:
        for cached in _loaded_again:
            cached.cache_clear()
        gc.collect()
        give_back()


def _resident_bytes() -> int:
    """Of this process; 0 where the system does not tell."""
    try:
        return int(_STATM.read_text().split()[1]) * mmap.PAGESIZE
    except FileNotFoundError:
        return 0


def give_back() -> None:
    """Hand freed memory back to the system, where the C library can be asked to (glibc).

    It keeps what lies below anything still in use: after a page was read up to 250 MB, on top of which the next picture comes.
    """
    if trim := _of_c_library("malloc_trim"):
        trim(0)


@cache
def _of_c_library(name: str) -> Any:
    return getattr(ctypes.CDLL(None), name, None)
