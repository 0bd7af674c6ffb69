"""The archive of an account: what is in it, in which order, and what happens when others change the account meanwhile."""
from __future__ import annotations

import hashlib
import json
import zipfile

import pytest
from jsonschema import Draft202012Validator

from shared.lifecycle.archive_format import MANIFEST_PATH, schema_of
from shared.lifecycle.merkle import MerkleTree
from shared.storage.account_store import Record
from shared.storage.holdings import HOLDINGS, Holding, Portability, Shape
from tests.integration.lifecycle.archives import archive_of
from tests.integration.lifecycle.made_up import (
    ALBUM,
    ALBUM_PAGE,
    MADE_UP,
    NOTE,
    PHOTO,
    SKETCH,
    STICKER,
    THUMBNAIL,
    VISIT,
    add_album,
    album,
    sha256,
)

UNDECLARED = Holding(kind="relic", shape=Shape.RECORD, portability=Portability.CONTENT, keeps="-", key="-", content=("text",),
                     retention="-")
UNDECLARED_BLOB = Holding(kind="relic-file", shape=Shape.BLOB, portability=Portability.CONTENT, keeps="-", key="-", retention="-")


def test_an_empty_account_has_every_member_with_nothing_in_it(account):
    archive = archive_of(account.store, HOLDINGS)
    content = {each.kind for each in HOLDINGS if each.portability is Portability.CONTENT}
    assert archive.summary.merkle_root == hashlib.sha256(b"").hexdigest()
    assert set(archive.summary.counts) >= content and not any(archive.summary.counts[kind] for kind in content)
    assert archive.lines("records/blocklist.jsonl") == []


def test_every_kind_is_in_the_place_that_its_portability_says(account):
    store = account.store
    shelf = add_album(store, "summer", {"p1": "one"}, {"front": b"jpeg"}, title="Été").plain["shelf"]
    store.records.upsert_all(NOTE, [Record("n1", {"text": "on page one"})], parent="p1")
    store.blobs.write(STICKER, "star", [b"png"])
    store.blobs.write(THUMBNAIL, f"{shelf}/front", [b"small"])
    store.records.insert(VISIT, Record("1", {"who": "me"}, {"at": "2026-01-02T00:00:00Z"}))
    store.records.insert(SKETCH, Record("1", {"text": "-"}, {"endsAt": "x"}))
    archive = archive_of(store)

    assert archive.lines("records/album.jsonl") == [{"id": "summer", "public": False, "title": "Été"}]
    assert archive.lines("records/album-page.jsonl") == [{"id": "p1", "parent": "summer", "text": "one"}]
    assert archive.lines("records/note.jsonl") == [{"id": "n1", "parent": "p1", "text": "on page one"}]
    assert archive.lines("history/visit.jsonl") == [{"at": "2026-01-02T00:00:00Z", "id": "1", "who": "me"}]
    assert archive.zip.read("files/photo/summer/front") == b"jpeg"
    assert archive.zip.read("files/sticker/star") == b"png"
    assert archive.summary.counts == {"album": 1, "album-page": 1, "note": 1, "photo": 1, "sticker": 1, "visit": 1}
    assert archive.zip.namelist() == [
        "account.json", "schemas/album-page.json", "schemas/album.json", "schemas/note.json", "schemas/visit.json",
        "files/photo/summer/front", "files/sticker/star", "records/album-page.jsonl", "records/album.jsonl", "records/note.jsonl",
        "history/visit.jsonl", "manifest.json"]


def test_the_manifest_tells_size_hash_and_count_of_every_member_and_the_root_of_what_can_be_imported(account):
    add_album(account.store, "a", {"1": "x", "2": "y"}, {"p": b"1" * 100_000})
    add_album(account.store, "b", {"1x": "x"}, {"q": b""})
    archive = archive_of(account.store)

    members = {member["path"]: member for member in archive.manifest["members"]}
    assert list(members) == archive.zip.namelist()[:-1]
    tree = MerkleTree()
    for path in sorted(members):
        content = archive.zip.read(path)
        assert (members[path]["sizeBytes"], members[path]["sha256"]) == (len(content), sha256(content))
        lines = content.split(b"\n")[:-1]
        if path.startswith(("records/", "history/")):
            assert members[path]["lines"] == len(lines)
        for leaf in lines if path.startswith("records/") else [hashlib.sha256(content).digest()] if path.startswith("files/") else []:
            tree.add(path.encode() + b"\n" + leaf)
    assert archive.manifest["merkleRoot"] == archive.summary.merkle_root == tree.root()
    assert archive.manifest["counts"] == dict(archive.summary.counts)
    assert (archive.summary.size_bytes, archive.summary.sha256) == (len(archive.content), sha256(archive.content))
    assert archive.zip.testzip() is None and archive.zip.namelist()[-1] == MANIFEST_PATH


