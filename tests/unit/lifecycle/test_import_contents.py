"""Archives whose members, paths, sizes or manifest are not those of an export."""
from __future__ import annotations

import hashlib
import json
import time

import pytest

from shared.lifecycle.archive_format import file_path, owned_file_id
from shared.lifecycle.archive_reader import ArchiveReader, InvalidArchive
from shared.lifecycle.import_contents import ArchiveContents, contents_of
from shared.storage.holdings import HOLDINGS
from tests.integration.lifecycle.made_up import MADE_UP
from tests.unit.lifecycle.zips import Bytes, Piece, archive_of, manifest_of, zip_of

SIZE_LIMIT = 10_000_000
ALBUM = b'{"id":"summer","public":true,"title":""}\n'
HONEST = {"account.json": b"{}", "schemas/album.json": b"{}", "files/sticker/star": b"*", "records/album.jsonl": ALBUM,
          "history/visit.jsonl": b"{}\n", "history/relic/1": b"r"}


def opened(content: bytes, holdings=MADE_UP, size_limit: int = SIZE_LIMIT) -> ArchiveContents:
    return contents_of(ArchiveReader(Bytes(content), 1000), holdings, len(content), size_limit)


def refused(content: bytes, holdings=MADE_UP, size_limit: int = SIZE_LIMIT) -> str:
    with pytest.raises(InvalidArchive) as refusal:
        opened(content, holdings, size_limit)
    return refusal.value.message


def test_an_honest_archive_is_sorted_into_what_is_imported_and_what_is_not():
    contents = opened(archive_of(HONEST))
    assert contents.imported_paths == ["files/sticker/star", "records/album.jsonl"]
    assert contents.others == ["account.json", "history/relic/1", "history/visit.jsonl", "schemas/album.json"]
    assert contents.records["album"][1].lines == 1
    assert [file.blob_id for file in contents.files["sticker"][1]] == ["star"]


@pytest.mark.parametrize("path", [
    "../evil", "/etc/passwd", "files/sticker/../../evil", "files/sticker/..", "files/sticker/.", "files/sticker//x", "files/sticker/",
    "files\\sticker\\x", "files/sticker/..\\x", "C:/evil", "C:evil", "c:\\evil", "files/sticker/C:\\x", "//host/share/x", "\\\\host\\share",
    "files/sticker/%2e%2e/x", "files/sticker/%2E%2E", "files/sticker/a%2Fb", "files/sticker/%00", "files/sticker/a%00.txt",
    "files/sticker/a\0b",
    "files/sticker/%5C..%5Cx", "files/sticker/%0A", "files/sticker/%7F", "files/sticker/%C2%85", "files/sticker/%ff", "files/sticker/a b",
    "files/sticker/%61", "files/sticker", "files/", "files", "records/", "records/album", "records/album.json",
    "records/../records/album.jsonl",
    "records/./album.jsonl", "./records/album.jsonl", "/records/album.jsonl", "records//album.jsonl", "records/album.jsonl/",
    "records/album.jsonl/x",
    "records\\album.jsonl", "Records/album.jsonl", "records/Album.jsonl", "records/ALBUM.JSONL", "records/album.jsonl ",
    " records/album.jsonl",
    "records/album.jsonl.", "records/album.jsonl\n", "records/album.jsonl\0", "records/al\u0000bum.jsonl", "records/album-.jsonl",
    "records/-.jsonl",
    "schemas/../x.json", "schemas/x/y.json", "history/../x.jsonl", "history/..", "history/x/../y", "history/x//y", "history/x",
    "history/.jsonl/..",
    "account.json/", "Account.json", "account.json\0", "manifest.json/x", "Manifest.json", "", ".", "..", "con", "aux.json", "__MACOSX/x",
    ".DS_Store",
    "~/.ssh/authorized_keys", "etc/cron.d/evil", "a" * 1200, "files/sticker/" + "a" * 1100])
def test_a_path_that_no_export_has_is_refused_whole(path: str):
    for contents in ({**HONEST, path: b""}, {path: b"x\n", **HONEST}):
        message = refused(archive_of(contents))
        assert message.isascii() and message.isprintable() and len(message) < 300


@pytest.mark.parametrize(("first", "second"), [
    ("files/sticker/a", "files/sticker/A"), ("files/sticker/stra%C3%9Fe", "files/sticker/STRASSE"),
    ("files/sticker/%C3%A9", "files/sticker/e%CC%81"), ("files/sticker/%C3%89", "files/sticker/e%CC%81"),
    ("files/sticker/%E1%BA%9E", "files/sticker/ss"), ("files/sticker/x/y", "files/sticker/X/y"),
    ("files/photo/summer/a", "files/photo/summer/A")])
def test_paths_that_differ_in_case_or_form_of_letters_alone_are_refused(first: str, second: str):
    assert "case" in refused(archive_of({first: b"1", second: b"2"}))
    assert opened(archive_of({first: b"1"})) and opened(archive_of({second: b"1"}))


