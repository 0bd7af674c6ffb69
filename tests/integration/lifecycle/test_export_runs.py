"""Runs of an export that meet another run, an end by force, a lost answer, a deletion or a rotation."""
from __future__ import annotations

import dataclasses
from datetime import timedelta
from itertools import count

import pytest

from shared.crypto.envelope import version_of
from shared.errors import Conflict, NotFound, Unavailable
from shared.lifecycle.export_job import ATTEMPTS
from shared.lifecycle.export_models import ExportState
from shared.storage.account_store import Record
from shared.storage.holdings import EXPORT_ARCHIVE
from shared.storage.tables import Row
from tests.integration.lifecycle.exporting import Clock, Exporter
from tests.integration.lifecycle.made_up import NOTE, PHOTO, add_album
from tests.integration.storage.wire import (
    Died,
    Sent,
    Wire,
    answering,
    dies_after,
    dies_before,
    is_write,
    lost_answer,
    meanwhile,
)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def exporter(settings, account, clock) -> Exporter:
    made = Exporter(settings, account.account.id, clock)
    add_album(made.store, "a", {"1": "text"}, {"p": b"photo"})
    return made


@pytest.fixture
def troubled(settings, account, clock, wire, exporter) -> Exporter:
    """The same account in a process whose line has trouble."""
    made = Exporter(settings, account.account.id, clock, wire)
    assert made.store
    wire.clear()
    return made


def is_upload(sent: Sent) -> bool:
    return sent.method == "PUT" and "/export-archive/" in sent.url


def assert_whole(exporter: Exporter, export_id: str) -> None:
    """The export has succeeded, and its archive is all that is left of whatever was tried."""
    export = exporter.find(export_id)
    assert export.state is ExportState.SUCCEEDED
    assert exporter.archives() == [f"{export.id}/{export.attempt}"]
    download = exporter.exports.open_link(exporter.exports.link(exporter.store, export.id))
    assert len(download.read(0, export.archive.size_bytes)) == export.archive.size_bytes
    assert export.archive.counts["album"] == 1


def uncommitted(exporter: Exporter, raw_blobs) -> list[str]:
    container = raw_blobs.get_container_client(f"a{exporter.account_id}")
    committed = {blob.name for blob in container.list_blobs()}
    return [blob.name for blob in container.list_blobs(include=["uncommittedblobs"]) if blob.name not in committed]


@pytest.fixture(scope="session")
def raw_blobs(azurite):
    from azure.storage.blob import BlobServiceClient

    return BlobServiceClient.from_connection_string(azurite.connection_string)


def test_two_deliveries_side_by_side_leave_one_archive_and_the_later_one_has_it(exporter, troubled, wire):
    export = exporter.start()
    wire.trouble(meanwhile(lambda: exporter.run(export.id)), is_upload)
    troubled.run(export.id)
    assert_whole(exporter, export.id)
    assert exporter.find(export.id).attempts == 2


def test_a_run_that_was_overtaken_stops_with_its_next_sign_of_life(exporter, troubled, wire, clock):
    for number in range(20):
        add_album(exporter.store, f"b{number}", {f"b{number}": "x"}, {"p": b"x"})
    export = exporter.start()
    clock.step = timedelta(seconds=1)
    wire.trouble(meanwhile(lambda: exporter.repository.replace(exporter.store, dataclasses.replace(
        exporter.find(export.id), attempt="f" * 32))), lambda sent: "/photo/" in sent.url and sent.method == "GET")
    troubled.run(export.id)
    read = [sent for sent in wire.sent if "/photo/" in sent.url and sent.method == "GET"]
    assert len(read) < 12, "it went on although another run had the export"
    assert exporter.archives() == []


def test_what_a_run_that_died_left_is_gone_once_the_next_one_is_done(exporter, troubled, wire, raw_blobs):
    for trouble in (dies_before, dies_after):
        for after in count():
            export = exporter.start()
            wire.clear()
            wire.trouble(trouble, is_write, after=after)
            try:
                troubled.run(export.id)
                died = False
            except Died:
                died = True
            wire.clear()
            exporter.run(export.id)
            assert_whole(exporter, export.id)
            assert uncommitted(exporter, raw_blobs) == []
            exporter.exports.delete(exporter.store, export.id)
            if not died:
                break
        assert after >= 3


