"""Lines, files, owners, hashes and roots that are not right: an archive is refused whole for any of them."""
from __future__ import annotations

import json
from typing import Any

import pytest

from shared.errors import InvalidRequest
from shared.lifecycle.archive_format import LINE_LIMIT_BYTES
from shared.lifecycle.archive_reader import ArchiveReader, InvalidArchive
from shared.lifecycle.import_contents import contents_of
from shared.lifecycle.import_models import Place
from shared.lifecycle.import_records import ArchiveRecords
from shared.lifecycle.import_validation import RecordCheck, Validation
from shared.storage.holdings import BLOCKLIST, BLOCKLIST_ITEM, Holding, Portability, Shape
from tests.integration.lifecycle.made_up import ALBUM, MADE_UP
from tests.unit.lifecycle.zips import Bytes, archive_of, lines_of, manifest_of

COUNTER = Holding(kind="counter", shape=Shape.RECORD, portability=Portability.CONTENT, keeps="Plain values.", key="-",
                  plain=("count", "share", "at", "name"), content=("extra",), retention="-", schema={
                      "id": {"type": "string"}, "count": {"type": "integer"}, "share": {"type": "number"},
                      "at": {"type": "string", "format": "date-time"}, "name": {"type": "string"}, "extra": {}})
KINDS = (*MADE_UP, COUNTER, BLOCKLIST, BLOCKLIST_ITEM)
ALBUMS = lines_of({"id": "summer", "public": True, "title": "S"}, {"id": "winter", "public": False, "title": "W"})
PAGES = lines_of(*({"id": f"{owner}-{number}", "parent": owner, "text": "t"} for owner in ("summer", "winter") for number in (1, 2)))
NOTES = lines_of({"id": "n", "parent": "summer-2", "text": ""}, {"id": "n", "parent": "winter-1", "text": ""})
HONEST = {"files/photo/summer/1": b"jpeg", "files/sticker/star": b"*", "records/album-page.jsonl": PAGES, "records/album.jsonl": ALBUMS,
          "records/note.jsonl": NOTES, "history/visit.jsonl": b"anything\n"}
COUNT = {"at": "2026-03-01T12:00:00Z", "count": 1, "extra": 1, "id": "c", "name": "n", "share": 0.5}


def validated(content: bytes, checks: dict[str, RecordCheck] | None = None, places: list[Place] | None = None,
              place: Place | None = None) -> None:
    contents = contents_of(ArchiveReader(Bytes(content), 1000), KINDS, len(content), 1 << 40)
    Validation(contents, ArchiveRecords(contents, "import"), KINDS, checks or {}, lambda done: None).run(
        place or Place(), ([] if places is None else places).append)


def refused(contents: dict[str, bytes], manifest: bytes | None = None, **options: Any) -> str:
    with pytest.raises(InvalidArchive) as refusal:
        validated(archive_of(contents, manifest), **options)
    return refusal.value.message


def test_an_honest_archive_is_taken():
    validated(archive_of(HONEST))
    validated(archive_of({}))
    validated(archive_of({"records/counter.jsonl": lines_of(COUNT)}))


def test_it_can_be_taken_up_again_between_any_two_members_and_judges_the_same():
    places: list[Place] = []
    honest, wrong = archive_of(HONEST), archive_of(HONEST, manifest_of(HONEST, merkleRoot="0" * 64))
    validated(honest, places=places)
    assert len(places) == len(HONEST)
    for place in places:
        validated(honest, place=place)
        with pytest.raises(InvalidArchive, match="Merkle"):
            validated(wrong, place=place)


@pytest.mark.parametrize("path", list(HONEST))
def test_bytes_that_the_manifest_does_not_vouch_for_are_refused(path: str):
    others = {**HONEST, path: HONEST[path].replace(b"t", b"u").replace(b"S", b"T").replace(b"*", b"+").replace(b"j", b"k").replace(b'""',
        b"' ")}
    if others[path] == HONEST[path]:
        others[path] = HONEST[path].replace(b"n", b"m")
    refused(others, manifest_of(HONEST))


