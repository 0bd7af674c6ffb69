"""The pictures of a ZIP archive, one at a time in memory, each by its place in the archive's listing.

An archive is not believed: its listing is bounded before it is read, each picture and all of them together while they are
unpacked. Names are read for two things alone, what is no picture and what `tags.csv` says of one, and are never repeated.
"""
from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.api.content_moderator.csv_rows import columns_of, csv_rows
from shared.api.content_moderator.image_tags import tags_and_label
from shared.api.content_moderator.pictures import PICTURES
from shared.api.content_moderator.zip_entries import entry_content, opened_archive
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
    archive = opened_archive(body, ENTRY_LIMIT)
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
            content = entry_content(archive, entry, PICTURES.size_bytes + 1)
            left -= len(content)
            if said.problem is not None:
                raise InvalidRequest(said.problem)
            image = new_image(decode(content, PICTURES), said.tags, said.label)
        except (ImageRefused, InvalidRequest) as refusal:
            yield RefusedEntry(number, refusal.message)
            continue
        yield number, image


def _is_left_out(entry: ZipInfo) -> bool:
    """Folders, and what systems put beside pictures."""
    *folders, name = entry.filename.split("/")
    return (not name or "__MACOSX" in folders or name.startswith(".") or name in ("Thumbs.db", "desktop.ini")
            or entry.filename == MANIFEST)


def _manifest(archive: ZipFile) -> dict[str, _Said]:
    """By the names of entries. Raises InvalidRequest."""
    if MANIFEST not in archive.NameToInfo:
        return {}
    try:
        content = entry_content(archive, archive.NameToInfo[MANIFEST], MANIFEST_LIMIT_BYTES + 1)
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
