"""Imports that are deleted or erased while something of theirs is under way, or last too long: nothing of theirs stays."""
from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from datetime import timedelta
from itertools import count

import pytest

from shared.errors import NotFound
from shared.lifecycle.archive_reader import ArchiveReader, InvalidArchive
from shared.lifecycle.import_claim import Claim, SliceOver
from shared.lifecycle.import_contents import contents_of
from shared.lifecycle.import_models import ImportState, Place, Stage
from shared.lifecycle.import_records import ArchiveRecords
from shared.storage.holdings import IMPORT, IMPORT_STATE, IMPORT_UPLOAD
from tests.integration.lifecycle.archives import archive_of
from tests.integration.lifecycle.importing import Clock, Importer, Raw, orphans
from tests.integration.lifecycle.made_up import ALBUM, ALBUM_PAGE, MADE_UP, add_album
from tests.integration.storage.wire import Died, Wire, dies_after, is_write, meanwhile
from tests.unit.lifecycle.zips import Bytes
from tests.unit.lifecycle.zips import archive_of as made_archive


@pytest.fixture
def archive(new_account) -> bytes:
    store = new_account().store
    for name in ("summer", "winter"):
        add_album(store, name, {f"{name} 1": "", f"{name} 2": ""}, {"photo": b"jpeg"})
    return archive_of(store).content


@pytest.fixture
def raw(azurite, account) -> Raw:
    return Raw(azurite.connection_string, account.account.id)


@pytest.fixture
def importer_of(settings, account) -> Callable[..., Importer]:
    return lambda **options: Importer(settings, account.account, **options)


def is_upload(sent) -> bool:
    return sent.method == "PUT" and "/import-upload/" in sent.url


def test_a_part_that_arrives_after_its_import_was_deleted_is_not_kept(settings, account, raw):
    wire = Wire()
    importer, slow = (Importer(settings, account.account, each) for each in (None, wire))
    entry = importer.service.create(importer.store, 5, "0" * 64)
    importer.service.put_part(importer.store, entry.id, 1, b"abc")
    wire.trouble(meanwhile(lambda: importer.service.delete(importer.store, entry.id)), is_upload)
    with pytest.raises(NotFound):
        slow.service.put_part(slow.store, entry.id, 2, b"de")
    assert raw.working_blobs() == set()


def test_what_a_process_leaves_that_died_after_its_import_was_deleted_is_taken_away_in_time(settings, account, raw):
    wire = Wire()
    importer, dying = (Importer(settings, account.account, each) for each in (None, wire))
    kept = importer.service.create(importer.store, 3, "0" * 64)
    importer.service.put_part(importer.store, kept.id, 1, b"abc")
    entry = importer.service.create(importer.store, 3, "0" * 64)
    wire.trouble(meanwhile(lambda: importer.service.delete(importer.store, entry.id)), is_upload)
    wire.trouble(dies_after, is_upload)
    with pytest.raises((Died, NotFound)):
        dying.service.put_part(dying.store, entry.id, 1, b"abc")
    importer.store.blobs.write(IMPORT_UPLOAD, f"{entry.id}/00001/{'0' * 20}left", [b"abc"])
    importer.store.blobs.write(IMPORT_STATE, f"{entry.id}/plan-left", [b"{}"])
    importer.service.revive(importer.store)
    assert {name.split("/")[1] for name in raw.working_blobs()} == {kept.id}


