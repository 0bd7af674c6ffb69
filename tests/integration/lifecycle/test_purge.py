"""The purge of an account on Azurite: killed anywhere, done twice at once, and at its end nothing is left but a receipt."""
from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from datetime import datetime, timedelta
from itertools import count

import pytest

from shared.accounts.models import Account, AccountNotActive, AccountState
from shared.crypto.signing import verifies
from shared.errors import Conflict, ServiceError, Unavailable
from shared.lifecycle.inventory import Inventory
from shared.lifecycle.leftovers import LeftoversRemain
from shared.lifecycle.merkle import MerkleTree
from shared.lifecycle.purge import PurgeService
from shared.lifecycle.receipts import canonical
from shared.services import Services
from shared.storage import queues
from shared.storage.account_store import Record
from shared.storage.holdings import BLOCKLIST_INDEX, BLOCKLIST_ITEM
from shared.storage.tables import Row
from tests.integration.lifecycle.made_up import SKETCH, STICKER, add_album
from tests.integration.storage.wire import (
    Died,
    Wire,
    answering,
    dies_after,
    dies_before,
    is_write,
    lost_answer,
    meanwhile,
    thereafter,
)

ALICE = "11111111-1111-1111-1111-111111111111"
NAME = "a name that the customer gave"


def furnished(deployment, records: int = 3) -> tuple[Account, str]:
    """An account with keys, a grant, records of several kinds, blobs and poisoned messages; deleted, its grace over."""
    services = deployment.worker()
    account, _ = services.accounts.create(NAME)
    services.accounts.grant(account.id, ALICE)
    store = services.accounts.open(account)
    store.records.upsert_all(BLOCKLIST_ITEM, [Record(f"{number:05}", {"n": number}) for number in range(records)], parent="p")
    store.blobs.write(BLOCKLIST_INDEX, "g/1", [b"index"])
    add_album(store, "holiday", pages={"1": "sea", "2": "sand"}, photos={"p": b"pixels"})
    store.blobs.write(STICKER, "s", [b"sticker"])
    store.records.insert(SKETCH, Record("s", {"text": "t"}, {"endsAt": deployment.clock()}))
    for _ in range(2):
        deployment.poison(account.id)
    receipt_id = services.account_deletion.delete(account.id, "key1", at_once=True).deletion.receipt_id
    deployment.messages()
    return account, receipt_id


def assert_purged(deployment, account: Account, receipt_id: str) -> dict:
    """Nothing is left of the account but its tombstone and a receipt that verifies; return the receipt."""
    name = f"a{account.id}"
    assert name not in [table.name for table in deployment.raw_tables.list_tables()]
    assert name not in [container.name for container in deployment.raw_blobs.list_containers(include_deleted=True)]
    rows = list(deployment.raw_tables.get_table_client("directory").list_entities())
    (tombstone,) = [row for row in rows if account.id in json.dumps(row, default=str)]
    assert (tombstone["PartitionKey"], tombstone["state"], tombstone["displayName"]) == ("account", "purged", "")
    assert json.loads(tombstone["keyHashes"]) == {}
    data_keys = json.loads(tombstone["dataKeys"])
    assert (data_keys["versions"], data_keys["hashKey"]) == ({}, None)
    assert "after" not in (json.loads(tombstone["deletion"])["inventory"] or {})
    assert account.id not in {message["accountId"] for message in deployment.messages("jobs-poison")}

    services = deployment.worker()
    document = services.receipts.find(receipt_id)
    receipt = document["receipt"]
    keys = {jwk["kid"]: jwk for jwk in services.receipts.public_keys()}
    assert verifies(keys[document["signature"]["keyId"]], base64.b64decode(document["signature"]["value"]), canonical(receipt))
    assert receipt["accountId"] == account.id
    assert receipt["dataKeys"] == [{"version": version, "fingerprint": fingerprint}
                                   for version, fingerprint in account.data_keys.fingerprints.items()]
    assert services.pending_receipts.find(receipt_id) is None
    return receipt


def purge(services: Services, account: Account, receipt_id: str) -> None:
    services.purge.run(account.id, receipt_id)


