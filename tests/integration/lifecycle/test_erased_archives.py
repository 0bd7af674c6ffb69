"""Erasing kinds takes away their copies too: archives of earlier exports, and those that are being written meanwhile."""
from __future__ import annotations

import dataclasses
import io
import threading
import zipfile
from collections.abc import Collection
from itertools import count

import pytest

from shared.errors import NotFound
from shared.lifecycle.export_models import ArchiveSummary, ExportState, Progress
from shared.storage.account_store import AccountStore, Record
from shared.storage.holdings import ERASURE, EXPORT_ARCHIVE
from tests.integration.lifecycle.erasing import OF_ALBUMS, Erasing, furnish
from tests.integration.lifecycle.exporting import Exporter
from tests.integration.lifecycle.made_up import MADE_UP, VISIT, add_album
from tests.integration.storage.wire import Died, Sent, Trouble, Wire, dies_after, dies_before, is_write, meanwhile


@pytest.fixture
def account(deployment):
    return deployment.worker().accounts.create("a")[0]


@pytest.fixture
def erasing(deployment, account) -> Erasing:
    return Erasing(deployment, account)


@pytest.fixture
def exporter(deployment, account) -> Exporter:
    return exporter_of(deployment, account)


def exporter_of(deployment, account, wire: Wire | None = None) -> Exporter:
    return Exporter(deployment.settings, account.id, deployment.clock, wire, MADE_UP)


def exported(exporter: Exporter) -> str:
    """The id of an export that has succeeded."""
    export_id = exporter.start().id
    exporter.run(export_id)
    assert exporter.find(export_id).state is ExportState.SUCCEEDED
    return export_id


def downloaded(exporter: Exporter, export_id: str) -> dict[str, bytes]:
    """The members of an archive."""
    download = exporter.exports.open_link(exporter.exports.link(exporter.store, export_id))
    with zipfile.ZipFile(io.BytesIO(download.read(0, download.archive.size_bytes))) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def assert_no_copy(deployment, exporter: Exporter, kinds: Collection[str]) -> None:
    """Every archive is one of a finished export, whole, and has nothing of these kinds."""
    finished = [export for export in exporter.repository.list(exporter.store) if export.state is ExportState.SUCCEEDED]
    for export in finished:
        assert not any(export.archive.counts.get(kind) for kind in kinds)
        members = downloaded(exporter, export.id)
        assert not any(content for name, content in members.items() if name.split("/")[-1] in [f"{kind}.jsonl" for kind in kinds])
    container = deployment.raw_blobs.get_container_client(f"a{exporter.account_id}")
    stored = {blob.name for blob in container.list_blobs(name_starts_with="export-archive/", include=["uncommittedblobs"])}
    assert stored == {f"export-archive/{export.id}/{export.attempt}" for export in finished}


def visit(store: AccountStore) -> None:
    store.records.insert(VISIT, Record("1", {"who": "me"}, {"at": "now"}))


def is_of_export(sent: Sent) -> bool:
    return sent.method == "PUT" and "PartitionKey='export'" in sent.url


def is_erasing_visits(sent: Sent) -> bool:
    return sent.method == "POST" and b"'visit'" in sent.body


def is_archive(sent: Sent) -> bool:
    """The request that makes a blob of what was uploaded."""
    return sent.method == "PUT" and "/export-archive/" in sent.url and "comp=blocklist" in sent.url


@pytest.mark.parametrize("kinds", [["album"], ["note"], ["photo"], ["sticker"], ["visit"], ["album-page", "photo"], ["sketch"]],
                         ids=" ".join)
def test_archives_that_hold_what_is_erased_go_and_the_receipt_counts_them(deployment, erasing, exporter, kinds):
    """A sketch is in no export itself, but what it owns is."""
    furnish(erasing.store)
    exports = [exported(exporter), exported(exporter)]
    link = exporter.exports.link(exporter.store, exports[0])
    receipt = erasing.erased(*kinds)
    assert receipt["archivesDeleted"] == 2
    for export_id in exports:
        with pytest.raises(NotFound):
            exporter.exports.get(exporter.store, export_id)
        with pytest.raises(NotFound):
            exporter.exports.link(exporter.store, export_id)
    with pytest.raises(NotFound):
        exporter.exports.open_link(link)
    assert exporter.archives() == []
    exported(exporter)
    assert_no_copy(deployment, exporter, kinds)


