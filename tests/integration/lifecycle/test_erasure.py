"""Erasing kinds of data on Azurite, kinds that no room has among them: whole, resumable, done twice at once, with a receipt."""
from __future__ import annotations

import dataclasses
from datetime import timedelta
from itertools import count

import pytest

from shared.blocklists.models import NewItem
from shared.errors import Conflict, NotFound, ServiceError, Unavailable
from shared.lifecycle.erasure import ERASURES_AT_ONCE
from shared.storage.account_store import AccountStore, Record
from shared.storage.holdings import HOLDINGS
from tests.integration.lifecycle.erasing import EVERYTHING, OF_ALBUMS, SCRAP, Erasing, furnish, kept
from tests.integration.lifecycle.made_up import ALBUM, ALBUM_PAGE, NOTE, PHOTO, VISIT, add_album
from tests.integration.storage.wire import Died, Wire, answering, dies_after, dies_before, is_write, meanwhile


@pytest.fixture
def account(deployment):
    return deployment.worker().accounts.create("a")[0]


@pytest.fixture
def erasing(deployment, account) -> Erasing:
    return Erasing(deployment, account)


@pytest.mark.parametrize(("kinds", "gone"), [
    (["album"], OF_ALBUMS), (["sticker"], {"sticker"}), (["visit"], {"visit"}), (["note"], {"note"}),
    (["album-page"], {"album-page", "note", "thumbnail"}), (["photo"], {"photo", "thumbnail"}),
    (["album-page", "photo"], {"album-page", "note", "photo", "thumbnail"}), (["sketch"], {"sketch", "scrap"}), (["scrap"], {"scrap"}),
    (["visit", "album", "photo"], OF_ALBUMS | {"visit"})],
    ids=lambda kinds: " ".join(sorted(kinds)))
def test_all_of_a_kind_goes_and_what_it_owns_and_no_other(erasing, kinds, gone):
    furnish(erasing.store)
    assert kept(erasing.store) == EVERYTHING
    receipt_id = erasing.start(*kinds)
    erasing.run(receipt_id)
    assert kept(erasing.store) == EVERYTHING - gone
    receipt = erasing.services.receipts.find(receipt_id)["receipt"]
    assert receipt["scope"] == {"type": "kind", "kinds": kinds}
    assert (receipt["accountId"], receipt["requestedBy"]) == (erasing.store.account_id, "key1")
    assert receipt["scan"]["writtenMeanwhile"] == []
    assert erasing.erasures.find(erasing.store, receipt_id) is None
    assert erasing.services.pending_receipts.find(receipt_id) is None


def test_the_receipt_counts_what_was_erased_and_names_nothing_of_it(erasing):
    furnish(erasing.store, albums=3)
    receipt_id = erasing.start("album")
    erasing.run(receipt_id)
    receipt = erasing.services.receipts.find(receipt_id)["receipt"]
    assert {(each["store"], each["kind"]): each["count"] for each in receipt["inventory"]["kinds"]} == {
        ("table", "album"): 3, ("table", "album-page"): 6, ("table", "note"): 6, ("container", "photo"): 6, ("container", "thumbnail"): 3}
    assert receipt["inventory"]["stores"]["table"]["count"] == 15
    assert "album 1" not in repr(receipt)


def test_what_stays_of_an_emptied_record_is_as_new(erasing):
    furnish(erasing.store)
    before = {record.id: record for record in erasing.store.records.page(ALBUM).records}
    receipt_id = erasing.start("album-page", "photo")
    erasing.run(receipt_id)
    for record in erasing.store.records.page(ALBUM).records:
        assert record.plain["shelf"] != before[record.id].plain["shelf"]  # a writer that still has the old key sees it
        assert (record.content["title"], record.plain["public"]) == (before[record.id].content["title"], False)


