"""Exports on Azurite: from the request to the archive, what the owner sees of it, links, and expiry."""
from __future__ import annotations

import dataclasses
import hashlib
import json
from base64 import b64decode
from datetime import timedelta
from xml.etree import ElementTree

import pytest

from shared.errors import Conflict, NotFound, Unavailable
from shared.lifecycle.download_links import DownloadLink, token_of_link
from shared.lifecycle.export_models import Export, ExportState
from shared.lifecycle.export_service import EXPORTS_KEPT
from shared.storage.holdings import EXPORT_ARCHIVE
from tests.integration.lifecycle.exporting import Clock, Exporter
from tests.integration.lifecycle.made_up import STICKER, add_album
from tests.integration.storage.wire import Sent, Wire, answering, meanwhile


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def exporter(settings, account, clock) -> Exporter:
    return Exporter(settings, account.account.id, clock)


def finished(exporter: Exporter) -> Export:
    export = exporter.start()
    exporter.run(export.id)
    return exporter.exports.get(exporter.store, export.id)


def test_an_export_succeeds_and_its_archive_is_what_its_record_says(exporter, clock):
    add_album(exporter.store, "a", {"1": "text"}, {"p": b"photo"})
    export = exporter.start()
    assert (export.state, exporter.find(export.id)) == (ExportState.QUEUED, export)
    clock.pass_seconds(60)
    exporter.run(export.id)
    done = exporter.exports.get(exporter.store, export.id)
    assert done.state is ExportState.SUCCEEDED and done.attempts == 1 and done.error == ""
    assert done.finished_at == clock.time and done.expires_at == clock.time + timedelta(days=7)
    content = b"".join(exporter.store.blobs.read(EXPORT_ARCHIVE, exporter.archives()[0]))
    assert (done.archive.size_bytes, done.archive.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert done.archive.counts.items() >= {"album": 1, "album-page": 1, "photo": 1}.items()
    assert done.progress.items_done == done.progress.items_total == 3
    assert done.progress.file_bytes_done == 5


def test_what_a_receipt_cites_is_readable_without_the_data_key(exporter):
    done = finished(exporter)
    table, _ = exporter.services.accounts.stores(exporter.account_id)
    row = table.find("export", done.id)
    assert row is not None
    assert (row.values["merkleRoot"], row.values["finishedAt"]) == (done.archive.merkle_root, done.finished_at.isoformat())


def test_the_message_of_an_export_holds_ids_alone(settings, account, clock):
    wire = Wire()
    exporter = Exporter(settings, account.account.id, clock, wire)
    export = exporter.start()
    messages = [sent for sent in wire.sent if "/jobs/messages" in sent.url]
    assert len(messages) == 1
    body = json.loads(b64decode(ElementTree.fromstring(messages[0].body).findtext("MessageText") or ""))
    assert body == {"kind": "export-account", "accountId": account.account.id, "id": export.id}


def test_one_that_has_ended_is_left_alone_by_another_delivery(exporter):
    done = finished(exporter)
    exporter.run(done.id)
    assert exporter.find(done.id) == done and exporter.find(done.id).etag == done.etag


def test_a_job_for_an_export_or_an_account_that_is_gone_does_nothing(exporter):
    exporter.run("0" * 32)
    exporter.services.exports.run("0" * 32, "0" * 32)
    assert exporter.archives() == []


@pytest.mark.parametrize("state", [ExportState.QUEUED, ExportState.RUNNING])
def test_a_second_export_is_refused_while_one_is_unfinished_and_the_state_is_named(exporter, state):
    export = exporter.start()
    exporter.repository.replace(exporter.store, dataclasses.replace(export, state=state))
    with pytest.raises(Conflict, match=state.value):
        exporter.start()
    assert len(exporter.exports.list(exporter.store)) == 1


@pytest.mark.parametrize("state", [ExportState.SUCCEEDED, ExportState.FAILED])
def test_another_export_may_follow_one_that_has_ended(exporter, clock, state):
    export = exporter.start()
    exporter.repository.replace(exporter.store, dataclasses.replace(export, state=state))
    clock.pass_seconds(1)
    second = exporter.start()
    assert [each.id for each in exporter.exports.list(exporter.store)] == [second.id, export.id]


def test_of_two_requests_at_once_the_later_one_is_refused_and_leaves_nothing(settings, account, clock):
    wire = Wire()
    first, second = Exporter(settings, account.account.id, clock), Exporter(settings, account.account.id, clock, wire)
    started = []
    wire.trouble(meanwhile(lambda: started.append(first.start())), _is_insert)
    clock.step = timedelta(microseconds=-1)  # so that the one in between is the earlier one
    with pytest.raises(Conflict, match="queued"):
        second.start()
    assert [each.id for each in first.exports.list(first.store)] == [started[0].id]


def test_no_more_than_the_limit_are_kept(exporter):
    export = exporter.start()
    for number in range(EXPORTS_KEPT - 1):
        exporter.repository.insert(exporter.store, dataclasses.replace(export, id=f"{number:032x}", state=ExportState.FAILED))
    exporter.repository.replace(exporter.store, dataclasses.replace(export, state=ExportState.FAILED))
    with pytest.raises(Conflict, match=str(EXPORTS_KEPT)):
        exporter.start()
    exporter.exports.delete(exporter.store, export.id)
    assert exporter.start()


def test_an_export_that_cannot_be_queued_leaves_nothing(settings, account, clock):
    wire = Wire()
    exporter = Exporter(settings, account.account.id, clock, wire)
    wire.trouble(answering(503), lambda sent: "/jobs/messages" in sent.url, times=9)
    with pytest.raises(Unavailable):
        exporter.start()
    assert exporter.exports.list(exporter.store) == []


def test_an_export_can_be_deleted_twice_and_its_archive_goes_with_it(exporter):
    done = finished(exporter)
    exporter.exports.delete(exporter.store, done.id)
    exporter.exports.delete(exporter.store, done.id)
    assert exporter.archives() == [] and exporter.find(done.id) is None
    with pytest.raises(NotFound):
        exporter.exports.get(exporter.store, done.id)


def test_an_export_ends_with_its_time(exporter, clock):
    done = finished(exporter)
    token = exporter.exports.link(exporter.store, done.id)
    clock.pass_seconds(7 * 24 * 3600 - 1)
    assert exporter.exports.get(exporter.store, done.id) == done
    clock.pass_seconds(1)
    for read in (lambda: exporter.exports.get(exporter.store, done.id), lambda: exporter.exports.open_link(token),
                 lambda: exporter.exports.link(exporter.store, done.id)):
        with pytest.raises(NotFound):
            read()
    assert exporter.exports.list(exporter.store) == []
    assert exporter.start()


def test_a_link_leads_to_the_archive_for_fifteen_minutes(exporter, clock):
    done = finished(exporter)
    token = exporter.exports.link(exporter.store, done.id)
    clock.pass_seconds(15 * 60 - 1)
    download = exporter.exports.open_link(token)
    content = download.read(0, done.archive.size_bytes)
    assert hashlib.sha256(content).hexdigest() == done.archive.sha256 and download.read(3, 9) == content[3:9]
    clock.pass_seconds(1)
    with pytest.raises(NotFound):
        exporter.exports.open_link(token)


def test_a_link_lasts_no_longer_than_its_export(exporter, clock):
    done = finished(exporter)
    clock.pass_seconds(7 * 24 * 3600 - 60)
    token = exporter.exports.link(exporter.store, done.id)
    clock.pass_seconds(59)
    assert exporter.exports.open_link(token)
    clock.pass_seconds(1)
    with pytest.raises(NotFound):
        exporter.exports.open_link(token)


def test_a_link_does_not_work_for_every_reason_in_the_same_words(exporter, new_account, clock):
    done, other = finished(exporter), new_account()
    good = exporter.exports.link(exporter.store, done.id)
    until = int((clock.time + timedelta(minutes=5)).timestamp())
    own, account_id = exporter.store.keys, exporter.account_id
    tokens = {
        "malformed": "x", "empty": "", "cut": good[:-1], "longer": good + "A", "changed": "A" + good[1:],
        "signed by another account": token_of_link(DownloadLink(account_id, done.id, done.attempt, until), other.store.keys),
        "of another account": token_of_link(DownloadLink(other.account.id, done.id, done.attempt, until), own),
        "another account's own, of this export": token_of_link(
            DownloadLink(other.account.id, done.id, done.attempt, until), other.store.keys),
        "unknown account": token_of_link(DownloadLink("0" * 32, done.id, done.attempt, until), own),
        "unknown export": token_of_link(DownloadLink(account_id, "0" * 32, done.attempt, until), own),
        "another attempt": token_of_link(DownloadLink(account_id, done.id, "0" * 32, until), own),
        "expired": token_of_link(DownloadLink(account_id, done.id, done.attempt, int(clock.time.timestamp())), own)}
    messages = set()
    for token in tokens.values():
        with pytest.raises(NotFound) as refused:
            exporter.exports.open_link(token)
        messages.add(refused.value.message)
    assert len(messages) == 1 and exporter.exports.open_link(good)


def test_a_link_ends_with_the_export_and_with_the_account(exporter):
    first = finished(exporter)
    token = exporter.exports.link(exporter.store, first.id)
    exporter.exports.delete(exporter.store, first.id)
    with pytest.raises(NotFound):
        exporter.exports.open_link(token)
    second = finished(exporter)
    token = exporter.exports.link(exporter.store, second.id)
    assert exporter.exports.open_link(token)
    exporter.services.account_deletion.delete(exporter.account_id, "operator")
    with pytest.raises(NotFound):
        exporter.exports.open_link(token)


@pytest.mark.parametrize("state", [ExportState.QUEUED, ExportState.RUNNING, ExportState.FAILED])
def test_there_is_no_link_to_what_has_not_succeeded_and_the_state_is_named(exporter, state):
    export = exporter.start()
    exporter.repository.replace(exporter.store, dataclasses.replace(export, state=state))
    with pytest.raises(Conflict, match=state.value):
        exporter.exports.link(exporter.store, export.id)


def test_an_archive_is_read_in_any_part_of_it(exporter):
    exporter.store.blobs.write(STICKER, "large", [bytes(range(256)) * 4096] * 20)
    done = finished(exporter)
    download = exporter.exports.open_link(exporter.exports.link(exporter.store, done.id))
    size = done.archive.size_bytes
    content = download.read(0, size)
    assert hashlib.sha256(content).hexdigest() == done.archive.sha256 and size > 20 * 1024 * 1024
    for start, end in ((0, 1), (size - 1, size), (8_388_607, 8_388_609), (1, size), (1_000_000, 18_000_000)):
        assert download.read(start, end) == content[start:end]


def _is_insert(sent: Sent) -> bool:
    return sent.method == "POST" and sent.url.rstrip("()").rpartition("/")[2].startswith("a")
