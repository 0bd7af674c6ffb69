"""Many small pieces kept for a while in little memory: compressed, written once, read back in order."""
from __future__ import annotations

import zlib
from collections.abc import Iterator

_BLOCK_BYTES = 256 * 1024
_FASTEST = 1


class Spool:
    """A list of byte strings without newlines. Ids and lines of JSON take a fifth of their size, and no object each."""

    def __init__(self) -> None:
        self._blocks: list[bytes] = []
        self._open: list[bytes] = []
        self._open_bytes = 0
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, piece: bytes) -> None:
        self._open.append(piece)
        self._open_bytes += len(piece)
        self._count += 1
        if self._open_bytes >= _BLOCK_BYTES:
            self._blocks.append(zlib.compress(b"\n".join(self._open), _FASTEST))
            self._open, self._open_bytes = [], 0

    def __iter__(self) -> Iterator[bytes]:
        for block in self._blocks:
            yield from zlib.decompress(block).split(b"\n")
        yield from self._open