def test_siblings_that_stay_keep_the_key_that_they_lie_under(erasing):
    furnish(erasing.store)
    before = {record.id: record.plain["shelf"] for record in erasing.store.records.page(ALBUM).records}
    erasing.run(erasing.start("photo"))
    assert {record.id: record.plain["shelf"] for record in erasing.store.records.page(ALBUM).records} == before
    assert sum(1 for shelf in before.values() for _ in erasing.store.records.page(ALBUM_PAGE, shelf).records) == 4


@pytest.mark.parametrize("kind", ["thumbnail", "erasure", "blocklist", "no-such-kind"])
def test_a_kind_that_is_unknown_or_made_from_others_or_of_this_work_is_not_erased(deployment, erasing, kind):
    with pytest.raises(NotFound):
        erasing.start(kind)
    assert deployment.messages() == []
    assert not list(deployment.raw_tables.get_table_client("directory").query_entities("PartitionKey eq 'receipt'"))


def test_a_kind_that_there_is_nothing_of_has_a_receipt_too(erasing):
    receipt_id = erasing.start("album")
    erasing.run(receipt_id)
    assert erasing.services.receipts.find(receipt_id)["receipt"]["inventory"]["kinds"] == []


@pytest.mark.parametrize("kinds", [["album"], ["album-page", "photo"], ["photo"], ["note"]], ids=" ".join)
@pytest.mark.parametrize("death", [dies_before, dies_after], ids=["dies before", "dies after"])
def test_an_erasure_goes_on_wherever_it_was_killed(deployment, kinds, death):
    for after in count():
        account = deployment.worker().accounts.create("a")[0]
        erasing = Erasing(deployment, account)
        furnish(erasing.store, albums=1)
        receipt_id = erasing.start(*kinds)
        wire = Wire()
        dying = Erasing(deployment, account, wire)
        wire.trouble(death, is_write, after=after)
        try:
            dying.run(receipt_id)
            died = False
        except Died:
            died = True
        erasing.run(receipt_id)
        assert not kept(erasing.store) & set(kinds)
        if kinds == ["album"]:
            assert not kept(erasing.store) & OF_ALBUMS
        else:
            assert len(erasing.store.records.page(ALBUM).records) == 1
        receipt = erasing.services.receipts.find(receipt_id)["receipt"]
        assert {each["kind"] for each in receipt["inventory"]["kinds"]} >= set(kinds)
        if not died:
            break
    assert after >= 6


@pytest.mark.parametrize("kinds", [["album"], ["album-page", "photo"]], ids=" ".join)
def test_a_second_run_between_any_two_requests_of_a_first_does_no_harm(deployment, kinds):
    for after in count(0, 2):
        account = deployment.worker().accounts.create("a")[0]
        erasing = Erasing(deployment, account)
        furnish(erasing.store, albums=1)
        receipt_id = erasing.start(*kinds)
        wire = Wire()
        first = Erasing(deployment, account, wire)
        sent_before = len(wire.sent)
        wire.trouble(meanwhile(lambda other=erasing, receipt_id=receipt_id: other.run(receipt_id)), after=after)
        first.run(receipt_id)
        assert not kept(erasing.store) & set(kinds)
        assert erasing.services.receipts.find(receipt_id)["receipt"]["inventory"]["stores"]["table"]["count"] >= 2
        assert erasing.erasures.find(erasing.store, receipt_id) is None
        if after >= len(wire.sent) - sent_before:
            break
    assert after >= 10


def test_an_emptied_record_that_others_change_meanwhile_loses_nothing_of_that(deployment, account):
    erasing, other = Erasing(deployment, account), Erasing(deployment, account)
    furnish(erasing.store, albums=1)
    wire = Wire()
    titles = count()

    def retitle() -> None:
        (record,) = other.store.records.page(ALBUM).records
        other.store.records.replace(ALBUM, dataclasses.replace(record, content={**record.content, "title": f"new {next(titles)}"}))
    acting = Erasing(deployment, account, wire)
    receipt_id = acting.start("album-page", "photo")
    wire.trouble(meanwhile(retitle), wanted=lambda sent: sent.method == "PUT" and "PartitionKey='album'" in sent.url, times=3)
    acting.run(receipt_id)
    (record,) = other.store.records.page(ALBUM).records
    assert record.content["title"] == "new 2"
    assert kept(other.store) == EVERYTHING - {"album-page", "note", "photo", "thumbnail"}


