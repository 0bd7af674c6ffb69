"""Imports on the storage: what an archive brings, what it leaves alone, and that one which is not right changes nothing."""
from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest

from shared.errors import Conflict, NotFound, PayloadTooLarge
from shared.lifecycle.import_models import ImportState, Omission
from shared.storage.account_store import Record
from shared.storage.holdings import BLOCKLIST, IMPORT_STATE, IMPORT_UPLOAD
from tests.integration.lifecycle.archives import archive_of
from tests.integration.lifecycle.importing import SIZE_LIMIT, Clock, Importer, Raw, orphans, shown
from tests.integration.lifecycle.made_up import ALBUM, ALBUM_PAGE, NOTE, SKETCH, STICKER, VISIT, add_album, album
from tests.unit.lifecycle.zips import archive_of as made_archive
from tests.unit.lifecycle.zips import lines_of, manifest_of


@pytest.fixture
def importer(settings, account) -> Importer:
    return Importer(settings, account.account)


@pytest.fixture
def raw(azurite, account) -> Raw:
    return Raw(azurite.connection_string, account.account.id)


@pytest.fixture
def filled(new_account):
    """An account with something of every kind."""
    store = new_account().store
    for name in ("Summer", "summer", "win/ter", "\u00e9t\u00e9", "z z"):
        record = add_album(store, name, {f"{name} {number}": "text" for number in range(3)}, {"1": b"jpeg", "more/2": b""}, title=name)
        store.records.upsert_all(NOTE, [Record("n", {"text": name})], parent=f"{name} 1")
        assert record
    add_album(store, "empty")
    store.blobs.write(STICKER, "star", [b"*" * 3_000_000])
    store.records.insert(VISIT, Record("1", {"who": "me"}, {"at": Clock().time}))
    store.records.insert(SKETCH, Record("1", {"text": ""}, {"endsAt": Clock().time}))
    return store


def test_an_archive_brings_all_that_it_holds_and_nothing_else(filled, importer, raw):
    exported = archive_of(filled)
    ended = importer.imported(exported.content, part_bytes=100_000)
    assert (ended.state, ended.error) == (ImportState.SUCCEEDED, "")
    assert ended.result is not None
    assert ended.result.taken == {"album": 6, "album-page": 15, "note": 5, "photo": 10, "sticker": 1}
    assert (ended.result.not_taken, ended.result.omission_count) == ({}, 0)
    assert ended.progress.done == ended.progress.total
    assert shown(importer.store) == shown(filled)
    assert archive_of(importer.store).summary.merkle_root == exported.summary.merkle_root
    rows, blobs = raw.everything()
    assert {partition.partition("|")[0] for partition, _ in rows} == {"album", "album-page", "note"}
    assert {name.partition("/")[0] for name in blobs} == {"photo", "sticker"}
    assert raw.working_blobs() == set()
    assert orphans(importer.store) == []


def test_what_is_made_anew_differs_from_the_old_account_and_from_another_import(filled, importer, settings, new_account):
    other = Importer(settings, new_account().account)
    content = archive_of(filled).content
    for each in (importer, other):
        each.imported(content)
    shelves = [store.records.find(ALBUM, "summer").plain["shelf"] for store in (filled, importer.store, other.store)]
    assert len(set(shelves)) == 3


def test_what_exists_is_left_as_it_is_with_all_that_it_owns_and_is_listed(filled, importer, raw):
    add_album(importer.store, "summer", {"own": "page"}, {"own": b"photo"}, title="mine")
    importer.store.blobs.write(STICKER, "star", [b"mine"])
    before = raw.everything()
    ended = importer.imported(archive_of(filled).content)
    after = raw.everything()
    assert all(after[0][row] == etag for row, etag in before[0].items())
    assert all(after[1][blob] == etag for blob, etag in before[1].items())
    assert shown(importer.store)["summer"] == ({"own"}, set(), {"own"})
    assert ended.result is not None
    assert ended.result.taken == {"album": 5, "album-page": 12, "note": 4, "photo": 8, "sticker": 0}
    assert ended.result.not_taken == {"album": 1, "album-page": 3, "note": 1, "photo": 2, "sticker": 1}
    assert set(ended.result.omissions) == {Omission("album", "summer", "It exists already."),
                                           Omission("sticker", "star", "It exists already.")}
    assert ended.result.omission_count == 2
    again = importer.imported(archive_of(filled).content)
    assert again.result is not None and again.result.omission_count == 7 and not any(again.result.taken.values())
    assert raw.everything() == after