@pytest.mark.parametrize("path", ["records/album.jsonl", "history/visit.jsonl"])
def test_a_number_of_lines_that_is_not_right_is_refused(path: str):
    manifest = json.loads(manifest_of(HONEST))
    next(member for member in manifest["members"] if member["path"] == path)["lines"] += 1
    manifest["counts"][path.split("/")[1].removesuffix(".jsonl")] += 1
    assert "lines instead of" in refused(HONEST, json.dumps(manifest).encode())


def test_a_root_that_is_not_right_is_refused():
    assert "Merkle" in refused(HONEST, manifest_of(HONEST, merkleRoot="0" * 64))
    assert "Merkle" in refused({}, manifest_of({}, merkleRoot="0" * 64))


LINES = {
    "no JSON": b"{\n", "empty": b"\n", "a word": b"album\n", "an array": b"[]\n", "a number": b"7\n", "null": b"null\n",
    "no newline": b'{"id":"a","public":true,"title":""}', "not UTF-8": b'{"id":"\xff","public":true,"title":""}\n',
    "UTF-16": '{"id":"a","public":true,"title":""}'.encode("utf-16") + b"\n",
    "byte order mark": b'\xef\xbb\xbf{"id":"a","public":true,"title":""}\n',
    "raw surrogate": b'{"id":"a","public":true,"title":"\xed\xa0\x80"}\n', "carriage return": b'{"id":"a","public":true,"title":""}\r\n',
    "white space": b'{"id": "a", "public": true, "title": ""}\n', "another order": b'{"public":true,"id":"a","title":""}\n',
    "escaped for nothing": b'{"id":"\\u0061","public":true,"title":""}\n',
    "a name twice": b'{"id":"a","id":"a","public":true,"title":""}\n',
    "a name twice, another id": b'{"id":"a","id":"b","public":true,"title":""}\n', "a name missing": b'{"id":"a","public":true}\n',
    "a name more": b'{"id":"a","public":true,"title":"","zebra":1}\n',
    "derived": b'{"id":"a","public":true,"shelf":"s","title":"","views":1}\n',
    "prototype": b'{"__proto__":{},"id":"a","public":true,"title":""}\n', "an owner": b'{"id":"a","parent":"b","public":true,"title":""}\n',
    "another type": b'{"id":"a","public":"true","title":""}\n', "null value": b'{"id":null,"public":true,"title":""}\n',
    "empty id": b'{"id":"","public":true,"title":""}\n', "long id": b'{"id":"' + b"x" * 513 + b'","public":true,"title":""}\n',
    "escaped id": b'{"id":"' + "é".encode() * 100 + b'","public":true,"title":""}\n',
    "id of a lone surrogate": b'{"id":"\\ud800","public":true,"title":""}\n', "two on a line": b'{"id":"a","public":true,"title":""}{}\n',
    "deep": b"[" * 100_000 + b"\n", "deep within": b'{"id":' * 60_000 + b"\n",
    "too large": b'{"id":"a","public":true,"title":"' + b"x" * 65_000 + b'"}\n',
    "too long": b'{"id":"a","public":true,"title":"' + b"x" * LINE_LIMIT_BYTES + b'"}\n', "endless": b"x" * 3_000_000,
    "NUL": b'{"id":"a\0","public":true,"title":""}\n', "comment": b'{"id":"a",/*x*/"public":true,"title":""}\n',
}


@pytest.mark.parametrize("line", LINES.values(), ids=LINES)
def test_a_line_that_is_not_as_an_export_writes_it_is_refused_and_named(line: bytes):
    first = b'{"id":"\\u0000","public":true,"title":""}\n'
    assert "line 1" in refused({"records/album.jsonl": line}, _counted({"records/album.jsonl": line}))
    contents = {"records/album.jsonl": first + line}
    message = refused(contents, _counted(contents))
    assert "line 2" in message and message.isascii() and len(message) < 300


def _counted(contents: dict[str, bytes]) -> bytes | None:
    """Where the last line has no end, count it as the archive's maker would."""
    content = contents["records/album.jsonl"]
    if content.endswith(b"\n"):
        return None
    manifest = json.loads(manifest_of(contents))
    manifest["members"][0]["lines"] = manifest["counts"]["album"] = content.count(b"\n") + 1
    return json.dumps(manifest).encode()


