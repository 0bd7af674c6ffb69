"""Imports that are deleted, erased or expire while something of theirs is under way: nothing of theirs stays."""
from __future__ import annotations

import hashlib
import threading
from itertools import count

import pytest

from shared.errors import NotFound
from shared.storage.holdings import IMPORT, IMPORT_STATE, IMPORT_UPLOAD
from tests.integration.lifecycle.archives import archive_of
from tests.integration.lifecycle.importing import Importer, Raw, orphans
from tests.integration.lifecycle.made_up import add_album
from tests.integration.storage.wire import Died, Wire, dies_after, is_write, meanwhile
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