@pytest.mark.parametrize("count", [1000, 1001])
def test_a_thousand_omissions_are_listed_and_the_rest_counted(importer, count):
    store = importer.store
    names = [f"{number:05}" for number in range(count)]
    store.records.upsert_all(ALBUM, [album(name) for name in names])
    lines = lines_of(*({"id": name, "public": True, "title": ""} for name in names))
    ended = importer.imported(made_archive({"records/album.jsonl": lines}))
    assert ended.result is not None
    assert ended.result.omission_count == count
    assert [omission.id for omission in ended.result.omissions] == names[:1000]


ALBUMS = lines_of({"id": "summer", "public": True, "title": ""})
HONEST = {"records/album.jsonl": ALBUMS, "records/album-page.jsonl": lines_of({"id": "p", "parent": "summer", "text": ""}),
          "files/sticker/star": b"*"}
HOSTILE = {
    "no archive": b"hello", "cut": made_archive(HONEST)[:-1], "cut in the middle": made_archive(HONEST)[:200],
    "followed": made_archive(HONEST) + b"x",
    "slip": made_archive({**HONEST, "files/sticker/../../x": b""}), "absolute": made_archive({**HONEST, "/x": b""}),
    "unknown kind": made_archive({**HONEST, "records/gadget.jsonl": b""}),
    "wrong hash": made_archive(HONEST, manifest_of({**HONEST, "files/sticker/star": b"+"})),
    "wrong root": made_archive(HONEST, manifest_of(HONEST, merkleRoot="0" * 64)),
    "wrong counts": made_archive(HONEST, manifest_of(HONEST, counts={})),
    "no owner": made_archive({**HONEST, "records/album-page.jsonl": lines_of({"id": "p", "parent": "x", "text": ""})}),
    "twice": made_archive({**HONEST, "records/album.jsonl": ALBUMS * 2}),
    "bad last line": made_archive({**HONEST, "records/album.jsonl": ALBUMS + b"{}\n"}),
    "another version": made_archive(HONEST, manifest_of(HONEST, formatVersion=2)),
    "too many members": made_archive({f"files/sticker/{number}": b"" for number in range(1001)}),
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_an_archive_that_is_not_right_is_refused_whole_and_nothing_is_written(importer, raw, content):
    add_album(importer.store, "mine", {"own": "page"}, {"own": b"photo"})
    before = raw.everything()
    ended = importer.imported(content)
    assert (ended.state, ended.result) == (ImportState.FAILED, None)
    assert ended.error and ended.finished_at
    assert raw.everything() == before
    assert raw.working_blobs() == set()
    importer.run(ended.id)  # a late message
    assert importer.service.get(importer.store, ended.id) == ended


def test_an_upload_of_another_hash_than_was_announced_is_refused(importer, raw):
    content = made_archive(HONEST)
    entry = importer.service.create(importer.store, len(content), hashlib.sha256(b"another").hexdigest())
    importer.service.put_part(importer.store, entry.id, 1, content)
    importer.service.start(importer.store, entry.id)
    importer.run(entry.id)
    assert "SHA-256 of the upload" in importer.service.get(importer.store, entry.id).error
    assert raw.everything() == ({}, {})


def test_parts_make_the_archive_in_the_order_of_their_numbers_and_the_newest_upload_counts(importer, raw):
    content = made_archive(HONEST)
    entry = importer.service.create(importer.store, len(content), hashlib.sha256(content).hexdigest())
    for number, part in ((3, content[200:]), (1, b"wrong" * 20), (2, content[100:200]), (1, content[:100])):
        importer.service.put_part(importer.store, entry.id, number, part)
    assert [(part.number, part.size_bytes) for part in importer.service.uploaded(importer.store, entry)] == [
        (1, 100), (2, 100), (3, len(content) - 200)]
    assert len(raw.working_blobs()) == 3
    importer.service.start(importer.store, entry.id)
    importer.run(entry.id)
    assert importer.service.get(importer.store, entry.id).state is ImportState.SUCCEEDED


def test_a_part_that_does_not_fit_what_was_announced_is_refused(importer, raw):
    entry = importer.service.create(importer.store, 100, "0" * 64)
    importer.service.put_part(importer.store, entry.id, 1, b"x" * 60)
    with pytest.raises(PayloadTooLarge):
        importer.service.put_part(importer.store, entry.id, 2, b"x" * 41)
    importer.service.put_part(importer.store, entry.id, 2, b"x" * 40)
    importer.service.put_part(importer.store, entry.id, 1, b"x" * 59)
    with pytest.raises(Conflict, match="99 bytes; 100"):
        importer.service.start(importer.store, entry.id)
    assert importer.service.get(importer.store, entry.id).state is ImportState.UPLOADING


def test_an_archive_at_the_limit_may_be_announced_and_a_larger_one_not(importer):
    importer.service.create(importer.store, SIZE_LIMIT, "0" * 64)
    with pytest.raises(PayloadTooLarge):
        importer.service.create(importer.store, SIZE_LIMIT + 1, "0" * 64)


@pytest.mark.parametrize(("numbers", "missing"), [([], 1), ([2], 1), ([1, 3], 2), ([1, 2, 10_000], 3)])
def test_an_import_with_a_missing_part_is_not_started_and_the_part_is_named(importer, numbers, missing):
    entry = importer.service.create(importer.store, 100, "0" * 64)
    for number in numbers:
        importer.service.put_part(importer.store, entry.id, number, b"x")
    with pytest.raises(Conflict, match=f"Part {missing} is missing"):
        importer.service.start(importer.store, entry.id)


def test_once_started_nothing_is_added_and_it_is_not_started_again(importer):
    import_id = importer.started(made_archive(HONEST))
    for state in (ImportState.QUEUED, ImportState.SUCCEEDED):
        assert importer.service.get(importer.store, import_id).state is state
        for call in (lambda: importer.service.put_part(importer.store, import_id, 1, b"x"),
                     lambda: importer.service.start(importer.store, import_id)):
            with pytest.raises(Conflict, match=state.value):
                call()
        importer.run(import_id)


def test_one_import_runs_at_a_time(importer):
    first, second = importer.started(made_archive(HONEST)), importer.uploaded(made_archive(HONEST))
    with pytest.raises(Conflict, match="queued"):
        importer.service.start(importer.store, second)
    importer.run(first)
    importer.service.start(importer.store, second)
    importer.run(second)
    assert importer.service.get(importer.store, second).result.omission_count == 2


def test_fifty_imports_are_kept_and_no_more(importer):
    ids = [importer.service.create(importer.store, 1, "0" * 64).id for _ in range(50)]
    with pytest.raises(Conflict):
        importer.service.create(importer.store, 1, "0" * 64)
    importer.service.delete(importer.store, ids[0])
    importer.service.create(importer.store, 1, "0" * 64)


def test_an_import_that_is_deleted_or_was_never_there_is_not_found(importer, raw):
    import_id = importer.uploaded(made_archive(HONEST))
    for _ in range(2):
        importer.service.delete(importer.store, import_id)
    for call in (lambda: importer.service.get(importer.store, import_id), lambda: importer.service.start(importer.store, import_id),
                 lambda: importer.service.put_part(importer.store, import_id, 1, b"x")):
        with pytest.raises(NotFound):
            call()
    assert raw.working_blobs() == set()
    importer.run(import_id)
    assert raw.everything() == ({}, {})


def test_an_expired_import_is_not_found_and_one_that_moves_does_not_expire(settings, account):
    clock = Clock()
    importer = Importer(settings, account.account, clock=clock)
    import_id = importer.started(made_archive(HONEST))
    clock.time += timedelta(hours=23)
    importer.run(import_id)
    clock.time += timedelta(hours=24) - timedelta(seconds=1)
    assert importer.service.get(importer.store, import_id).state is ImportState.SUCCEEDED
    clock.time += timedelta(seconds=1)
    with pytest.raises(NotFound):
        importer.service.get(importer.store, import_id)
    assert importer.service.list(importer.store) == []


def test_a_part_uploaded_while_the_import_starts_changes_nothing_that_counts(importer):
    """What is checked is what is written: each upload is a blob of its own."""
    content = made_archive(HONEST)
    import_id = importer.started(content)
    importer.store.blobs.write(IMPORT_UPLOAD, f"{import_id}/00001/{'9' * 20}late", [b"x" * len(content)])
    importer.run(import_id)
    assert importer.service.get(importer.store, import_id).state is ImportState.SUCCEEDED


def test_blocklists_match_at_once_and_keep_the_ids_of_their_items(services, new_account):
    from shared.blocklists.models import NewItem
    from shared.storage.holdings import HOLDINGS

    old, new = new_account().store, new_account().store
    services.blocklists.upsert(old, "Garden", "what grows")
    items = services.blocklists.add_items(old, "Garden", [NewItem("ripe apple", "red", False), NewItem("gr[ae]y pear", "", True),
                                                          NewItem("\u65e5\u672c", "", False)])
    content = archive_of(old, HOLDINGS).content
    entry = services.imports.create(new, len(content), hashlib.sha256(content).hexdigest())
    services.imports.put_part(new, entry.id, 1, content)
    services.imports.start(new, entry.id)
    services.imports.run(new.account_id, entry.id)
    taken = services.imports.get(new, entry.id).result.taken
    assert {kind: count for kind, count in taken.items() if count} == {"blocklist": 1, "blocklist-item": 3}
    assert new.records.find(BLOCKLIST, "Garden").content["index"]["rules"] > 0  # built by the import, not by the first request
    found = {item.id: item for item in services.blocklists.item_page(new, "Garden", None, 0, 100)[0]}
    assert found == {item.id: item for item in items}
    answer = services.text_analysis.analyze(new, "A ripe apple and a grey pear in \u65e5\u672c.", [], ["Garden"], True)
    assert {match.item_id for match in answer.matches} == {item.id for item in items}
    again = services.blocklists.add_items(new, "Garden", [NewItem("ripe apple", None, False)])
    assert again == [items[0]]
    assert archive_of(new, HOLDINGS).summary.merkle_root == archive_of(old, HOLDINGS).summary.merkle_root


@pytest.mark.parametrize("change", [
    {"text": "another apple"}, {"isRegex": True}, {"id": "7" * 8 + "-0000-8000-8000-000000000000"}],
    ids=["another text", "another sort", "another id"])
def test_an_item_whose_id_its_lists_key_does_not_make_is_refused(services, account, change):
    from shared.blocklists.repository import item_id_of

    key = "ab" * 32
    item = {"description": "", "id": item_id_of(key, "ripe apple", False), "isRegex": False, "parent": "Garden", "text": "ripe apple"}
    blocklist = {"description": "", "id": "Garden", "itemKey": key}
    content = made_archive({"records/blocklist.jsonl": lines_of(blocklist), "records/blocklist-item.jsonl": lines_of({**item, **change})})
    entry = services.imports.create(account.store, len(content), hashlib.sha256(content).hexdigest())
    services.imports.put_part(account.store, entry.id, 1, content)
    services.imports.start(account.store, entry.id)
    services.imports.run(account.store.account_id, entry.id)
    assert "line 1: its id" in services.imports.get(account.store, entry.id).error
    assert account.store.blobs.ids(IMPORT_STATE) == []


def test_an_archive_with_a_page_of_every_length_comes_back_page_by_page(importer, new_account):
    """Batches of a hundred, several owners, and owners without anything."""
    source = new_account().store
    for number in range(12):
        add_album(source, f"{number:02}", {f"{number:02}-{page:04}": "x" * page for page in range(number * 31)})
    content = archive_of(source).content
    assert importer.imported(content).result.taken["album-page"] == sum(number * 31 for number in range(12))
    assert shown(importer.store) == shown(source)
    assert len(importer.store.records.places(ALBUM_PAGE.kind, None, 5000)[0]) == sum(number * 31 for number in range(12))
