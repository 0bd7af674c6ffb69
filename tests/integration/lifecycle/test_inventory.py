"""The inventory of what a purge is going to delete."""
from __future__ import annotations

import hashlib

from shared.accounts.models import AccountState
from shared.lifecycle.inventory import Inventory
from shared.lifecycle.merkle import MerkleTree
from shared.lifecycle.purge import PurgeService
from tests.integration.lifecycle.purging import assert_purged, furnished, purge
from tests.integration.storage.wire import (
    Wire,
)


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
