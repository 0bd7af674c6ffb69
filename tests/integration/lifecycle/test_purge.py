"""The purge of an account on Azurite: killed anywhere, done twice at once, and at its end nothing is left but a receipt."""
from __future__ import annotations

import base64
from datetime import datetime, timedelta
from itertools import count

import pytest

from shared.accounts.models import AccountNotActive, AccountState
from shared.errors import Conflict, Unavailable
from shared.storage.holdings import BLOCKLIST_ITEM
from shared.storage.tables import Row
from tests.integration.lifecycle.purging import NAME, assert_purged, furnished, purge
from tests.integration.storage.wire import (
    Wire,
    is_write,
    meanwhile,
)


def test_a_purge_leaves_a_receipt_and_nothing_else(deployment):
    account, receipt_id = furnished(deployment)
    deployment.clock.pass_seconds(10)
    purge(deployment.worker(), account, receipt_id)
    receipt = assert_purged(deployment, account, receipt_id)
    assert receipt["scope"] == {"type": "account"}
    assert (receipt["region"], receipt["requestedBy"], receipt["id"]) == ("testregion", "key1", receipt_id)
    times = [datetime.fromisoformat(receipt[name]) for name in (
        "requestedAt", "keysRefusedAt", "dataKeyDestroyedAt", "completedAt")]
    assert times[0] == times[1] == deployment.clock() - timedelta(seconds=10)
    assert times[2] == times[3] == deployment.clock()
    stores = receipt["inventory"]["stores"]
    assert (stores["table"]["count"], stores["container"]["count"]) == (3 + 1 + 2 + 1, 3)
    kinds = {(each["store"], each["kind"]): each["count"] for each in receipt["inventory"]["kinds"]}
    assert kinds == {("table", "blocklist-item"): 3, ("table", "album"): 1, ("table", "album-page"): 2, ("table", "sketch"): 1,
                     ("container", "blocklist-index"): 1, ("container", "photo"): 1, ("container", "sticker"): 1}
    assert {each["step"] for each in receipt["steps"]} == {"dataKeyDestroyed", "keysAndGrantsDeleted", "storesDeleted"}
    assert receipt["scan"]["foundAndDeleted"] == ["messages"] and receipt["scan"]["rounds"] == 2
    assert receipt["stillRunning"][0]["atMostSeconds"] == 300
    assert receipt["codeVersion"]


def test_a_receipt_holds_no_word_of_the_customer(deployment):
    account, receipt_id = furnished(deployment)
    purge(deployment.worker(), account, receipt_id)
    container = deployment.raw_blobs.get_container_client("receipts")
    written = b"".join(container.download_blob(blob.name).readall() for blob in container.list_blobs())
    rows = repr(list(deployment.raw_tables.get_table_client("directory").list_entities())).encode()
    for word in (NAME, "holiday", '"00001"', "'00001'"):  # with their quotes: five digits occur in a hash by chance
        assert word.encode() not in written + rows


def test_what_was_saved_of_the_account_cannot_be_decrypted_any_more(deployment):
    account, receipt_id = furnished(deployment)
    (row, *_) = deployment.raw_tables.get_table_client(f"a{account.id}").query_entities("PartitionKey eq 'blocklist-item|p'")
    assert b"n" not in row["payload"][:4]
    purge(deployment.worker(), account, receipt_id)
    services = deployment.worker()
    with pytest.raises(AccountNotActive):
        services.accounts.open(services.accounts.get_in_any_state(account.id))
    # Whatever wrapped a key of the account is nowhere in the storage: the key-encryption key alone opens nothing.
    wrapped = [key.ciphertext for key in (*account.data_keys.versions.values(), account.data_keys.hash_key)]
    everything = repr([list(deployment.raw_tables.get_table_client(table.name).list_entities())
                       for table in deployment.raw_tables.list_tables()])
    assert not any(base64.b64encode(each).decode() in everything for each in wrapped)


def test_a_purge_that_was_done_is_not_done_again(deployment):
    account, receipt_id = furnished(deployment)
    purge(deployment.worker(), account, receipt_id)
    first = assert_purged(deployment, account, receipt_id)
    wire = Wire()
    purge(deployment.worker(wire), account, receipt_id)
    assert not [sent for sent in wire.sent if is_write(sent)]
    assert assert_purged(deployment, account, receipt_id) == first


def test_the_data_key_is_destroyed_before_anything_else_is_written(deployment):
    account, receipt_id = furnished(deployment)
    wire = Wire()
    purge(deployment.worker(wire), account, receipt_id)
    first = next(sent for sent in wire.sent if is_write(sent))
    assert f"RowKey='{account.id}'" in first.url
    assert b'"purging"' in first.body and b"ciphertext" not in first.body


def test_an_account_in_its_grace_is_not_purged_and_one_past_it_is(deployment):
    services = deployment.worker()
    account, _ = services.accounts.create("a")
    receipt_id = services.account_deletion.delete(account.id, "key1").deletion.receipt_id
    deployment.clock.pass_seconds(48 * 3600 - 1)
    purge(services, account, receipt_id)
    assert services.accounts.get_in_any_state(account.id).state is AccountState.DELETED
    deployment.clock.pass_seconds(1)
    purge(services, account, receipt_id)
    assert_purged(deployment, account, receipt_id)