def test_a_record_as_large_as_one_may_be_is_taken():
    validated(archive_of({"records/album.jsonl": lines_of({"id": "a", "public": True, "title": "x" * 64_900})}))
    validated(archive_of({"records/album.jsonl": lines_of({"id": "x" * 512, "public": True, "title": ""})}))
    validated(archive_of({"records/album.jsonl": b'{"id":"a","public":true,"title":"\\ud800"}\n'}))


@pytest.mark.parametrize("contents", [
    {"records/blocklist.jsonl": b'{"description":"\\ud800","id":"Garden","itemKey":"' + b"ab" * 32 + b'"}\n'},
    {"records/blocklist.jsonl": b'{"description":"","id":"Garden","itemKey":"' + b"ab" * 32 + b'"}\n',
     "records/blocklist-item.jsonl": b'{"description":"","id":"' + b"0" * 8 + b"-0000" * 3 + b"-" + b"0" * 12
     + b'","isRegex":false,"parent":"Garden","text":"x\\udfff"}\n'}], ids=["list", "item"])
def test_half_a_surrogate_pair_is_no_text_of_a_blocklist_since_no_answer_could_hold_it(contents: dict[str, bytes]):
    assert "line 1: it breaks the rule pattern" in refused(contents)


@pytest.mark.parametrize("change", [
    {"count": 1 << 31}, {"count": -(1 << 31) - 1}, {"count": 10**4000}, {"count": 1.5}, {"count": True}, {"share": "1"},
    {"at": "yesterday"},
    {"at": "2026-03-01T12:00:00+00:00"}, {"at": "2026-03-01T12:00:00"}, {"at": "2026-03-01T12:00:00.000Z"}, {"at": "1600-12-31T23:59:59Z"},
    {"at": "2026-02-30T00:00:00Z"}, {"name": "x" * 32_001}, {"name": "\U0001f955" * 16_001}])
def test_plain_values_that_cannot_be_kept_are_refused(change: dict):
    assert "line 1" in refused({"records/counter.jsonl": lines_of({**COUNT, **change})})


@pytest.mark.parametrize("change", [
    {"count": (1 << 31) - 1}, {"count": -(1 << 31)}, {"name": "x" * 32_000}, {"name": "\U0001f955" * 16_000},
    {"at": "1601-01-01T00:00:00Z"},
    {"share": 1e300}, {"extra": 10**400}, {"extra": {"deep": [[[[None]]]]}}])
def test_values_at_the_limit_are_taken(change: dict):
    validated(archive_of({"records/counter.jsonl": lines_of({**COUNT, **change})}))


@pytest.mark.parametrize("value", [b"NaN", b"Infinity", b"-Infinity", b"1e999", b"-1e999", b"01", b"+1", b".5", b"1.", b"0x10", b"1" * 5000,
                                   b"1_000",
                                   b"1E2", b"1e2", b"1.50", b"-0"])
def test_numbers_that_are_none_or_in_another_form_are_refused(value: bytes):
    line = lines_of(COUNT).replace(b'"extra":1', b'"extra":' + value)
    if value == b"-0":  # JSON's own integer, which comes back as 0
        assert "written as an export" in refused({"records/counter.jsonl": line})
        return
    assert "line 1" in refused({"records/counter.jsonl": line})


@pytest.mark.parametrize(("path", "content"), [
    ("records/album.jsonl", ALBUMS * 2), ("records/album.jsonl", b"".join(reversed(ALBUMS.splitlines(True)))),
    ("records/album-page.jsonl", lines_of({"id": "p", "parent": "summer", "text": ""}, {"id": "p", "parent": "summer", "text": ""})),
    ("records/album-page.jsonl", lines_of({"id": "q", "parent": "summer", "text": ""}, {"id": "p", "parent": "summer", "text": ""})),
    ("records/album-page.jsonl", lines_of({"id": "p", "parent": "winter", "text": ""}, {"id": "q", "parent": "summer", "text": ""})),
    ("records/album-page.jsonl", lines_of({"id": "p", "parent": "autumn", "text": ""})),
    ("records/album-page.jsonl", lines_of({"id": "p", "parent": "zenith", "text": ""})),
    ("records/album-page.jsonl", lines_of({"id": "p", "parent": "Summer", "text": ""})),
    ("records/album-page.jsonl", lines_of({"id": "p", "text": ""})),
    ("records/note.jsonl", lines_of({"id": "n", "parent": "summer", "text": ""})),
    ("records/note.jsonl", lines_of({"id": "n", "parent": "summer-3", "text": ""})),
    ("files/photo/autumn/1", b""), ("files/photo/SUMMER/1", b"")],
    ids=["twice", "backwards", "a child twice", "children backwards", "owners backwards", "no owner", "none at the end",
         "an owner in another case",
         "no owner named", "an owner of another kind", "no such middle", "a file without owner", "a file's owner in another case"])