def test_answers_that_get_lost_do_no_harm(exporter, settings, account, clock, raw_blobs):
    """The storage clients repeat the request, and the storage refuses it for what it did at the first."""
    wire = Wire(retries=2)
    trying = Exporter(settings, account.account.id, clock, wire)
    for after in count():
        export = exporter.start()
        wire.clear()
        wire.trouble(lost_answer, is_write, after=after)
        trying.run(export.id)
        was_lost = len([sent for sent in wire.sent if is_write(sent)]) > after
        assert_whole(exporter, export.id)
        assert exporter.find(export.id).attempts == 1
        exporter.exports.delete(exporter.store, export.id)
        if not was_lost:
            break
    assert after >= 3


def test_a_run_that_fails_is_tried_again_and_the_last_one_says_why(exporter, troubled, wire):
    export = exporter.start()
    for attempt in range(1, ATTEMPTS + 1):
        wire.clear()
        wire.trouble(answering(503), is_upload, times=99)
        with pytest.raises(Unavailable):
            troubled.run(export.id)
        found = exporter.find(export.id)
        assert found.attempts == attempt
        assert found.state is (ExportState.QUEUED if attempt < ATTEMPTS else ExportState.FAILED)
    assert "overloaded" in found.error and found.finished_at is not None
    exporter.run(export.id)
    assert exporter.find(export.id) == found
    assert exporter.archives() == []
    with pytest.raises(Conflict, match="failed"):
        exporter.exports.link(exporter.store, export.id)


def test_a_fault_of_ours_is_told_without_a_word_of_what_is_stored(exporter):
    table, _ = exporter.services.accounts.stores(exporter.account_id)
    table.upsert(Row("album", "wheelbarrow", {"payload": b"wheelbarrow", "shelf": "s", "public": False}))
    export = exporter.start()
    for _ in range(ATTEMPTS):
        with pytest.raises(Exception, match="ciphertext"):
            exporter.run(export.id)
    assert exporter.find(export.id).error == "An internal error occurred."


def test_an_export_that_is_deleted_while_it_runs_stops_and_leaves_nothing(exporter, troubled, wire, raw_blobs):
    export = exporter.start()
    wire.trouble(meanwhile(lambda: exporter.exports.delete(exporter.store, export.id)), is_upload)
    troubled.run(export.id)
    assert exporter.archives() == [] and exporter.find(export.id) is None
    assert uncommitted(exporter, raw_blobs) == []


def test_an_archive_whose_run_died_after_its_export_was_deleted_is_swept(exporter, troubled, wire):
    export = exporter.start()
    wire.trouble(meanwhile(lambda: exporter.exports.delete(exporter.store, export.id)), is_upload)
    wire.trouble(dies_after, lambda sent: "comp=blocklist" in sent.url)
    with pytest.raises(Died):
        troubled.run(export.id)
    assert len(exporter.archives()) == 1
    exporter.exports.revive(exporter.store)
    assert exporter.archives() == []


def test_an_account_that_is_deleted_while_it_is_exported_ends_the_run(exporter, troubled, wire, clock):
    export = exporter.start()
    clock.step = timedelta(seconds=1)
    store = exporter.store
    wire.trouble(meanwhile(lambda: exporter.services.account_deletion.delete(exporter.account_id, "operator")), is_upload)
    troubled.run(export.id)
    assert store.blobs.ids(EXPORT_ARCHIVE) == []
    troubled.run(export.id)


def test_an_account_whose_storage_is_destroyed_while_it_is_exported_ends_the_run(exporter, troubled, wire):
    export = exporter.start()
    table, container = exporter.services.accounts.stores(exporter.account_id)

    def destroy() -> None:
        table.destroy()
        container.destroy()
    wire.trouble(meanwhile(destroy), is_upload)
    troubled.run(export.id)
    assert export.id


def test_signs_of_life_show_how_far_a_run_is(exporter, troubled, wire, clock):
    for number in range(10):
        add_album(exporter.store, f"b{number}", photos={"p": b"12345"})
    export = exporter.start()
    clock.step = timedelta(seconds=1)
    seen = []
    wire.trouble(meanwhile(lambda: seen.append(exporter.exports.get(exporter.store, export.id))),
                 lambda sent: "/photo/" in sent.url and sent.method == "GET", times=99)
    troubled.run(export.id)
    assert {each.state for each in seen} == {ExportState.RUNNING}
    assert [each.progress.file_bytes_done for each in seen] == sorted(each.progress.file_bytes_done for each in seen)
    assert 0 < seen[-1].progress.items_done < seen[-1].progress.items_total
    assert seen[-1].updated_at > seen[0].updated_at


