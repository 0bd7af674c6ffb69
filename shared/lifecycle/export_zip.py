"""A ZIP file written member by member, and read as a stream of bytes while it is written."""
from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_EARLIEST = (1980, 1, 1, 0, 0, 0)
_OWNER_READS_AND_WRITES = 0o600 << 16
_UNIX = 3


@dataclass(frozen=True, slots=True)
class Member:
    """`sha256` in hex, of the uncompressed bytes."""

    path: str
    size_bytes: int
    sha256: str


class _Sink:
    """What zipfile writes to: it cannot seek, so that sizes and checksums follow each member's data."""

    def __init__(self) -> None:
        self._written: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._written.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def taken(self) -> list[bytes]:
        written, self._written = self._written, []
        return written


class ZipStream:
    """Equal members give equal bytes: no time and no machine shows in them."""

    def __init__(self) -> None:
        self._sink = _Sink()
        self._zip = zipfile.ZipFile(self._sink, "w")  # type: ignore[arg-type]

    def add(self, path: str, chunks: Iterable[bytes], *, is_text: bool) -> Iterator[bytes]:
        """Write one member, text deflated and all else stored; yields the archive's bytes and returns the Member."""
        info = zipfile.ZipInfo(path, date_time=_EARLIEST)
        info.compress_type = zipfile.ZIP_DEFLATED if is_text else zipfile.ZIP_STORED
        info.external_attr, info.create_system = _OWNER_READS_AND_WRITES, _UNIX
        digest, size_bytes = hashlib.sha256(), 0
        with self._zip.open(info, "w", force_zip64=True) as member:
            for chunk in chunks:
                digest.update(chunk)
                size_bytes += len(chunk)
                member.write(chunk)
                yield from self._sink.taken()
        yield from self._sink.taken()
        return Member(path, size_bytes, digest.hexdigest())

    def close(self) -> Iterator[bytes]:
        """The directory at the end."""
        self._zip.close()
        yield from self._sink.taken()
