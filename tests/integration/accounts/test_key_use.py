"""Keys and identities that are used from a new network: an event each, once, and no cost afterwards."""
from __future__ import annotations

import threading
from collections import Counter

import pytest

from shared.accounts.audit_trail import CREATION, Deed
from shared.errors import Unavailable
from shared.storage.holdings import KEY_USE
from tests.integration.accounts.audit_trails import Worker
from tests.integration.storage.wire import Wire, answering, is_write, lost_request


@pytest.fixture
def worker(settings, account) -> Worker:
    return Worker(settings, account.account).begin()


@pytest.fixture
def new_worker(settings, account):
    return lambda wire=None: Worker(settings, account.account, wire)


def use(worker: Worker, caller: str = "key1", network: str = "192.0.2.0/24") -> None:
    worker.services.key_uses.notice(worker.store, Deed("key_used_from_new_address", caller, network, "request"))


def uses(worker: Worker) -> list[tuple[str, str]]:
    return [(event.deed.caller, event.deed.address_range) for event in worker.events() if event.deed.operation != CREATION]


def test_each_caller_and_network_leaves_one_event(worker, new_worker):
    seen = [("key1", "192.0.2.0/24"), ("key2", "192.0.2.0/24"), ("key1", "2001:db8::/48"), ("key1", "unknown")]
    for each in (worker, worker, new_worker()):
        for caller, network in seen:
            use(each, caller, network)

    assert uses(worker) == seen
    records = worker.store.records.page(KEY_USE).records
    assert Counter((record.content["caller"], record.content["addressRange"]) for record in records) == Counter(seen)


def test_a_network_that_was_seen_costs_nothing_and_one_that_another_process_saw_costs_one_read(worker, new_worker):
    use(worker)
    wire = Wire()
    other = new_worker(wire)
    use(other)
    assert [sent.method for sent in wire.sent] == ["GET"]
    wire.clear()

    for _ in range(10):
        use(other)

    assert wire.sent == []


def test_requests_at_the_same_time_do_not_wait_for_one_that_records_it(new_worker, worker):
    wire = Wire()
    busy = new_worker(wire)
    release, begun = threading.Event(), threading.Event()

    def slow(send, request):
        begun.set()
        release.wait(10)
        return send()
    wire.trouble(slow, is_write)
    first = threading.Thread(target=use, args=(busy,))
    first.start()
    assert begun.wait(10)

    use(busy)  # comes back at once
    release.set()
    first.join()

    assert uses(worker) == [("key1", "192.0.2.0/24")]


@pytest.mark.parametrize("trouble", [lost_request, answering(503)], ids=["dropped", "503"])
@pytest.mark.parametrize("after", [0, 1, 2, 3])
def test_what_could_not_be_recorded_is_recorded_by_the_next_request(worker, new_worker, trouble, after: int):
    wire = Wire()
    troubled = new_worker(wire)
    wire.clear()
    wire.trouble(trouble, after=after)

    with pytest.raises(Unavailable):
        use(troubled)
    use(troubled)

    # At least once: only a row that was lost after its event makes a second one.
    assert uses(worker) == [("key1", "192.0.2.0/24")] * (2 if after == 3 else 1)


def test_neither_network_nor_key_name_can_be_read_off_the_rows(worker, azurite, account):
    from azure.data.tables import TableServiceClient
    use(worker, "key1", "198.51.100.0/24")
    table = TableServiceClient.from_connection_string(azurite.connection_string).get_table_client(f"a{account.account.id}")
    for row in table.list_entities():
        if row["PartitionKey"] in ("key-use", "audit-event"):
            assert set(row) == {"PartitionKey", "RowKey", "payload"}
            assert not any(word in repr(dict(row)) for word in ("198.51.100", "key1"))