@pytest.fixture
def short_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that dies holds the poisoned messages that it looked at; tests do not wait for them as long as jobs do."""
    monkeypatch.setattr(queues, "HELD_SECONDS", 1)


def purge_to_the_end(deployment, account: Account, receipt_id: str) -> None:
    """What the queue does: try again where messages were held by a run that died."""
    for _ in range(5):
        try:
            return purge(deployment.worker(), account, receipt_id)
        except Unavailable:
            time.sleep(0.5)
    return purge(deployment.worker(), account, receipt_id)


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
    for word in (NAME, "holiday", "00001"):
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


@pytest.mark.parametrize("death", [dies_before, dies_after], ids=["dies before", "dies after"])
@pytest.mark.usefixtures("short_holds")
def test_a_purge_goes_on_wherever_it_was_killed(deployment, death):
    for after in count():
        account, receipt_id = furnished(deployment)
        wire = Wire()
        wire.trouble(death, is_write, after=after)
        try:
            purge(deployment.worker(wire), account, receipt_id)
            died = False
        except Died:
            died = True
            assert deployment.worker().accounts.get_in_any_state(account.id).state is not AccountState.ACTIVE
        deployment.clock.pass_seconds(1)
        purge_to_the_end(deployment, account, receipt_id)
        assert_purged(deployment, account, receipt_id)
        if not died:
            break
    assert after >= 12


@pytest.mark.usefixtures("short_holds")
def test_a_purge_that_is_killed_again_and_again_comes_to_its_end(deployment):
    """No run does more than six writes."""
    account, receipt_id = furnished(deployment)
    for runs in count():
        wire = Wire()
        wire.trouble(dies_after, is_write, after=runs % 6)
        try:
            purge(deployment.worker(wire), account, receipt_id)
            break
        except Died:
            assert runs < 100
        except Unavailable:
            time.sleep(1)
    assert_purged(deployment, account, receipt_id)


@pytest.mark.parametrize("trouble", [lost_answer, answering(503)], ids=["answer lost", "503"])
@pytest.mark.usefixtures("short_holds")
def test_a_purge_goes_on_where_the_storage_did_not_answer(deployment, trouble):
    for after in count():
        account, receipt_id = furnished(deployment)
        wire = Wire()
        wire.trouble(trouble, after=after)
        try:
            purge(deployment.worker(wire), account, receipt_id)
            ended = after >= len(wire.sent)
        except ServiceError:
            ended = False
        purge_to_the_end(deployment, account, receipt_id)
        assert_purged(deployment, account, receipt_id)
        if ended:
            break
    assert after >= 15


@pytest.mark.usefixtures("short_holds")
def test_a_second_purge_between_any_two_requests_of_a_first_does_no_harm(deployment):
    for after in count():
        account, receipt_id = furnished(deployment)
        wire = Wire()
        wire.trouble(meanwhile(lambda account=account, receipt_id=receipt_id: purge(deployment.worker(), account, receipt_id)),
                     after=after)
        try:
            purge(deployment.worker(wire), account, receipt_id)
        except Unavailable:
            purge_to_the_end(deployment, account, receipt_id)  # the poison queue was held by the other one
        receipt = assert_purged(deployment, account, receipt_id)
        assert receipt["inventory"]["stores"]["table"]["count"] == 7  # not what was left when the other had begun to delete
        if after >= len(wire.sent):
            break
    assert after >= 15


@pytest.mark.usefixtures("short_holds")
def test_purges_at_the_same_time_write_one_receipt(deployment):
    account, receipt_id = furnished(deployment, records=1500)
    failures: list[BaseException] = []

    def run() -> None:
        for _ in range(20):
            try:
                return purge(deployment.worker(), account, receipt_id)
            except (Unavailable, Conflict):
                time.sleep(0.2)
            except BaseException as failure:
                failures.append(failure)
                return None
    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    receipt = assert_purged(deployment, account, receipt_id)
    assert receipt["inventory"]["stores"]["table"]["count"] == 1504
    names = [blob.name for blob in deployment.raw_blobs.get_container_client("receipts").list_blobs()]
    assert [name for name in names if name.startswith("receipts/")] == [f"receipts/{receipt_id}.json"]


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


def test_what_turns_up_again_while_it_is_purged_is_found_and_deleted(deployment):
    account, receipt_id = furnished(deployment)
    name = f"a{account.id}"

    def write_late() -> None:
        deployment.raw_tables.create_table(name)
        deployment.raw_tables.get_table_client(name).create_entity({"PartitionKey": "blocklist", "RowKey": "x"})
        deployment.raw_blobs.create_container(name)
        deployment.raw_tables.get_table_client("directory").create_entity(
            {"PartitionKey": "grant", "RowKey": f"{ALICE}|{account.id}", "accountId": account.id})
    wire = Wire()
    wire.trouble(thereafter(write_late), wanted=lambda sent: sent.method == "DELETE" and f"/{name}?" in sent.url)
    purge(deployment.worker(wire), account, receipt_id)
    receipt = assert_purged(deployment, account, receipt_id)
    assert receipt["scan"]["foundAndDeleted"] == ["container", "keys or grants", "messages", "table"]


def test_a_purge_fails_where_something_comes_back_for_ever_and_ends_when_it_does_not(deployment):
    account, receipt_id = furnished(deployment)
    name = f"a{account.id}"
    wire = Wire()
    wire.trouble(thereafter(lambda: deployment.raw_tables.create_table_if_not_exists(name)),
                 wanted=lambda sent: sent.method == "DELETE" and f"Tables('{name}')" in sent.url, times=1000)
    with pytest.raises(LeftoversRemain, match="table"):
        purge(deployment.worker(wire), account, receipt_id)
    services = deployment.worker()
    assert services.accounts.get_in_any_state(account.id).state is AccountState.PURGING
    assert services.receipts.find(receipt_id) is None
    assert services.pending_receipts.find(receipt_id).state == "purging"
    purge(services, account, receipt_id)
    assert_purged(deployment, account, receipt_id)


def test_the_inventory_of_the_grace_makes_the_purge_as_quick_for_many_records_as_for_few(deployment):
    purge(deployment.worker(), *furnished(deployment))  # makes what all receipts share
    requests = []
    for records in (10, 2500):
        account, receipt_id = furnished(deployment, records)
        deployment.worker().purge.take_inventory(account.id, receipt_id)
        wire = Wire()
        purge(deployment.worker(wire), account, receipt_id)
        requests.append(len(wire.sent))
        receipt = assert_purged(deployment, account, receipt_id)
        assert receipt["inventory"]["stores"]["table"]["count"] == records + 4
    assert requests[0] == requests[1] < 60


def own_purge(deployment, wire: Wire | None = None, **options) -> PurgeService:
    """A purge service with other limits than the deployment's."""
    services = deployment.worker(wire)
    made = services.purge
    return PurgeService(services.accounts, made._directory, made._leftovers, services.receipts, made._jobs, 300,
                        deployment.clock, **options)


