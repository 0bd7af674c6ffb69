"""Parts of a body: the headers `Range` and `If-Range`. Source: RFC 9110, sections 13.1.5 and 14."""
from __future__ import annotations

import re
from dataclasses import dataclass

from shared.errors import RangeNotSatisfiable

# Digits are bounded: Python refuses to read a number of thousands of them.
_ONE_RANGE = re.compile(r"bytes=[ \t]*([0-9]{0,30})-([0-9]{0,30})[ \t]*", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ByteRange:
    """From `start` to `end`, exclusive."""

    start: int
    end: int

    def content_range(self, size_bytes: int) -> str:
        return f"bytes {self.start}-{self.end - 1}/{size_bytes}"


def requested_range(header: str | None, if_range: str | None, etag: str, size_bytes: int) -> ByteRange | None:
    """The part that is asked for, None for the whole: also where the header is malformed or names several parts, and
    where `If-Range` names another representation.

    Raises RangeNotSatisfiable where the part begins beyond the end.
    """
    if header is None or (if_range is not None and if_range.strip() != etag):
        return None
    match = _ONE_RANGE.fullmatch(header.strip())
    if match is None or match[1] == match[2] == "":
        return None
    first, last = (int(part) if part else None for part in match.groups())
    if first is None:
        start, end = max(0, size_bytes - (last or 0)), size_bytes
    elif last is not None and last < first:
        return None
    else:
        start, end = first, size_bytes if last is None else min(last + 1, size_bytes)
    if start >= size_bytes:
        raise RangeNotSatisfiable(f"The range begins beyond the end; there are {size_bytes} bytes.", size_bytes)
    return ByteRange(start, end)
