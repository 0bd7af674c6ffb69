"""Reads a ZIP file that somebody else made, and believes nothing that it says of itself.

Every byte belongs to one member or to the directory: members follow one another from the first byte on, in the order of the
directory, which ends where the file ends. What the directory says of a member must be what stands before, in and after its data.
So nothing can overlap, hide between members, or mean another thing to another reader. Memory grows with the number of
members and with nothing else.

Source: APPNOTE.TXT 6.3.10, sections 4.3 to 4.5.
"""
from __future__ import annotations

import json
import stat
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from shared.errors import InvalidRequest

PIECE_BYTES = 1 << 20
NAME_LIMIT_BYTES = 1_200
EXTRA_LIMIT_BYTES = 512
_END, _END64, _LOCATOR64 = struct.Struct("<4s4H2LH"), struct.Struct("<4sQ2H2L4Q"), struct.Struct("<4sLQL")
_DIRECTORY, _LOCAL = struct.Struct("<4s6H3L5H2L"), struct.Struct("<4s5H3L2H")
_DESCRIPTORS = {each.size: each for each in (struct.Struct("<4s3L"), struct.Struct("<4sL2Q"))}
_END_MARK, _END64_MARK, _LOCATOR64_MARK = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07"
_DIRECTORY_MARK, _LOCAL_MARK, _DESCRIPTOR_MARK = b"PK\x01\x02", b"PK\x03\x04", b"PK\x07\x08"
_FULL16, _FULL32 = 0xFFFF, 0xFFFFFFFF
_ENCRYPTED, _SIZES_FOLLOW = 0x0001, 0x0008
_KNOWN_FLAGS = 0x0006 | _SIZES_FOLLOW | 0x0800  # how hard it was deflated, and names in UTF-8
STORED, DEFLATED = 0, 8
_ZIP64 = 1
_TIMES = {0x5455, 0x7875, 0x5855, 0x000A}  # times and owners that other programs add; they say nothing of the data
_MS_DOS_DIRECTORY = 0x10


class InvalidArchive(InvalidRequest):
    """The archive is not what an export makes. The message is for its owner: what is wrong, and where."""


class Source(Protocol):
    """The bytes of a file. `read` returns exactly the bytes asked for, which are within the file."""

    size_bytes: int

    def read(self, offset: int, size: int) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Entry:
    """A member as the directory has it. It lies from `start` to `end`, its header and what follows its data included."""

    path: str
    flags: int
    method: int
    checksum: int
    packed_bytes: int
    size_bytes: int
    start: int
    end: int


def shown(path: str) -> str:
    """A path in a message: short, in quotes, and without a character that means anything to a terminal."""
    return json.dumps(path if len(path) <= 80 else f"{path[:77]}...")