def test_an_archive_stays_readable_where_the_data_key_was_rotated_and_dropped_while_it_was_written(exporter, troubled, wire, clock):
    export = exporter.start()
    rotation = exporter.services.key_rotation

    def rotate() -> None:
        rotation.rotate(exporter.account_id)
        rotation.run()
    wire.trouble(meanwhile(rotate), is_upload)
    troubled.run(export.id)
    for _ in range(3):
        clock.pass_seconds(1800)
        rotation.run()
    account = exporter.services.accounts.get(exporter.account_id)
    assert set(account.data_keys.versions) == {2}
    _, container = exporter.services.accounts.stores(exporter.account_id)
    assert version_of(container.read_range(f"export-archive/{exporter.archives()[0]}", 0, 16)) == 2
    assert_whole(exporter, export.id)


def test_a_run_whose_key_was_dropped_before_it_ended_is_tried_again(exporter, troubled, wire, clock):
    export = exporter.start()
    rotation = exporter.services.key_rotation

    def rotate_and_drop() -> None:
        rotation.rotate(exporter.account_id)
        for _ in range(4):
            rotation.run()
            clock.pass_seconds(1800)
    wire.trouble(meanwhile(rotate_and_drop), lambda sent: "comp=blocklist" in sent.url)
    with pytest.raises(Exception, match="data key of this ciphertext is gone"):
        troubled.run(export.id)
    troubled.run(export.id)
    assert_whole(exporter, export.id)


def test_what_gave_no_sign_of_life_for_fifteen_minutes_is_queued_again(settings, account, clock, wire):
    watching = Exporter(settings, account.account.id, clock, wire)
    export = watching.start()

    def sent_again() -> int:
        wire.clear()
        watching.exports.revive(watching.store)
        return len([sent for sent in wire.sent if sent.method == "POST" and "/jobs/messages" in sent.url])
    clock.pass_seconds(15 * 60 - 1)
    assert sent_again() == 0
    clock.pass_seconds(1)
    assert sent_again() == 1
    assert sent_again() == 0, "it is given its time again"
    clock.pass_seconds(15 * 60)
    assert sent_again() == 1
    watching.repository.replace(watching.store, dataclasses.replace(watching.find(export.id), attempts=ATTEMPTS))
    clock.pass_seconds(15 * 60)
    assert sent_again() == 0
    failed = watching.exports.get(watching.store, export.id)
    assert failed.state is ExportState.FAILED and str(ATTEMPTS) in failed.error


def test_one_that_died_in_every_attempt_is_given_up_by_the_next_delivery(exporter, troubled, wire):
    export = exporter.start()
    for _ in range(ATTEMPTS):
        wire.clear()
        wire.trouble(dies_before, is_upload)
        with pytest.raises(Died):
            troubled.run(export.id)
    assert exporter.find(export.id).state is ExportState.RUNNING
    exporter.run(export.id)
    assert exporter.find(export.id).state is ExportState.FAILED
    with pytest.raises(Conflict, match="failed"):
        exporter.exports.link(exporter.store, export.id)


def test_records_and_files_that_are_deleted_while_they_are_read_do_not_fail_an_export(exporter, troubled, wire):
    shelf = add_album(exporter.store, "b", {"2": "x"}, {"q": b"x"}).plain["shelf"]
    exporter.store.records.upsert_all(NOTE, [Record("n", {"text": "x"})], parent="2")
    export = exporter.start()
    wire.trouble(meanwhile(lambda: exporter.store.blobs.delete(PHOTO, f"{shelf}/q")),
                 lambda sent: "/photo/" in sent.url and sent.method == "GET")
    troubled.run(export.id)
    export = exporter.find(export.id)
    assert export.state is ExportState.SUCCEEDED and export.archive.counts["photo"] in (1, 2)


def test_an_export_that_expired_before_it_ran_is_left_to_retention(exporter, clock):
    export = exporter.start()
    clock.pass_seconds(7 * 24 * 3600)
    exporter.run(export.id)
    assert exporter.find(export.id) == export
    with pytest.raises(NotFound):
        exporter.exports.get(exporter.store, export.id)
