"""The ZIP stream: what other readers make of it, and that equal members give equal bytes."""
from __future__ import annotations

import hashlib
import io
import zipfile

from shared.lifecycle.export_zip import Member, ZipStream


def written(members: list[tuple[str, bytes, bool]]) -> tuple[bytes, list[Member]]:
    stream, pieces, noted = ZipStream(), [], []

    def run(path: str, content: bytes, is_text: bool):
        noted.append((yield from stream.add(path, [content[:3], content[3:]], is_text=is_text)))
    for member in members:
        pieces += run(*member)
    return b"".join([*pieces, *stream.close()]), noted


MEMBERS = [("a/é.txt", b"text " * 1000, True), ("b", bytes(range(256)), False), ("empty", b"", True)]


def test_another_reader_finds_the_members_as_they_were_written():
    content, noted = written(MEMBERS)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        assert [(path, archive.read(path)) for path in archive.namelist()] == [(path, data) for path, data, _ in MEMBERS]
        assert [info.compress_type for info in archive.infolist()] == [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert noted == [Member(path, len(data), hashlib.sha256(data).hexdigest()) for path, data, _ in MEMBERS]


def test_equal_members_give_equal_bytes():
    assert written(MEMBERS)[0] == written(MEMBERS)[0]


def test_bytes_come_out_while_a_member_is_written():
    stream, seen = ZipStream(), []

    def chunks():
        for _ in range(3):
            seen.append("read")
            yield b"x" * 100_000
    for piece in stream.add("a", chunks(), is_text=False):
        if len(piece) > 50_000:
            seen.append("written")
    assert seen == ["read", "written"] * 3