class ArchiveReader:
    def __init__(self, source: Source, entry_limit: int) -> None:
        """Read the directory. Raises InvalidArchive; for too many members before any of them is looked at."""
        self._source = source
        count, directory, end = self._directory_place(entry_limit)
        self.entries = list(self._directory(count, directory, end))

    def read(self, entry: Entry) -> Iterator[bytes]:
        """The unpacked bytes of a member in pieces of up to 1 MiB; raises InvalidArchive at the end unless they are as announced."""
        start = self._data_start(entry)
        checksum, size = 0, 0
        for piece in self._pieces(entry, start):
            size += len(piece)
            if size > entry.size_bytes:
                break
            checksum = zlib.crc32(piece, checksum)
            yield piece
        if size != entry.size_bytes or checksum != entry.checksum:
            raise InvalidArchive(f"The member {shown(entry.path)} is damaged: its size or its checksum differs from what the archive says.")

    def _directory_place(self, entry_limit: int) -> tuple[int, int, int]:
        """Number of members, and where the directory begins and ends."""
        place = self._source.size_bytes - _END.size
        if place < 0:
            raise _no_archive()
        mark, disk, first_disk, on_disk, count, size, offset, comment = _END.unpack(self._source.read(place, _END.size))
        if mark != _END_MARK or comment:
            raise _no_archive()
        wide = self._wide_end(place)
        if wide is not None:
            for narrow, full, value in ((on_disk, _FULL16, wide[2]), (count, _FULL16, wide[2]), (size, _FULL32, wide[3]),
                                        (offset, _FULL32, wide[4])):
                if narrow not in (full, value):
                    raise InvalidArchive("The end of the archive contradicts itself.")
            place, wide_disks, count, size, offset = wide
            disk, first_disk, on_disk = max(disk % _FULL16, wide_disks), first_disk % _FULL16, count
        if disk or first_disk or on_disk != count:
            raise InvalidArchive("The archive is a part of several; send it as one file.")
        if count > entry_limit:
            raise InvalidArchive(f"The archive has {count} members; {entry_limit} are allowed.")
        if offset + size != place or not count * _DIRECTORY.size <= size <= count * (
                _DIRECTORY.size + NAME_LIMIT_BYTES + EXTRA_LIMIT_BYTES):
            raise InvalidArchive("The archive's directory is not where, or not as large as, its end says.")
        return count, offset, place

    def _wide_end(self, place: int) -> tuple[int, int, int, int, int] | None:
        """Place, disks, count, size and offset of an end of the ZIP64 format, if there is one."""
        if place < _LOCATOR64.size:
            return None
        mark, disk, offset, disks = _LOCATOR64.unpack(self._source.read(place - _LOCATOR64.size, _LOCATOR64.size))
        if mark != _LOCATOR64_MARK:
            return None
        if disk or disks != 1 or offset + _END64.size != place - _LOCATOR64.size:
            raise InvalidArchive("The end of the archive contradicts itself.")
        mark, size, _, _, disk, first_disk, on_disk, count, directory_size, directory = _END64.unpack(
            self._source.read(offset, _END64.size))
        if mark != _END64_MARK or size != _END64.size - 12 or on_disk != count:
            raise InvalidArchive("The end of the archive contradicts itself.")
        return offset, max(disk, first_disk), count, directory_size, directory

    def _directory(self, count: int, directory: int, end: int) -> Iterator[Entry]:
        """The members, each one ending where the next begins, the last one where the directory does."""
        held: Entry | None = None
        place = directory
        for _ in range(count):
            entry, place = self._directory_entry(place, end)
            if entry.start != (0 if held is None else max(entry.start, held.start + _LOCAL.size + held.packed_bytes)):
                raise InvalidArchive(f"The member {shown(entry.path)} overlaps another one or is not where it belongs.")
            if held is not None:
                yield _ending(held, entry.start)
            held = entry
        if place != end or (held is None and directory):
            raise InvalidArchive("There is something in the archive that belongs to no member.")
        if held is not None:
            yield _ending(held, directory)

    def _directory_entry(self, place: int, end: int) -> tuple[Entry, int]:
        if place + _DIRECTORY.size > end:
            raise InvalidArchive("The archive's directory is cut short.")
        (mark, _, _, flags, method, _, _, checksum, packed, size, name_bytes, extra_bytes, comment_bytes, disk, _, attributes,
         start) = _DIRECTORY.unpack(self._source.read(place, _DIRECTORY.size))
        place += _DIRECTORY.size
        if mark != _DIRECTORY_MARK or comment_bytes or disk or name_bytes > NAME_LIMIT_BYTES \
                or extra_bytes > EXTRA_LIMIT_BYTES or place + name_bytes + extra_bytes > end:
            raise InvalidArchive("The archive's directory is damaged, or has names or notes longer than those of an export.")
        path = _path(self._source.read(place, name_bytes))
        extra = self._source.read(place + name_bytes, extra_bytes)
        size, packed, start = _widened(extra, path, (size, packed, start))
        if flags & _ENCRYPTED or flags & ~_KNOWN_FLAGS:
            raise InvalidArchive(f"The member {shown(path)} is encrypted, or packed in a way that exports do not use.")
        if method not in (STORED, DEFLATED) or (method == STORED and packed != size):
            raise InvalidArchive(f"The member {shown(path)} is packed in a way that exports do not use.")
        mode = attributes >> 16
        if stat.S_IFMT(mode) not in (0, stat.S_IFREG) or mode & 0o7000 or attributes & _MS_DOS_DIRECTORY:
            raise InvalidArchive(f"The member {shown(path)} is a link, a folder or a special file.")
        return Entry(path, flags, method, checksum, packed, size, start, 0), place + name_bytes + extra_bytes

    def _data_start(self, entry: Entry) -> int:
        """Where the data begins, once header and what follows the data agree with the directory and leave no gap."""
        mark, _, flags, method, _, _, checksum, packed, size, name_bytes, extra_bytes = _LOCAL.unpack(
            self._source.read(entry.start, _LOCAL.size))
        start = entry.start + _LOCAL.size + name_bytes + extra_bytes
        if mark != _LOCAL_MARK or extra_bytes > EXTRA_LIMIT_BYTES or start + entry.packed_bytes > entry.end:
            raise _contradiction(entry.path)
        name = self._source.read(entry.start + _LOCAL.size, name_bytes)
        extra = self._source.read(entry.start + _LOCAL.size + name_bytes, extra_bytes)
        size, packed = _widened(extra, entry.path, (size, packed))
        told, truth = (checksum, packed, size), (entry.checksum, entry.packed_bytes, entry.size_bytes)
        if flags & _SIZES_FOLLOW:
            told_after = self._descriptor(entry, start + entry.packed_bytes)
            is_true = told_after == truth and all(one in (0, other) for one, other in zip(told, truth, strict=True))
        else:
            is_true = told == truth and start + entry.packed_bytes == entry.end
        if (name.decode("ascii", "replace"), flags, method) != (entry.path, entry.flags, entry.method) or not is_true:
            raise _contradiction(entry.path)
        return start

    def _descriptor(self, entry: Entry, place: int) -> tuple[int, ...] | None:
        layout = _DESCRIPTORS.get(entry.end - place)
        if layout is None:
            return None
        mark, *told = layout.unpack(self._source.read(place, layout.size))
        return tuple(told) if mark == _DESCRIPTOR_MARK else None

    def _pieces(self, entry: Entry, start: int) -> Iterator[bytes]:
        packed = (self._source.read(place, min(PIECE_BYTES, start + entry.packed_bytes - place))
                  for place in range(start, start + entry.packed_bytes, PIECE_BYTES))
        if entry.method == STORED:
            yield from packed
            return
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            for piece in packed:
                while piece:
                    yield inflater.decompress(piece, PIECE_BYTES)
                    piece = inflater.unconsumed_tail
                    if inflater.eof or inflater.unused_data:
                        break
                if inflater.unused_data:
                    raise _contradiction(entry.path)
            while not inflater.eof and (piece := inflater.decompress(b"", PIECE_BYTES)):
                yield piece
        except zlib.error:
            raise InvalidArchive(f"The member {shown(entry.path)} is damaged: it cannot be unpacked.") from None
        if not inflater.eof:
            raise InvalidArchive(f"The member {shown(entry.path)} is damaged: it ends too soon.")