def test_erasing_imports_while_one_runs_takes_away_what_it_had_half_written(settings, new_account, archive, azurite):
    happened = True
    for after in count(step=4):
        account = new_account().account
        wire = Wire()
        importer, running = (Importer(settings, account, each) for each in (None, wire))
        importer.uploaded(archive)
        import_id = importer.started(archive)
        erasing = threading.Thread(target=lambda importer=importer: importer.service.erase(importer.store))
        stopped = threading.Event()

        def erase(importer=importer, import_id=import_id, erasing=erasing, stopped=stopped) -> None:
            erasing.start()
            while importer.imports.find(importer.store, import_id).state == "running":
                stopped.wait(0.01)
        wire.trouble(meanwhile(erase), is_write, after=after)
        running.run(import_id)
        happened = sum(map(is_write, wire.sent)) > after
        if not happened:
            break
        importer.run(import_id)  # the message that stopping queues
        erasing.join(timeout=60)
        assert not erasing.is_alive()
        assert importer.store.records.places(IMPORT.kind, None, 10)[0] == []
        assert Raw(azurite.connection_string, account.id).working_blobs() == set()
        assert orphans(importer.store) == []
    assert after >= 8


def test_parts_of_what_the_service_works_by_are_no_kind_to_erase(services, account):
    for kind in ("import-upload", "import-state", "export-archive"):
        with pytest.raises(NotFound):
            services.erasures.erase_kinds(account.store, [kind], "kind", "key1")


def test_erasing_imports_with_one_that_waits_for_its_job_leaves_nothing(services, account):
    content = made_archive({})
    entry = services.imports.create(account.store, len(content), hashlib.sha256(content).hexdigest())
    services.imports.put_part(account.store, entry.id, 1, content)
    services.imports.start(account.store, entry.id)
    receipt_id = services.erasures.erase_kinds(account.store, ["import"], "kind", "key1")
    services.erasures.run(account.store, receipt_id)
    receipt = services.receipts.find(receipt_id)["receipt"]
    assert receipt["scan"]["writtenMeanwhile"] == []
    assert {each["kind"] for each in receipt["inventory"]["kinds"]} >= {"import", "import-upload"}
    assert services.imports.list(account.store) == []


def test_an_archive_that_takes_too_long_to_check_ends_with_that_word_before_the_host_ends_the_worker(importer_of):
    importer = importer_of(check_seconds=0)
    ended = importer.imported(made_archive({"records/album.jsonl": b'{"id":"a","public":true,"title":""}\n'}))
    assert ended.state is ImportState.FAILED and "longer to check" in ended.error
    assert importer_of(check_seconds=60).imported(made_archive({})).state is ImportState.SUCCEEDED


def test_a_member_whose_turn_comes_late_in_a_run_is_checked_by_the_next_one(services, importer_of):
    importer = importer_of()
    entry = importer.imports.find(importer.store, importer.started(made_archive({})))
    claim = Claim(services.accounts, importer.imports, importer.store, entry, Clock(), timedelta(hours=1), 1000, 1000, 0)
    with pytest.raises(InvalidArchive):
        claim.alive(1)
    claim.reached(Place(Stage.VALIDATE, step=3))
    with pytest.raises(SliceOver):
        claim.alive(1)
    claim.reached(Place(Stage.WRITE))
    claim.alive(1)


def test_lines_that_are_behind_an_import_are_not_looked_at_again():
    """What is taken up again in the middle of millions of lines gets on with the rest."""
    lines = b"".join(b'{"id":"%05d","public":true,"title":""}\n' % number for number in range(2000))
    pages = b"".join(b'{"id":"p%05d","parent":"%05d","text":""}\n' % (number, number) for number in range(2000))
    content = made_archive({"records/album-page.jsonl": pages, "records/album.jsonl": lines})
    contents = contents_of(ArchiveReader(Bytes(content), 1000), MADE_UP, len(content), 1 << 30)
    records = ArchiveRecords(contents, "import")
    for holding in (ALBUM, ALBUM_PAGE):
        whole = list(records.placed(holding))
        for first in (0, 1, 1999, 2000, 2001):
            rest = list(records.placed(holding, first=first))
            assert [(each.line, each.top, each.parent_key) for each in rest] == [
                (each.line, each.top, each.parent_key) for each in whole[first:]]
    unread = [b"not JSON\n" * 2000, b'{"id":"x","public":true,"title":""}\n']
    assert [each.record.id for each in records.placed(ALBUM, unread, first=2000)] == ["x"]