def test_every_line_is_valid_by_the_schema_beside_it(account):
    add_album(account.store, "a", {"1": "x"})
    archive = archive_of(account.store)
    for holding in (ALBUM, ALBUM_PAGE):
        schema = json.loads(archive.zip.read(f"schemas/{holding.kind}.json"))
        assert schema == schema_of(holding)
        for line in archive.lines(f"records/{holding.kind}.jsonl"):
            Draft202012Validator(schema).validate(line)


@pytest.mark.parametrize("ids", [
    ["a", "B", "b/c", "b", "b c", "b\tc", "b!c", "b!", "b\x7f", "z", "é", "ê", "\U0001F955", "日本", "~", "|", "a|b", "%4", "#", "?", "\\"],
    ["x\x01", "x ", "x!", "x\"", "x-", "x/", "x0", "x<", "xA", "x[", "x`", "xa", "x{", "x}", "x~", "x\u00e9", "x"],
    [f"{number:x}" for number in range(300)]])
def test_records_are_in_the_order_of_their_ids_whatever_characters_they_have(account, ids):
    for name in ("o/1", "o 1"):
        add_album(account.store, name, {each: "" for each in ids})
    store = account.store
    for each in ids:
        store.records.insert(VISIT, Record(each, {"who": ""}, {"at": ""}))
    archive = archive_of(store)
    assert archive.ids("history/visit.jsonl") == sorted(ids)
    assert [(line["parent"], line["id"]) for line in archive.lines("records/album-page.jsonl")] == [
        (owner, each) for owner in ("o 1", "o/1") for each in sorted(ids)]


def test_files_are_in_the_order_of_their_paths_and_a_path_leads_nowhere_else(account):
    store = account.store
    for name in ("a", "a-b", "a/b", "..", "é"):
        add_album(store, name, photos={"1": name.encode()})
    paths = [path for path in archive_of(store).zip.namelist() if path.startswith("files/")]
    assert paths == sorted(paths) and len(paths) == 5
    assert all(path.isascii() and ".." not in path.split("/") for path in paths)


def test_the_root_does_not_depend_on_account_order_or_keys(account, new_account):
    other = new_account()
    for name, store in (("x", account.store), ("y", other.store)):
        for each in ("b", "a") if name == "x" else ("a", "b"):
            add_album(store, each, {"1" + each: "text"}, {"p": b"photo"})
    first, second = archive_of(account.store), archive_of(other.store)
    assert first.summary.merkle_root == second.summary.merkle_root
    assert first.summary.sha256 != second.summary.sha256  # account.json and the manifest name the account
    assert archive_of(account.store).content == first.content


@pytest.mark.parametrize("text", ["", "\ud800", "\udfff\ud800 lone", "\x00\x01", "\u2028", "\r\n", '"\\', "\U0001F955" * 10])
def test_a_line_is_utf8_and_says_the_text_as_it_is(account, text):
    add_album(account.store, "a", {"1": text}, title=text)
    archive = archive_of(account.store)
    assert archive.zip.read("records/album-page.jsonl").count(b"\n") == 1
    assert archive.lines("records/album-page.jsonl")[0]["text"] == text == archive.lines("records/album.jsonl")[0]["title"]


def test_what_has_lost_its_owner_is_left_out(account):
    store = account.store
    add_album(store, "kept", {"1": "x"}, {"p": b"x"})
    store.records.upsert_all(ALBUM_PAGE, [Record("2", {"text": "orphan"})], parent="gone")
    store.records.upsert_all(NOTE, [Record("3", {"text": "orphan of an orphan"})], parent="2")
    store.blobs.write(PHOTO, "gone/p", [b"orphan"])
    archive = archive_of(store)
    assert archive.ids("records/album-page.jsonl") == ["1"] and archive.ids("records/note.jsonl") == []
    assert [path for path in archive.zip.namelist() if path.startswith("files/")] == ["files/photo/kept/p"]


def test_what_no_holding_declares_is_exported_all_the_same(account):
    store = account.store
    store.records.insert(UNDECLARED, Record("1", {"text": "alone"}))
    store.records.upsert_all(UNDECLARED, [Record("2", {"text": "owned"})], parent="somebody")
    store.blobs.write(UNDECLARED_BLOB, "a b/c", [b"bytes"])
    archive = archive_of(store)
    assert archive.lines("history/relic.jsonl") == [
        {"id": "1", "text": "alone"}, {"id": "2", "parent": "somebody", "text": "owned"}]
    assert archive.zip.read("history/relic-file/a%20b/c") == b"bytes"
    assert archive.summary.counts["relic"] == 2 and archive.summary.counts["relic-file"] == 1
    assert archive.summary.merkle_root == hashlib.sha256(b"").hexdigest()


