"""Pictures in a ZIP archive, which may itself be a part of a form: found, and replaced."""
from __future__ import annotations

import io
import zipfile

_BEGINNING, _END, _END_BYTES = b"PK\x03\x04", b"PK\x05\x06", 22
_MARKS = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"BM", b"II*\0", b"MM\0*")


def is_picture(content: bytes) -> bool:
    """By its first bytes."""
    return content.startswith(_MARKS)


def archive_in(content: bytes) -> slice | None:
    """Where the archive stands; None where there is none."""
    start, end = content.find(_BEGINNING), content.rfind(_END)
    return None if start < 0 or end < 0 else slice(start, end + _END_BYTES)


def has_picture(content: bytes) -> bool:
    """Whether a file of the archive in the content is one."""
    place = archive_in(content)
    return place is not None and any(is_picture(file) for file in _files(content[place]).values())


def with_pictures(content: bytes, picture: bytes) -> bytes:
    """The content with this picture in the place of every one in its archive."""
    place = archive_in(content)
    assert place is not None
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for name, file in _files(content[place]).items():
            archive.writestr(name, picture if is_picture(file) else file)
    return content[:place.start] + written.getvalue() + content[place.stop:]


def _files(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {entry.filename: archive.read(entry) for entry in archive.infolist()}