def test_what_was_added_meanwhile_is_told(deployment, account):
    wire = Wire()
    acting, other = Erasing(deployment, account, wire), Erasing(deployment, account)
    receipt_id = acting.start("visit")
    wire.trouble(meanwhile(lambda: other.store.records.insert(VISIT, Record("9", {"who": "x"}, {"at": "y"}))),
                 wanted=lambda sent: sent.method == "PUT" and b"erased" not in sent.body and "erasure" in sent.url, after=5)
    acting.run(receipt_id)
    receipt = acting.services.receipts.find(receipt_id)["receipt"]
    assert [(each["kind"], each["count"]) for each in receipt["scan"]["writtenMeanwhile"]] == [("visit", 1)]


def test_what_no_record_owns_goes_too_once_no_import_can_be_writing_it(deployment, erasing):
    """An import writes what a record owns before the record: such orphans are left for a day."""
    erasing.store.records.upsert_all(ALBUM_PAGE, [Record("1", {"text": "lost"})], parent="a shelf of nobody")
    erasing.store.blobs.write(PHOTO, "a shelf of nobody/p", [b"lost"])
    erasing.store.records.upsert_all(SCRAP, [Record("r", {"text": "lost"})], parent="a sketch of nobody")
    deployment.clock.time = erasing.store.records._table.page("album-page|a shelf of nobody").rows[0].written_at
    deployment.clock.pass_seconds(timedelta(days=1).total_seconds() - 60)
    erasing.run(erasing.start("album", "sketch"))
    assert kept(erasing.store) == {"album-page", "photo"}
    deployment.clock.pass_seconds(120)
    receipt_id = erasing.start("album")
    erasing.run(receipt_id)
    assert kept(erasing.store) == set()
    counted = erasing.services.receipts.find(receipt_id)["receipt"]["inventory"]["kinds"]
    assert {each["kind"]: each["count"] for each in counted} == {"album-page": 1, "photo": 1}


def test_a_run_out_of_time_notes_how_far_it_came_and_queues_the_next(deployment, account, erasing):
    furnish(erasing.store, albums=120)  # 50 in a stretch
    receipt_id = erasing.start("album")
    deployment.messages()
    ticks = count()
    runs = 0
    while erasing.erasures.find(erasing.store, receipt_id) is not None:
        Erasing(deployment, account, monotonic=lambda: next(ticks), seconds_per_run=60).run(receipt_id)
        runs += 1
        assert runs < 60
    assert runs > 2
    assert [message["kind"] for message in deployment.messages()].count("erase-kind") == runs - 1
    assert not kept(erasing.store) & OF_ALBUMS
    receipt = erasing.services.receipts.find(receipt_id)["receipt"]
    assert receipt["inventory"]["stores"]["table"]["count"] == 120 * 5


def test_a_room_of_its_own_empties_its_kind(deployment, account):
    calls = []

    def eraser(store: AccountStore) -> None:
        calls.append(store.account_id)
        store.records.delete_all(VISIT, ["1"])
    erasing = Erasing(deployment, account, erasers={"visit": eraser})
    furnish(erasing.store)
    erasing.run(erasing.start("visit"))
    assert calls == [account.id]
    assert kept(erasing.store) == EVERYTHING - {"visit"}


def test_an_erasure_that_fails_says_why_and_ends_when_it_can(deployment, account):
    def refuse(store: AccountStore) -> None:
        raise Unavailable("The storage is overloaded; try again.")
    failing, working = Erasing(deployment, account, erasers={"visit": refuse}), Erasing(deployment, account)
    furnish(working.store)
    receipt_id = failing.start("visit")
    for tries in range(1, 6):
        with pytest.raises(ServiceError):
            failing.run(receipt_id)
        seen = working.services.pending_receipts.find(receipt_id)
        assert (seen.state, seen.error) == ("failed" if tries == 5 else "running", "The storage is overloaded; try again.")
    working.run(receipt_id)
    assert working.services.receipts.find(receipt_id) is not None