def test_records_twice_in_another_order_or_without_owner_are_refused(path: str, content: bytes):
    contents = {name: each for name, each in HONEST.items() if name in ("records/album.jsonl", "records/album-page.jsonl")
                and not (path == "records/album-page.jsonl" and name == path)}
    refused({**contents, path: content})


def test_children_without_the_member_of_their_owners_are_refused():
    for path in ("records/album-page.jsonl", "records/note.jsonl", "files/photo/summer/1"):
        assert "owner" in refused({path: HONEST[path]})


def test_two_records_that_own_others_cannot_have_one_id_even_under_different_owners():
    pages = lines_of({"id": "p", "parent": "summer", "text": ""}, {"id": "p", "parent": "winter", "text": ""})
    assert "owns others" in refused({"records/album.jsonl": ALBUMS, "records/album-page.jsonl": pages})
    notes = lines_of({"id": "n", "parent": "summer-1", "text": ""}, {"id": "n", "parent": "summer-2", "text": ""})
    validated(archive_of({**HONEST, "records/note.jsonl": notes}))


def test_what_a_kind_asks_beyond_its_schema_is_asked_of_each_owners_records_in_order():
    asked: list[tuple[str, int]] = []

    def new_check(owner):
        count = 0

        def check(values) -> None:
            nonlocal count
            count += len(values)
            asked.append((owner.get("id", ""), count))
            for number, each in enumerate(values):
                if each["text"] == "wrong":
                    raise InvalidRequest("it is wrong.", str(number))
        return check
    pages = [{"id": f"p{number:04}", "parent": "summer", "text": ""} for number in range(1201)] + [{"id": "q", "parent": "winter",
        "text": ""}]
    contents = {"records/album.jsonl": ALBUMS, "records/album-page.jsonl": lines_of(*pages)}
    validated(archive_of(contents), checks={"album-page": new_check})
    assert asked == [("summer", 500), ("summer", 1000), ("summer", 1201), ("winter", 1)]
    for number in (0, 499, 500, 1200, 1201):
        wrong = [{**page, "text": "wrong"} if at == number else page for at, page in enumerate(pages)]
        message = refused({**contents, "records/album-page.jsonl": lines_of(*wrong)}, checks={"album-page": new_check})
        assert message == f"records/album-page.jsonl, line {number + 1}: it is wrong."


def test_schemas_are_our_own():
    schema = json.dumps({"type": "object"}).encode()
    refused({"schemas/album.json": schema, "records/album.jsonl": lines_of({"id": "a"})})


def test_no_message_repeats_what_a_record_holds():
    canary = "a canary that sings in the mine"
    for values in ({"id": canary, "public": canary, "title": ""}, {"id": "a", "public": True, "title": [canary]}, {canary: canary},
                   {"id": "a", canary: 1, "public": True, "title": ""}):
        assert "canary" not in refused({"records/album.jsonl": lines_of(values)})
    for change in ({"at": canary}, {"count": canary}, {"name": [canary]}):
        assert "canary" not in refused({"records/counter.jsonl": lines_of({**COUNT, **change})})


def test_the_keys_of_what_is_imported_are_made_from_the_import_and_always_the_same():
    content = archive_of(HONEST)
    contents = contents_of(ArchiveReader(Bytes(content), 1000), KINDS, len(content), 1 << 40)
    shelves = [[placed.record.plain["shelf"] for placed in ArchiveRecords(contents, name).placed(ALBUM)] for name in ("one", "one", "two")]
    assert shelves[0] == shelves[1] and len({*shelves[0], *shelves[2]}) == 4