def test_archives_go_before_anything_else(deployment, account, exporter):
    wire = Wire()
    erasing = Erasing(deployment, account, wire)
    furnish(exporter.store)
    exported(exporter)
    seen = []
    receipt_id = erasing.start("visit")
    wire.trouble(meanwhile(lambda: seen.append(exporter.archives())), is_erasing_visits)
    erasing.run(receipt_id)
    assert seen == [[]]
    assert [each["step"] for each in erasing.receipt(receipt_id)["steps"]] == ["archivesDeleted", "inventoryTaken", "erased"]


def test_an_archive_that_holds_nothing_of_the_kind_stays(deployment, erasing, exporter):
    add_album(erasing.store, "a", {"1": "text"})
    without = exported(exporter)
    visit(erasing.store)
    exported(exporter)
    assert erasing.erased("visit")["archivesDeleted"] == 1
    assert [export.id for export in exporter.exports.list(exporter.store)] == [without]
    assert downloaded(exporter, without)["history/visit.jsonl"] == b""
    assert erasing.erased("visit")["archivesDeleted"] == 0
    assert_no_copy(deployment, exporter, ["visit"])


def test_kinds_that_no_export_holds_leave_archives_alone(deployment, account, exporter):
    services = deployment.worker()
    furnish(exporter.store)
    export_id = exported(exporter)
    receipt_id = services.erasures.erase_kinds(exporter.store, ["import"], "kind", "key1")
    services.erasures.run(exporter.store, receipt_id)
    assert "archivesDeleted" not in services.receipts.find(receipt_id)["receipt"]
    assert downloaded(exporter, export_id)


def test_erasing_exports_themselves_counts_them_as_any_other_kind(deployment, account, exporter):
    services = deployment.worker()
    furnish(exporter.store)
    exported(exporter)
    receipt_id = services.erasures.erase_kinds(exporter.store, ["export"], "kind", "key1")
    services.erasures.run(exporter.store, receipt_id)
    receipt = services.receipts.find(receipt_id)["receipt"]
    assert {each["kind"]: each["count"] for each in receipt["inventory"]["kinds"]} == {"export": 1, "export-archive": 1}
    assert "archivesDeleted" not in receipt
    assert exporter.exports.list(exporter.store) == [] and exporter.archives() == []


def test_an_archive_that_has_expired_and_is_there_still_goes_too(deployment, erasing, exporter):
    furnish(erasing.store)
    exported(exporter)
    deployment.clock.pass_seconds(8 * 24 * 3600)
    assert exporter.exports.list(exporter.store) == [] and len(exporter.archives()) == 1
    assert erasing.erased("visit")["archivesDeleted"] == 1
    assert exporter.archives() == []


@pytest.mark.parametrize(("wanted", "step"), [(is_write, 1), (lambda sent: not is_write(sent), 4)], ids=["writes", "reads"])
def test_an_export_that_is_written_meanwhile_does_not_end_with_a_copy(deployment, wanted, step):
    """The whole erasure between any two writes of the run, and here and there while it reads."""
    states = set()
    for after in count(0, step):
        account = deployment.worker().accounts.create("a")[0]
        erasing, exporter, wire = Erasing(deployment, account), exporter_of(deployment, account), Wire()
        visit(erasing.store)
        acting, export_id = exporter_of(deployment, account, wire), exporter.start().id
        wire.trouble(meanwhile(lambda erasing=erasing: erasing.erased("visit")), wanted, after=after)
        acting.run(export_id)
        if after >= sum(map(wanted, wire.sent)):
            break
        assert_no_copy(deployment, exporter, ["visit"])
        export = exporter.find(export_id)
        states.add(export.state)
        if export.state is ExportState.FAILED:
            assert "erased" in export.error and export.finished_at is not None
            exported(exporter)
    assert states == {ExportState.FAILED, ExportState.SUCCEEDED} and after >= 4


