"""A ZIP archive of a request, not believed: its listing is bounded before it is read, and each entry while it is unpacked."""
from __future__ import annotations

import struct
import zlib
from io import BytesIO
from typing import TYPE_CHECKING

from shared.errors import InvalidRequest

if TYPE_CHECKING:
    from zipfile import ZipFile, ZipInfo

_LISTING_LIMIT_BYTES = 4 * 1024 * 1024
_END = struct.Struct("<4s4H2LH")
_END_MARK = b"PK\x05\x06"
_ZIP64_MARK = b"PK\x06\x07"
_ZIP64_BYTES = 20
_COMMENT_BYTES = 1 << 16
_ENCRYPTED = 0x1
# What zipfile raises besides BadZipFile for an archive that is cut or altered (its documentation names few of these): ValueError for
# places before the beginning and names that are no text; zlib.error and EOFError for packed data that are none or end too soon;
# NotImplementedError for a listing that asks for a later version of ZIP, and an entry that says it is a patch or strongly encrypted.
_DAMAGE = (ValueError, NotImplementedError, zlib.error, EOFError)
_NO_ARCHIVE = "The body is no ZIP archive that can be read."


def opened_archive(body: bytes, most_entries: int) -> ZipFile:
    """Raises InvalidRequest. The listing's size is looked at first: its entries would be in memory all at once.

    `most_entries` is what is said of a listing that is too large; whether there are more is for the caller to count.
    """
    from zipfile import BadZipFile, ZipFile

    place = len(body) - _END.size
    if body[place:place + 4] != _END_MARK or body[-2:] != b"\0\0":
        place = body.rfind(_END_MARK, max(0, len(body) - _END.size - _COMMENT_BYTES))
    if place < 0 or place + _END.size > len(body):
        raise InvalidRequest(_NO_ARCHIVE)
    *_, listing_bytes, _, _ = _END.unpack_from(body, place)
    if listing_bytes > _LISTING_LIMIT_BYTES or body[max(0, place - _ZIP64_BYTES):].startswith(_ZIP64_MARK):
        raise InvalidRequest(f"The archive may have {most_entries} images at the most, and no entries in the form ZIP64.")
    try:
        return ZipFile(BytesIO(body))
    except (BadZipFile, *_DAMAGE):
        raise InvalidRequest(_NO_ARCHIVE) from None


def entry_content(archive: ZipFile, entry: ZipInfo, limit_bytes: int) -> bytes:
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