def test_owners_that_differ_in_case_are_two():
    contents = opened(archive_of({file_path("photo", owned_file_id("Summer", "1")): b"",
                                  file_path("photo", owned_file_id("summer", "1")): b""}))
    assert [file.owner_id for file in contents.files["photo"][1]] == ["Summer", "summer"]


@pytest.mark.parametrize("name", list(HONEST))
def test_a_member_that_is_there_twice_is_refused(name: str):
    pieces = [Piece(path.encode(), content) for path, content in HONEST.items()]
    manifest = Piece(b"manifest.json", manifest_of(HONEST))
    for other in (HONEST[name], b"other\n"):
        for again in ([Piece(name.encode(), other), *pieces], [*pieces, Piece(name.encode(), other)]):
            assert "two members" in refused(zip_of([*again, manifest]))
    assert "two members" in refused(zip_of([*pieces, manifest, manifest]))


def test_two_equal_members_among_very_many_are_found_in_one_pass():
    pieces = [Piece(b"history/relic/%d" % number, b"", method=0) for number in range(20_000)]
    content = zip_of([*pieces, pieces[-1]])
    reader = ArchiveReader(Bytes(content), 1_000_000)
    began = time.process_time()
    with pytest.raises(InvalidArchive, match="two members"):
        contents_of(reader, MADE_UP, len(content), SIZE_LIMIT)
    assert time.process_time() - began < 3  # each against each would take ten times that


@pytest.mark.parametrize("kind", ["gadget", "visit", "sketch", "thumbnail", "sticker", "photo"])
def test_records_of_a_kind_that_is_not_imported_are_refused(kind: str):
    assert kind in refused(archive_of({**HONEST, f"records/{kind}.jsonl": b""}))


@pytest.mark.parametrize("kind", ["gadget", "visit", "thumbnail", "album", "album-page"])
def test_files_of_a_kind_that_is_not_imported_are_refused(kind: str):
    assert kind in refused(archive_of({**HONEST, f"files/{kind}/x/y": b""}))


def test_the_services_own_working_data_is_no_kind_to_import():
    for holding in HOLDINGS:
        path = f"records/{holding.kind}.jsonl"
        if holding.portability.name != "CONTENT":
            assert holding.kind in refused(archive_of({path: b""}), HOLDINGS)
            assert holding.kind in refused(archive_of({f"files/{holding.kind}/a/b": b""}), HOLDINGS)


def test_a_schema_of_the_archives_own_changes_nothing():
    assert opened(archive_of({**HONEST, "schemas/album.json": b'{"type": "number"}', "schemas/gadget.json": b"not JSON"}))


def test_an_archive_without_manifest_or_with_one_elsewhere_is_refused():
    pieces = [Piece(path.encode(), content) for path, content in HONEST.items()]
    manifest = Piece(b"manifest.json", manifest_of(HONEST))
    for archive in (pieces, [manifest, *pieces], [*pieces[:2], manifest, *pieces[2:]], []):
        assert "manifest.json" in refused(zip_of(archive))


def honest_manifest() -> dict:
    return json.loads(manifest_of(HONEST))


def with_member(**changes) -> bytes:
    manifest = honest_manifest()
    manifest["members"][0] |= changes
    return json.dumps(manifest).encode()


def without(*names: str) -> bytes:
    return json.dumps({name: value for name, value in honest_manifest().items() if name not in names}).encode()