def test_an_export_that_comes_meanwhile_does_not_end_with_a_copy_either(deployment):
    """A whole export between any two requests of the erasure: before the data goes, or after."""
    deleted = set()
    for after in count():
        account = deployment.worker().accounts.create("a")[0]
        exporter, wire = exporter_of(deployment, account), Wire()
        erasing = Erasing(deployment, account, wire)
        visit(erasing.store)
        receipt_id = erasing.start("visit")
        sent_before = len(wire.sent)
        wire.trouble(meanwhile(lambda exporter=exporter: exported(exporter)), after=after)
        erasing.run(receipt_id)
        if after >= len(wire.sent) - sent_before:
            break
        assert_no_copy(deployment, exporter, ["visit"])
        deleted.add(erasing.receipt(receipt_id)["archivesDeleted"])
    assert after >= 20 and deleted == {0, 1}


def test_an_export_that_began_before_the_data_went_and_ends_after_is_stopped(deployment, account, exporter):
    exporting_wire, erasing_wire, has_read, may_end = Wire(), Wire(), threading.Event(), threading.Event()
    acting, erasing = exporter_of(deployment, account, exporting_wire), Erasing(deployment, account, erasing_wire)
    visit(exporter.store)
    export_ids: list[str] = []

    def wait() -> None:
        has_read.set()
        assert may_end.wait(60)

    def export() -> None:
        export_ids.append(exporter.start().id)
        exporting_wire.trouble(meanwhile(wait), is_archive)
        running.start()
        assert has_read.wait(60)
    running = threading.Thread(target=lambda: acting.run(export_ids[0]))
    erasing_wire.trouble(meanwhile(export), is_erasing_visits)
    assert erasing.erased("visit")["archivesDeleted"] == 0
    may_end.set()
    running.join(60)
    assert not running.is_alive() and exporter.find(export_ids[0]).state is ExportState.FAILED
    assert_no_copy(deployment, exporter, ["visit"])


def test_archives_go_and_are_counted_once_wherever_the_erasure_was_killed(deployment):
    """After each write, and so before the next. Beside the archive one that a worker was writing when it was killed."""
    for after in count():
        account = deployment.worker().accounts.create("a")[0]
        erasing, exporter, wire = Erasing(deployment, account), exporter_of(deployment, account), Wire()
        visit(erasing.store)
        exported(exporter)
        unfinished = left_by_a_killed_worker(deployment, account)
        dying, receipt_id = Erasing(deployment, account, wire), erasing.start("visit")
        wire.trouble(dies_after, is_write, after=after)
        try:
            dying.run(receipt_id)
            died = False
        except Died:
            died = True
        erasing.run(receipt_id)
        assert erasing.receipt(receipt_id)["archivesDeleted"] == 1
        assert exporter.find(unfinished).state is ExportState.FAILED
        assert_no_copy(deployment, exporter, ["visit"])
        assert not erasing.store.records.page(VISIT).records
        if not died:
            break
    assert after >= 12


def left_by_a_killed_worker(deployment, account, death: Trouble = dies_after) -> str:
    """The id of an export that says that it runs; its archive is there, or all but made."""
    wire = Wire()
    dying = exporter_of(deployment, account, wire)
    export_id = dying.start().id
    wire.trouble(death, is_archive)
    with pytest.raises(Died):
        dying.run(export_id)
    assert dying.find(export_id).state is ExportState.RUNNING
    return export_id


def test_a_second_run_between_any_two_requests_of_a_first_counts_the_same(deployment):
    for after in count(0, 2):
        account = deployment.worker().accounts.create("a")[0]
        erasing, exporter, wire = Erasing(deployment, account), exporter_of(deployment, account), Wire()
        visit(erasing.store)
        exported(exporter)
        first, receipt_id = Erasing(deployment, account, wire), erasing.start("visit")
        sent_before = len(wire.sent)
        wire.trouble(meanwhile(lambda erasing=erasing, receipt_id=receipt_id: erasing.run(receipt_id)), after=after)
        first.run(receipt_id)
        assert erasing.receipt(receipt_id)["archivesDeleted"] == 1
        assert_no_copy(deployment, exporter, ["visit"])
        if after >= len(wire.sent) - sent_before:
            break
    assert after >= 10


