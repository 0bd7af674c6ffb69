"""Memory that the C library keeps after it was freed."""
from __future__ import annotations

import ctypes
from functools import cache
from typing import Any


def give_back() -> None:
    """Hand freed memory back to the system, where the C library can be asked to (glibc).

    It keeps what lies below anything still in use: after a page was read up to 250 MB, on top of which the next picture comes.
    """
    if trim := _trim():
        trim(0)


@cache
def _trim() -> Any:
    return getattr(ctypes.CDLL(None), "malloc_trim", None)