def test_of_an_error_that_is_our_own_fault_the_owner_reads_a_fixed_sentence(deployment, account):
    def fail(store: AccountStore) -> None:
        raise ValueError("something that a customer wrote")
    erasing = Erasing(deployment, account, erasers={"visit": fail})
    receipt_id = erasing.start("visit")
    with pytest.raises(ValueError, match="wrote"):
        erasing.run(receipt_id)
    assert erasing.services.pending_receipts.find(receipt_id).error == "An internal error occurred."


def resumed(deployment) -> list[str]:
    deployment.worker().erasures.resume()
    return [message["id"] for message in deployment.messages()]


def test_an_erasure_that_stopped_moving_is_queued_again(deployment, account):
    services = deployment.worker()
    store = services.accounts.open(account)
    receipt_id = services.erasures.erase_kinds(store, ["blocklist"], "kind", "key1")
    deployment.messages()
    deployment.clock.pass_seconds(15 * 60 - 1)
    assert resumed(deployment) == []
    deployment.clock.pass_seconds(1)
    assert resumed(deployment) == [receipt_id]
    assert resumed(deployment) == []
    deployment.clock.pass_seconds(-3600)
    assert resumed(deployment) == [receipt_id]


def test_an_erasure_counts_although_it_cannot_be_queued(deployment, account):
    wire = Wire()
    wire.trouble(answering(503), wanted=lambda sent: "/messages" in sent.url, times=100)
    services = deployment.worker(wire)
    receipt_id = services.erasures.erase_kinds(services.accounts.open(account), ["blocklist"], "kind", "key1")
    deployment.clock.pass_seconds(15 * 60)
    assert resumed(deployment) == [receipt_id]


def test_an_erasure_waits_while_its_account_is_deleted_and_goes_on_when_it_is_restored(deployment, account):
    services = deployment.worker()
    services.blocklists.upsert(services.accounts.open(account), "list", None)
    receipt_id = services.erasures.erase_kinds(services.accounts.open(account), ["blocklist"], "kind", "key1")
    services.account_deletion.delete(account.id, "key1")
    assert deployment.work_off(deployment.worker()) == ["erase-kind"]  # it is dropped
    deployment.clock.pass_seconds(3600)
    assert receipt_id not in resumed(deployment)
    assert services.pending_receipts.find(receipt_id).state == "queued"
    services.account_deletion.restore(account.id)
    deployment.worker().erasures.resume()
    assert deployment.work_off(deployment.worker()) == ["erase-kind"]
    assert services.receipts.find(receipt_id) is not None


def test_a_receipt_that_nobody_waits_for_is_no_receipt(deployment, account):
    """The worker died after it noted a receipt and before anything else."""
    wire = Wire()
    wire.trouble(dies_after, is_write)
    dying = Erasing(deployment, account, wire)
    with pytest.raises(Died):
        dying.start("visit")
    (note,) = deployment.raw_tables.get_table_client("directory").query_entities("PartitionKey eq 'receipt'")
    assert deployment.worker().pending_receipts.find(note["RowKey"]) is None
    deployment.clock.time = note.metadata["timestamp"] + timedelta(hours=1, seconds=1)
    deployment.worker().erasures.resume()
    assert not list(deployment.raw_tables.get_table_client("directory").query_entities("PartitionKey eq 'receipt'"))


def test_what_was_to_be_erased_goes_with_the_account(deployment, account):
    services = deployment.worker()
    receipt_id = services.erasures.erase_kinds(services.accounts.open(account), ["blocklist"], "kind", "key1")
    end = services.account_deletion.delete(account.id, "operator", at_once=True).deletion.receipt_id
    deployment.work_off(deployment.worker())
    assert services.receipts.find(end) is not None
    assert services.pending_receipts.find(receipt_id) is None
    assert not list(deployment.raw_tables.get_table_client("directory").query_entities("PartitionKey eq 'receipt'"))