def test_what_a_killed_worker_had_not_made_an_archive_of_yet_goes_too(deployment, account, erasing, exporter):
    """Large archives are put together of blocks, which nobody lists."""
    furnish(erasing.store)
    left_by_a_killed_worker(deployment, account, dies_before)
    assert exporter.archives() == []
    assert erasing.erased("visit")["archivesDeleted"] == 0
    assert_no_copy(deployment, exporter, ["visit"])


def test_an_export_that_shows_a_sign_of_life_while_it_is_stopped_is_stopped(deployment, account, exporter):
    wire = Wire()
    erasing = Erasing(deployment, account, wire)
    furnish(exporter.store)
    export_id = left_by_a_killed_worker(deployment, account)
    signs = count(1)

    def sign() -> None:
        exporter.repository.replace(exporter.store, dataclasses.replace(exporter.find(export_id), progress=Progress(next(signs))))
    wire.trouble(meanwhile(sign), is_of_export, times=3)
    erasing.erased("visit")
    assert exporter.find(export_id).state is ExportState.FAILED and next(signs) == 4
    assert_no_copy(deployment, exporter, ["visit"])


def test_an_export_that_succeeds_while_it_is_stopped_is_deleted_as_one_that_had(deployment, account, exporter):
    wire = Wire()
    erasing = Erasing(deployment, account, wire)
    furnish(exporter.store)
    export_id = left_by_a_killed_worker(deployment, account)
    wire.trouble(meanwhile(lambda: exporter.repository.replace(exporter.store, dataclasses.replace(
        exporter.find(export_id), state=ExportState.SUCCEEDED, archive=ArchiveSummary(1, "", "", {"visit": 1})))), is_of_export)
    assert erasing.erased("visit")["archivesDeleted"] == 1
    assert exporter.find(export_id) is None
    assert_no_copy(deployment, exporter, ["visit"])


def test_an_archive_that_was_finished_after_its_export_was_stopped_is_swept(deployment, account, erasing, exporter):
    """Its worker was killed right then; nobody can fetch it."""
    wire = Wire()
    acting = exporter_of(deployment, account, wire)
    furnish(erasing.store)
    export_id = exporter.start().id
    wire.trouble(meanwhile(lambda: erasing.erased("visit")), lambda sent: sent.method == "PUT" and "/export-archive/" in sent.url)
    wire.trouble(dies_before, is_of_export, after=1)
    with pytest.raises(Died):
        acting.run(export_id)
    assert len(exporter.archives()) == 1 and exporter.find(export_id).state is ExportState.FAILED
    exporter.exports.revive(exporter.store)
    assert_no_copy(deployment, exporter, ["visit"])


def test_a_sweep_leaves_archives_that_are_wanted(deployment, account, erasing, exporter):
    furnish(erasing.store)
    finished, running = exported(exporter), left_by_a_killed_worker(deployment, account)
    exporter.store.blobs.write(EXPORT_ARCHIVE, f"{finished}/{'0' * 32}", [b"of an attempt that was overtaken"])
    exporter.exports.revive(exporter.store)
    assert exporter.archives() == sorted(f"{each}/{exporter.find(each).attempt}" for each in (finished, running))


def test_an_erasure_that_an_earlier_version_began_is_ended_by_this_one(erasing, exporter):
    """Its note knows nothing of exports."""
    furnish(erasing.store)
    exported(exporter)
    receipt_id = erasing.start("visit")
    record = erasing.store.records.find(ERASURE, receipt_id)
    content = {name: value for name, value in record.content.items() if name != "exports"}
    erasing.store.records.replace(ERASURE, dataclasses.replace(record, content=content))
    erasing.run(receipt_id)
    assert erasing.receipt(receipt_id)["archivesDeleted"] == 1


def test_all_kinds_of_albums_are_looked_for_in_archives(deployment, erasing, exporter):
    """What a record owns goes with it, and an archive may hold that alone."""
    furnish(erasing.store)
    exported(exporter)
    receipt = erasing.erased("album")
    assert receipt["archivesDeleted"] == 1
    exported(exporter)
    assert_no_copy(deployment, exporter, OF_ALBUMS)