def _ending(entry: Entry, end: int) -> Entry:
    if entry.start + _LOCAL.size + entry.packed_bytes > end:
        raise InvalidArchive(f"The member {shown(entry.path)} overlaps another one or is not where it belongs.")
    return Entry(entry.path, entry.flags, entry.method, entry.checksum, entry.packed_bytes, entry.size_bytes, entry.start, end)


def _path(name: bytes) -> str:
    try:
        return name.decode("ascii")
    except UnicodeDecodeError:
        raise InvalidArchive(f"The path {shown(name.decode('utf-8', 'replace'))} is none that an export has.") from None


def _widened(extra: bytes, path: str, values: tuple[int, ...]) -> tuple[int, ...]:
    """The values, those that do not fit 32 bits replaced by what the ZIP64 field says. Raises InvalidArchive for other fields."""
    seen = set()
    wide = b""
    place = 0
    while place < len(extra):
        kind, size = struct.unpack_from("<2H", extra, place) if place + 4 <= len(extra) else (-1, 0)
        if kind in seen or kind not in (_ZIP64, *_TIMES) or place + 4 + size > len(extra):
            raise InvalidArchive(f"The member {shown(path)} has notes that exports do not have.")
        if kind == _ZIP64:
            wide = extra[place + 4:place + 4 + size]
        seen.add(kind)
        place += 4 + size
    widened = []
    for value in values:
        if value == _FULL32 and _ZIP64 in seen:
            if len(wide) < 8:
                raise _contradiction(path)
            value, wide = int.from_bytes(wide[:8], "little"), wide[8:]
        widened.append(value)
    if wide:
        raise _contradiction(path)
    return tuple(widened)


def _no_archive() -> InvalidArchive:
    return InvalidArchive("The upload is no ZIP file, or it is cut short, or something follows its end.")


def _contradiction(path: str) -> InvalidArchive:
    return InvalidArchive(f"The member {shown(path)} is not what the archive's directory says of it.")