MANIFESTS = {
    "empty": b"", "no JSON": b"{", "two": manifest_of(HONEST) * 2, "an array": b"[]", "null": b"null", "a number": b"7",
    "not UTF-8": b'{"\xff": 1}',
    "deep": b"[" * 100_000 + b"]" * 100_000, "deep within": b'{"x":' * 100_000, "huge number": b'{"formatVersion": ' + b"9" * 10_000 + b"}",
    "large exponent": manifest_of(HONEST).replace(b'"formatVersion": 1', b'"formatVersion": 1e999'),
    "NaN": manifest_of(HONEST)[:-1] + b', "x": NaN}',
    "infinity": manifest_of(HONEST)[:-1] + b', "x": -Infinity}', "a name twice": manifest_of(HONEST)[:-1] + b', "format": "x"}',
    "a name twice within": manifest_of(HONEST).replace(b'"path": "account.json"', b'"path": "account.json", "path": "account.json"'),
    "another format": manifest_of(HONEST, format="something"), "no format": without("format"), "no version": without("formatVersion"),
    "an older version": manifest_of(HONEST, formatVersion=0), "a newer version": manifest_of(HONEST, formatVersion=2),
    "a version in words": manifest_of(HONEST, formatVersion="1"), "a version of truth": manifest_of(HONEST, formatVersion=True),
    "a fraction": manifest_of(HONEST, formatVersion=1.0), "no counts": without("counts"), "no members": without("members"),
    "no root": without("merkleRoot"),
    "counts are a list": manifest_of(HONEST, counts=[]), "a negative count": manifest_of(HONEST, counts={"album": -1}),
    "members are an object": manifest_of(HONEST, members={}), "members are names": manifest_of(HONEST, members=["account.json"]),
    "no member": manifest_of(HONEST, members=[]), "root of another length": manifest_of(HONEST, merkleRoot="00"),
    "root in capitals": manifest_of(HONEST, merkleRoot="A" * 64), "a path of a number": with_member(path=7),
    "no size": with_member(sizeBytes=None),
    "a size in words": with_member(sizeBytes="2"), "a negative size": with_member(sizeBytes=-1),
    "a size of truth": with_member(sizeBytes=True),
    "another size": with_member(sizeBytes=3), "a short hash": with_member(sha256="00"), "a hash of a number": with_member(sha256=0),
    "a fact more": with_member(mode=0o777), "lines of what has none": with_member(lines=1),
    "another path": with_member(path="account2.json"),
    "itself": with_member(path="manifest.json"), "a member twice": json.dumps(
        honest_manifest() | {"members": [*honest_manifest()["members"], honest_manifest()["members"][0]]}).encode(),
    "a member less": json.dumps(honest_manifest() | {"members": honest_manifest()["members"][1:]}).encode(),
    "a member more": manifest_of({**HONEST, "schemas/note.json": b"{}"}),
    "other counts": manifest_of(HONEST, counts={**honest_manifest()["counts"], "album": 2}),
    "counts of what is not there": manifest_of(HONEST, counts={**honest_manifest()["counts"], "gadget": 1}),
    "counts too few": manifest_of(HONEST, counts={"album": 1}),
}


@pytest.mark.parametrize("manifest", MANIFESTS.values(), ids=MANIFESTS)
def test_a_manifest_that_is_not_that_of_the_archive_is_refused(manifest: bytes):
    message = refused(archive_of(HONEST, manifest))
    assert message.isprintable() and len(message) < 300


def test_lines_must_be_counted_and_files_not():
    manifest = honest_manifest()
    for member in manifest["members"]:
        if member["path"] == "records/album.jsonl":
            del member["lines"]
    refused(archive_of(HONEST, json.dumps(manifest).encode()))
    manifest = honest_manifest()
    next(member for member in manifest["members"] if member["path"] == "files/sticker/star")["lines"] = 1
    refused(archive_of(HONEST, json.dumps(manifest).encode()))


def test_a_manifest_larger_than_any_export_has_is_not_even_unpacked():
    assert "larger" in refused(archive_of(HONEST, manifest_of(HONEST)[:-1] + b" " * 1_100_000 + b"}"))
    assert opened(archive_of(HONEST, manifest_of(HONEST)[:-1] + b" " * 900_000 + b"}"))


def sizes(size_bytes: int, packed_bytes: int) -> bytes:
    """An archive whose album lines claim to unpack to so much."""
    pieces = [Piece(b"records/album.jsonl", b"", packed=bytes(packed_bytes), local={"size": size_bytes}, central={"size": size_bytes})]
    return zip_of([*pieces, Piece(b"manifest.json", manifest_of({}))])


def test_a_member_that_would_unpack_to_more_than_any_export_has_is_refused():
    assert "unpack" in refused(sizes((64 << 20) + 250 * 1000 + 1, 1000), size_limit=1 << 40)
    assert "unpack" not in refused(sizes((64 << 20) + 250 * 1000, 1000), size_limit=1 << 40)


def test_an_archive_that_would_unpack_to_more_than_is_allowed_is_refused():
    assert "unpack" in refused(sizes(4 * SIZE_LIMIT, 1_000_000))  # and the manifest
    assert "unpack" not in refused(sizes(4 * SIZE_LIMIT - 10_000, 1_000_000))


def test_many_small_bombs_are_refused_together():
    bombs = [Piece(f"files/sticker/{number}".encode(), b"", packed=bytes(100), local={"size": 60 << 20}, central={"size": 60 << 20})
             for number in range(20)]
    assert "unpack" in refused(zip_of([*bombs, Piece(b"manifest.json", manifest_of({}))]), size_limit=1 << 40)


def test_lines_that_repeat_much_are_no_bomb():
    lines = b"".join(b'{"id":"%08d","public":true,"title":"%s"}\n' % (number, b"x" * 1000) for number in range(90_000))
    content = archive_of({"records/album.jsonl": lines})
    assert len(lines) > (64 << 20) and len(lines) / len(content) > 50
    assert opened(content, size_limit=1 << 30)


def test_a_zip_within_the_archive_is_a_file_like_any_other():
    inner = archive_of(HONEST)
    contents = opened(archive_of({"files/sticker/inner.zip": inner}))
    assert contents.members["files/sticker/inner.zip"].sha256 == hashlib.sha256(inner).digest()