def test_an_emptied_blocklist_works_at_once(deployment, account):
    """Through the real rooms: the list stays with its description, has no item, matches nothing, and takes new ones."""
    services = deployment.worker()
    store = services.accounts.open(account)
    services.blocklists.upsert(store, "garden", "of the owner")
    services.blocklists.add_items(store, "garden", [NewItem("leek", None, False), NewItem("tur+nip", None, True)])
    assert len(services.text_analysis.analyze(store, "leek and turnip", [], ["garden"], True).matches) == 2
    services.erasures.erase_kinds(store, ["blocklist-item"], "kind", "key1")
    assert deployment.work_off(services) == ["erase-kind"]
    for worker in (services, deployment.worker()):
        store = worker.accounts.open(worker.accounts.get(account.id))
        assert worker.blocklists.get(store, "garden").description == "of the owner"
        assert worker.blocklists.item_page(store, "garden", None, 0, 10) == ([], None)
        assert worker.text_analysis.analyze(store, "leek and turnip", [], ["garden"], True).matches == []
    services.blocklists.add_items(store, "garden", [NewItem("leek", None, False)])
    assert [match.item_text for match in services.text_analysis.analyze(store, "leek", [], ["garden"], True).matches] == ["leek"]
    assert {each.kind for each in HOLDINGS} >= kept(store)


def test_erased_blocklists_are_gone_at_once_and_a_new_one_of_the_name_begins_anew(deployment, account):
    services = deployment.worker()
    store = services.accounts.open(account)
    for name in ("garden", "orchard"):
        services.blocklists.upsert(store, name, None)
        services.blocklists.add_items(store, name, [NewItem("leek", None, False)])
    services.erasures.erase_kinds(store, ["blocklist"], "kind", "key1")
    deployment.work_off(services)
    assert services.blocklists.page(store, None, 10) == ([], None)
    assert kept(store) <= {"audit-event", "key-use"}
    services.blocklists.upsert(store, "garden", None)
    assert services.blocklists.item_page(store, "garden", None, 0, 10) == ([], None)


def test_an_erasure_that_waits_still_serves_for_those_who_ask_for_the_same(deployment, account):
    """What there is when the second one asks is erased by the first one's job too."""
    erasing = Erasing(deployment, account)
    first = erasing.start(ALBUM.kind)
    add_album(erasing.store, "late")
    assert erasing.start(ALBUM.kind) == first
    assert erasing.start(NOTE.kind) != first
    assert erasing.erasures.erase_kinds(erasing.store, [ALBUM.kind], "kind", "key2") != first
    assert erasing.erasures.erase_kinds(erasing.store, [ALBUM.kind], "another scope", "key1") != first
    erasing.run(first)
    assert erasing.store.records.find(ALBUM, "late") is None
    assert erasing.start(ALBUM.kind) != first


def test_one_that_has_begun_serves_nobody_else(deployment, account):
    erasing = Erasing(deployment, account, seconds_per_run=-1)
    first = erasing.start(ALBUM.kind)
    erasing.run(first)  # begins, and has no time
    assert erasing.erasures.find(erasing.store, first).state == "running"
    assert erasing.start(ALBUM.kind) != first


def test_fifty_erasures_wait_and_no_more_but_those_that_a_room_must_do(deployment, account):
    erasing = Erasing(deployment, account)
    for number in range(ERASURES_AT_ONCE):
        erasing.erasures.erase_kinds(erasing.store, [ALBUM.kind], "kind", f"identity {number}")
    assert erasing.erasures.erase_kinds(erasing.store, [ALBUM.kind], "kind", "identity 7")  # waits already
    with pytest.raises(Conflict, match="50 erasures"):
        erasing.start(ALBUM.kind)
    erasing.erasures.erase_kinds(erasing.store, [ALBUM.kind], "sample-content", "key1")
