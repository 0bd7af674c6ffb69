"""The pictures of a ZIP archive, one at a time in memory, each by its place in the archive's listing.

An archive is not believed: its listing is bounded before it is read, each picture and all of them together while they are
unpacked. Names are read for two things alone, what is no picture and what `tags.csv` says of one, and are never repeated.
"""
from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

from shared.api.content_moderator.csv_rows import columns_of, csv_rows
from shared.api.content_moderator.image_tags import tags_and_label
from shared.api.content_moderator.pictures import PICTURES
from shared.errors import InvalidRequest
from shared.image_lists.intake import new_image
from shared.image_lists.models import NewImage, RefusedEntry
from shared.imaging.decoding import decode
from shared.imaging.models import ImageRefused

if TYPE_CHECKING:
    from zipfile import ZipFile, ZipInfo

ENTRY_LIMIT = 10_000
UNPACKED_LIMIT_BYTES = 1024 * 1024 * 1024
MANIFEST = "tags.csv"
MANIFEST_LIMIT_BYTES = 4 * 1024 * 1024
_LISTING_LIMIT_BYTES = 4 * 1024 * 1024
_END = struct.Struct("<4s4H2LH")
_END_MARK = b"PK\x05\x06"
_ZIP64_MARK = b"PK\x06\x07"
_ZIP64_BYTES = 20
_COMMENT_BYTES = 1 << 16
_ENCRYPTED = 0x1
# What zipfile raises besides BadZipFile for an archive that is cut or altered (its documentation names few of these; mutated archives
# raise the others): fields cut short, places before the beginning, names that are no text, packed data that ends or is none, and
# RuntimeError (so NotImplementedError too) for an entry whose own header asks for a password or a later version of ZIP.
_DAMAGE = (ValueError, RuntimeError, struct.error, zlib.error, OSError, EOFError)
_NO_ARCHIVE = "The body is no ZIP archive that can be read."


@dataclass(frozen=True, slots=True)
class _Said:
    """What `tags.csv` says of a picture: its tags and label, or why it is refused."""

    tags: tuple[int, ...] = ()
    label: str = ""
    problem: str | None = None


def archived_images(body: bytes) -> Iterator[tuple[int, NewImage] | RefusedEntry]:
    """Each entry that may be a picture, numbered from 1 as the archive lists its entries; folders and hidden files are left out.

    Raises InvalidRequest where the archive, or its `tags.csv`, cannot be read, or it has too many entries.
    """
    archive = _opened(body)
    entries = [(number, entry) for number, entry in enumerate(archive.infolist(), 1) if not _is_left_out(entry)]
    if len(entries) > ENTRY_LIMIT:
        raise InvalidRequest(f"The archive may have {ENTRY_LIMIT} images at the most.")
    return _images(archive, entries, _manifest(archive))


def _images(archive: ZipFile, entries: list[tuple[int, ZipInfo]],
            manifest: Mapping[str, _Said]) -> Iterator[tuple[int, NewImage] | RefusedEntry]:
    left = UNPACKED_LIMIT_BYTES
    for number, entry in entries:
        said = manifest.get(entry.filename, _Said())
        if left <= 0:
            yield RefusedEntry(number, f"the archive unpacks to more than {UNPACKED_LIMIT_BYTES} bytes")
            continue
        try:
            content = _content(archive, entry, PICTURES.size_bytes + 1)
            left -= len(content)
            if said.problem is not None:
                raise InvalidRequest(said.problem)
            image = new_image(decode(content, PICTURES), said.tags, said.label)
        except (ImageRefused, InvalidRequest) as refusal:
            yield RefusedEntry(number, refusal.message)
            continue
        yield number, image


def _opened(body: bytes) -> ZipFile:
    """Raises InvalidRequest. The listing's size is looked at first: its entries would be in memory all at once."""
    from zipfile import BadZipFile, ZipFile

    place = len(body) - _END.size
    if body[place:place + 4] != _END_MARK or body[-2:] != b"\0\0":
        place = body.rfind(_END_MARK, max(0, len(body) - _END.size - _COMMENT_BYTES))
    if place < 0 or place + _END.size > len(body):
        raise InvalidRequest(_NO_ARCHIVE)
    *_, listing_bytes, _, _ = _END.unpack_from(body, place)
    if listing_bytes > _LISTING_LIMIT_BYTES or body[max(0, place - _ZIP64_BYTES):].startswith(_ZIP64_MARK):
        raise InvalidRequest(f"The archive may have {ENTRY_LIMIT} images at the most, and no entries in the form ZIP64.")
    try:
        return ZipFile(BytesIO(body))
    except (BadZipFile, *_DAMAGE):
        raise InvalidRequest(_NO_ARCHIVE) from None


def _is_left_out(entry: ZipInfo) -> bool:
    """Folders, and what systems put beside pictures."""
    *folders, name = entry.filename.split("/")
    return (not name or "__MACOSX" in folders or name.startswith(".") or name in ("Thumbs.db", "desktop.ini")
            or entry.filename == MANIFEST)


def _content(archive: ZipFile, entry: ZipInfo, limit_bytes: int) -> bytes:
    """Up to so many bytes of an entry. Raises InvalidRequest."""
    from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile

    if entry.flag_bits & _ENCRYPTED:
        raise InvalidRequest("it is encrypted")
    if entry.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        raise InvalidRequest("it is packed in another way than ZIP's two usual ones")
    try:
        with archive.open(entry) as opened:
            return opened.read(limit_bytes)
    except (BadZipFile, *_DAMAGE):
        raise InvalidRequest("the archive is damaged here") from None


def _manifest(archive: ZipFile) -> dict[str, _Said]:
    """By the names of entries. Raises InvalidRequest."""
    if MANIFEST not in archive.NameToInfo:
        return {}
    try:
        content = _content(archive, archive.NameToInfo[MANIFEST], MANIFEST_LIMIT_BYTES + 1)
    except InvalidRequest as problem:
        raise InvalidRequest(f"{MANIFEST} cannot be read: {problem.message}.") from None
    if len(content) > MANIFEST_LIMIT_BYTES:
        raise InvalidRequest(f"{MANIFEST} may have {MANIFEST_LIMIT_BYTES} bytes at the most.")
    said: dict[str, _Said] = {}
    columns: dict[str, int] | None = None
    for number, row in csv_rows(content):
        if row is None:
            raise InvalidRequest(f"{MANIFEST} is no CSV in line {number}.")
        if columns is None:
            columns = columns_of(row, ("file", "tags", "label"))
            if "file" not in columns:
                raise InvalidRequest(f"The first line of {MANIFEST} must name its columns: file, and tags or label.")
            continue
        cells = {name: row[place] for name, place in columns.items() if place < len(row)}
        try:
            said[cells.get("file", "")] = _Said(*tags_and_label(cells.get("tags", ""), cells.get("label", "")))
        except InvalidRequest as problem:
            said[cells.get("file", "")] = _Said(problem=f"{problem.message} in {MANIFEST}")
    return said