def test_a_job_of_a_deletion_that_was_taken_back_purges_nothing(deployment):
    services = deployment.worker()
    account, _ = services.accounts.create("a")
    stale = services.account_deletion.delete(account.id, "key1", at_once=True).deletion.receipt_id
    services.account_deletion.restore(account.id)
    purge(services, account, stale)
    services.purge.take_inventory(account.id, stale)
    assert services.accounts.get(account.id).state is AccountState.ACTIVE
    services.account_deletion.delete(account.id, "key1")
    purge(services, account, stale)
    assert services.accounts.get_in_any_state(account.id).state is AccountState.DELETED
    purge(services, account, "0" * 32)
    services.purge.run("0" * 32, stale)


def test_an_account_is_restored_before_its_purge_begins_or_not_at_all(deployment):
    """Between any two requests of the purge: either all is as it was, or the restoring is refused by the state's name."""
    restored = refused = 0
    for after in count():
        account, receipt_id = furnished(deployment)
        outcome: list[str] = []

        def restore(account=account, outcome=outcome) -> None:
            try:
                deployment.worker().account_deletion.restore(account.id)
                outcome.append("restored")
            except Conflict as error:
                outcome.append(error.message)
        wire = Wire()
        wire.trouble(meanwhile(restore), after=after)
        purge(deployment.worker(wire), account, receipt_id)
        services = deployment.worker()
        if outcome == ["restored"]:
            restored += 1
            store = services.accounts.open(services.accounts.get(account.id))
            assert store.records.find(BLOCKLIST_ITEM, "00001", parent="p").content == {"n": 1}
            assert services.receipts.find(receipt_id) is None
        elif outcome:
            refused += 1
            assert outcome[0] in ("The account is purging.", "The account is purged.")
            assert_purged(deployment, account, receipt_id)
        if after >= len(wire.sent):
            break
    assert restored >= 1 and refused >= 10


def test_the_receipt_cites_the_last_export_that_succeeded(deployment):
    services = deployment.worker()
    account, _ = services.accounts.create("a")
    table, _ = services.accounts.stores(account.id)
    for number, finished_at in enumerate(["2026-02-01T00:00:00+00:00", "2026-02-03T00:00:00+00:00", "", "2026-02-02T00:00:00+00:00"]):
        root = finished_at and f"root {number}"
        table.insert(Row("export", str(number), {"payload": b"", "finishedAt": finished_at, "merkleRoot": root}))
    receipt_id = services.account_deletion.delete(account.id, "key1", at_once=True).deletion.receipt_id
    purge(services, account, receipt_id)
    assert assert_purged(deployment, account, receipt_id)["lastExport"] == {
        "id": "1", "merkleRoot": "root 1", "finishedAt": "2026-02-03T00:00:00+00:00"}


def test_an_account_whose_stores_are_gone_already_is_purged_all_the_same(deployment):
    account, receipt_id = furnished(deployment)
    deployment.raw_tables.delete_table(f"a{account.id}")
    deployment.raw_blobs.delete_container(f"a{account.id}")
    purge(deployment.worker(), account, receipt_id)
    assert assert_purged(deployment, account, receipt_id)["inventory"]["stores"] == {
        "table": {"count": 0, "bytes": 0}, "container": {"count": 0, "bytes": 0}}


def test_a_purge_waits_for_the_key_that_signs_and_then_ends(deployment):
    account, receipt_id = furnished(deployment)
    signing_file = deployment.key_file.with_name("receipt-signing-key")
    signing_file.write_text("damaged")
    with pytest.raises(Unavailable):
        purge(deployment.worker(), account, receipt_id)
    assert deployment.worker().accounts.get_in_any_state(account.id).data_keys.are_destroyed
    signing_file.unlink()
    purge(deployment.worker(), account, receipt_id)
    assert_purged(deployment, account, receipt_id)


def test_a_clock_that_jumps_back_during_a_purge_stops_nothing(deployment):
    for after in count(0, 4):
        account, receipt_id = furnished(deployment)
        wire = Wire()
        wire.trouble(meanwhile(lambda: deployment.clock.pass_seconds(-3600)), after=after)
        purge(deployment.worker(wire), account, receipt_id)
        if deployment.worker().accounts.get_in_any_state(account.id).state is AccountState.DELETED:
            deployment.clock.pass_seconds(3600)  # its grace was not over any more: the timer queues it again
            purge(deployment.worker(), account, receipt_id)
        assert_purged(deployment, account, receipt_id)
        if after >= len(wire.sent):
            break


def test_messages_of_other_accounts_stay_in_the_poison_queue(deployment):
    account, receipt_id = furnished(deployment)
    deployment.poison("f" * 32)
    purge(deployment.worker(), account, receipt_id)
    assert [message["accountId"] for message in deployment.messages("jobs-poison")] == ["f" * 32]


def test_timer_and_queue_bring_a_deletion_to_its_end(deployment):
    services = deployment.worker()
    account, _ = services.accounts.create("a")
    receipt_id = services.account_deletion.delete(account.id, "key1").deletion.receipt_id
    deployment.clock.pass_seconds(48 * 3600)
    services.account_deletion.run()
    assert deployment.work_off(services) == ["purge-account"]
    assert_purged(deployment, account, receipt_id)
    deployment.clock.pass_seconds(3600)
    services.account_deletion.run()
    assert deployment.messages() == []