def test_a_kind_added_to_the_declared_ones_is_exported_without_another_change(account):
    account.store.blobs.write(STICKER, "star", [b"png"])
    add_album(account.store, "a")
    assert archive_of(account.store, (*HOLDINGS, ALBUM, STICKER)).summary.counts.items() >= {"album": 1, "sticker": 1}.items()


def test_more_records_than_one_page_are_all_there(account):
    add_album(account.store, "a", {f"{number:05}": "" for number in range(2100)})
    archive = archive_of(account.store)
    assert archive.ids("records/album-page.jsonl") == [f"{number:05}" for number in range(2100)]


def test_progress_grows_to_the_totals(account):
    add_album(account.store, "a", {f"{number}": "x" * 1000 for number in range(200)}, {"p": b"1" * 3_000_000})
    seen = []
    archive_of(account.store, on_progress=seen.append)
    assert [each.items_done for each in seen] == sorted(each.items_done for each in seen)
    assert (seen[-1].items_done, seen[-1].items_total) == (202, 202)
    assert (seen[-1].file_bytes_done, seen[-1].file_bytes_total) == (3_000_000, 3_000_000)
    assert len({each.items_done for each in seen}) > 3


def test_what_is_deleted_or_added_meanwhile_leaves_an_archive_in_which_every_child_has_its_owner(account):
    """At each step of the export somebody deletes one album with all it owns and adds another; one stays throughout."""
    store = account.store
    albums = {f"m{number}": add_album(store, f"m{number}", {f"{number}-{page}": "x" for page in range(3)}, {"p": b"x"})
              for number in range(8)}
    albums["stays"] = add_album(store, "stays", {"s1": "x", "s2": "y"}, {"p": b"stays"})
    steps = iter(range(100))

    def meanwhile(_) -> None:
        step = next(steps)
        if f"m{step}" in albums:
            shelf = albums[f"m{step}"].plain["shelf"]
            store.records.delete(ALBUM, f"m{step}")
            store.records.delete_all(ALBUM_PAGE, store.records.ids(ALBUM_PAGE, shelf)[0], shelf)
            store.blobs.delete_all(PHOTO, f"{shelf}/")
            add_album(store, f"new{step}", {f"new{step}": "x"}, {"p": b"y"})
    archive = archive_of(store, on_progress=meanwhile)
    assert next(steps) > 8, "the export took fewer steps than there were albums to delete"
    owners = set(archive.ids("records/album.jsonl"))
    assert {line["parent"] for line in archive.lines("records/album-page.jsonl")} <= owners
    assert {path.split("/")[2] for path in archive.zip.namelist() if path.startswith("files/")} <= owners
    assert {"id": "s1", "parent": "stays", "text": "x"} in archive.lines("records/album-page.jsonl")
    assert archive.zip.read("files/photo/stays/p") == b"stays"
    assert archive.zip.testzip() is None


def test_a_record_that_is_emptied_meanwhile_is_in_the_archive_once(account):
    store = account.store
    add_album(store, "a", {"1": "old"})

    def meanwhile(_) -> None:
        current = store.records.find(ALBUM, "a")
        fresh = album("a")
        store.records.replace(ALBUM, Record("a", fresh.content, fresh.plain, current.etag))
    archive = archive_of(store, on_progress=meanwhile)
    assert archive.ids("records/album.jsonl") == ["a"]


def test_a_large_file_is_streamed_and_a_file_of_each_size_around_the_limit_is_whole(account):
    sizes = [0, 1, 8 * 1024 * 1024, 8 * 1024 * 1024 + 1]
    for size in sizes:
        account.store.blobs.write(STICKER, str(size), [b"7" * size])
    archive = archive_of(account.store)
    assert [archive.zip.getinfo(f"files/sticker/{size}").file_size for size in sizes] == sizes
    assert {archive.zip.getinfo(f"files/sticker/{size}").compress_type for size in sizes} == {zipfile.ZIP_STORED}
    assert archive.zip.testzip() is None


def test_an_export_goes_on_when_the_data_key_is_rotated_meanwhile(services, account):
    store = account.store
    for name in ("a", "b", "c"):
        add_album(store, name, {f"{name}1": "text"}, {"p": b"photo"})
    expected = archive_of(store).summary.merkle_root
    rotated = []

    def meanwhile(_) -> None:
        if not rotated:
            rotated.append(services.key_rotation.rotate(account.account.id))
            opened().records.rewrite_under_current_key(None, 100)
            store = opened()
            store.blobs.rewrite_under_current_key(store.blobs.names())

    def opened():
        return services.accounts.open(services.accounts.get(account.account.id))
    assert archive_of(store, on_progress=meanwhile, reopen=opened).summary.merkle_root == expected
    assert rotated


def test_equal_made_up_kinds_are_declared_as_the_real_ones_are():
    assert not {each.kind for each in MADE_UP} & {each.kind for each in HOLDINGS}