def test_an_inventory_that_takes_many_runs_is_that_of_one_run(deployment):
    account, receipt_id = furnished(deployment, records=2500)
    store = deployment.worker().accounts.stores(account.id)
    *_, whole = Inventory(*store, deployment.clock).take(None)
    for _ in range(2):  # 999 rows in a stretch
        own_purge(deployment, seconds_per_run=0).take_inventory(account.id, receipt_id)
        assert [message["kind"] for message in deployment.messages()] == ["take-inventory"]
    inventory = deployment.worker().accounts.get_in_any_state(account.id).deletion.inventory
    assert "takenAt" not in inventory
    own_purge(deployment).take_inventory(account.id, receipt_id)
    inventory = deployment.worker().accounts.get_in_any_state(account.id).deletion.inventory
    assert inventory == whole
    assert deployment.messages() == []


def test_a_purge_of_much_takes_several_runs_and_queues_itself(deployment):
    account, receipt_id = furnished(deployment, records=2500)
    own_purge(deployment, seconds_per_run=0).run(account.id, receipt_id)
    assert deployment.worker().accounts.get_in_any_state(account.id).state is AccountState.PURGING
    assert deployment.work_off(deployment.worker()) == ["purge-account"]
    receipt = assert_purged(deployment, account, receipt_id)
    assert receipt["inventory"]["stores"]["table"]["count"] == 2504


def test_the_root_of_an_inventory_can_be_worked_out_from_what_is_stored(deployment):
    account, receipt_id = furnished(deployment)
    rows = sorted(deployment.raw_tables.get_table_client(f"a{account.id}").list_entities(),
                  key=lambda row: (row["PartitionKey"], row["RowKey"]))
    tree = MerkleTree()
    for row in rows:
        tree.add(f"table\n{row['PartitionKey']}\n{row['RowKey']}\n".encode() + hashlib.sha256(row["payload"]).digest())
    for blob in deployment.raw_blobs.get_container_client(f"a{account.id}").list_blobs():
        tree.add(f"container\n{blob.name}\n{blob.etag}\n{blob.size}".encode())
    purge(deployment.worker(), account, receipt_id)
    assert assert_purged(deployment, account, receipt_id)["inventory"]["merkleRoot"] == tree.root()


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
