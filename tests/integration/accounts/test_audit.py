"""Writing an audit trail: by many at once, over lines that drop, by processes that die; and what it costs."""
from __future__ import annotations

import threading
from collections import Counter
from contextlib import suppress
from itertools import count

import pytest
from azure.data.tables import TableServiceClient

from shared.accounts.audit_trail import CREATION
from shared.errors import NotFound, Unavailable
from tests.integration.accounts.audit_trails import Worker, deed
from tests.integration.storage.wire import Died, Wire, answering, dies_after, dies_before, is_write, lost_answer, lost_request

WRITERS = 20


@pytest.fixture
def worker(settings, account) -> Worker:
    return Worker(settings, account.account).begin()


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def wired(settings, account, worker, wire) -> Worker:
    """Another process, on a line that goes wrong where the test says."""
    started = Worker(settings, account.account, wire)
    wire.clear()
    return started


def at_once(writers: list[Worker], events_each: int) -> None:
    """Every worker writes from a thread of its own; what one of them raises rises."""
    failures: list[Exception] = []

    def write(number: int, worker: Worker) -> None:
        try:
            worker.write(*(f"writer {number} event {event}" for event in range(events_each)))
        except Exception as error:
            failures.append(error)
    threads = [threading.Thread(target=write, args=each) for each in enumerate(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_events_are_read_in_the_order_they_were_written(worker):
    worker.write("first", "second")

    assert [(event.sequence, event.deed.operation) for event in worker.events()] == [
        (1, CREATION), (2, "first"), (3, "second")]


def test_an_event_says_who_what_when_from_where_to_what(worker, settings, account):
    worker.services.audit.append(worker.store, deed("delete_text_blocklist", outcome="404", targets={"blocklistName": "garden"}))

    event = Worker(settings, account.account).events()[-1]

    assert event.deed == deed("delete_text_blocklist", outcome="404", targets={"blocklistName": "garden"})
    assert event.as_json() == {
        "sequence": 2, "at": event.at, "operation": "delete_text_blocklist", "caller": "key1", "addressRange": "192.0.2.0/24",
        "requestId": "request", "outcome": "404", "targets": {"blocklistName": "garden"}, "previous": worker.events()[0].hash}
    assert event.time.utcoffset() is not None


def test_twenty_processes_that_write_one_trail_lose_nothing(settings, account, worker):
    writers = [Worker(settings, account.account) for _ in range(WRITERS)]

    at_once(writers, 5)

    assert Counter(worker.told()) == Counter([CREATION, *(
        f"writer {number} event {event}" for number in range(WRITERS) for event in range(5))])


def test_twenty_threads_of_one_process_share_transactions(account, wired, worker, wire):
    at_once([wired] * WRITERS, 5)

    assert len(worker.events()) == 1 + WRITERS * 5
    assert len([sent for sent in wire.sent if "$batch" in sent.url]) < WRITERS * 5
    told = worker.told()
    for number in range(WRITERS):
        own = [operation for operation in told if operation.startswith(f"writer {number} ")]
        assert own == [f"writer {number} event {event}" for event in range(5)]


def test_an_event_costs_one_transaction_once_the_head_is_known(wired, wire):
    wired.write("first")
    assert [(sent.method, "$batch" in sent.url) for sent in wire.sent] == [("GET", False), ("POST", True)]
    wire.clear()

    wired.write("second", "third")

    assert [(sent.method, "$batch" in sent.url) for sent in wire.sent] == [("POST", True)] * 2


def test_a_process_that_was_overtaken_goes_on_after_the_others(wired, worker):
    wired.write("one")
    worker.write("two")
    wired.write("three")

    assert worker.told() == [CREATION, "one", "two", "three"]


@pytest.mark.parametrize("retries", [0, 3], ids=["without retries", "with the client's own retries"])
def test_an_event_whose_answer_was_lost_is_in_the_trail_once(settings, account, worker, retries):
    wire = Wire(retries)
    wired = Worker(settings, account.account, wire)
    wire.trouble(lost_answer, is_write)
    with suppress(Unavailable):  # without retries nobody can tell, and the caller is told so
        wired.write("one")
    wired.write("two")

    assert worker.told() == [CREATION, "one", "two"]


@pytest.mark.parametrize("trouble", [lost_request, answering(503), answering(500)], ids=["dropped", "503", "500"])
def test_what_cannot_be_written_is_told_and_the_trail_goes_on(wired, worker, wire, trouble):
    wired.write("before")
    wire.trouble(trouble, is_write)

    with pytest.raises(Unavailable):
        wired.write("lost")
    wired.write("after")

    assert worker.told() == [CREATION, "before", "after"]


@pytest.mark.parametrize("dies", [dies_before, dies_after])
@pytest.mark.parametrize("is_warm", [True, False])
def test_a_process_that_dies_while_it_writes_leaves_a_whole_trail(settings, account, worker, dies, is_warm):
    for after in count():
        wire = Wire()
        dying = Worker(settings, account.account, wire)
        if is_warm:
            dying.write("warm")
        wire.trouble(dies, after=after)
        try:
            dying.write("last words")
        except Died:
            worker.write("went on")
            continue
        break
    assert after > 0
    assert worker.events()[-1].deed.operation == "last words"


def test_threads_whose_writer_dies_are_told_that_nothing_is_certain(wired, wire, worker):
    """The one that writes for them all is gone: the others do not wait for ever."""
    wired.write("warm")
    held, outcomes = threading.Event(), []

    def dies_late(send, request):
        held.wait(10)
        raise Died
    wire.trouble(dies_late, is_write)

    def write(name: str) -> None:
        try:
            wired.write(name)
            outcomes.append("written")
        except BaseException as error:
            outcomes.append(type(error).__name__)
    threads = [threading.Thread(target=write, args=(f"thread {number}",)) for number in range(5)]
    for thread in threads:
        thread.start()
    held.set()
    for thread in threads:
        thread.join(30)

    assert outcomes.count("Died") == 1 and len(outcomes) == 5
    assert len(worker.events()) == 2 + outcomes.count("written")


def test_an_account_that_has_ended_takes_no_event(worker, azurite, account):
    TableServiceClient.from_connection_string(azurite.connection_string).delete_table(f"a{account.account.id}")

    with pytest.raises(NotFound):
        worker.write("too late")


def test_more_events_than_a_transaction_takes_wait_their_turn(wired, worker, wire):
    wired.write("warm")
    release = threading.Event()

    def slow(send, request):
        release.wait(10)
        return send()
    wire.trouble(slow, is_write)
    threads = [threading.Thread(target=wired.write, args=(f"event {number}",)) for number in range(120)]
    for thread in threads:
        thread.start()
    release.set()
    for thread in threads:
        thread.join()

    assert Counter(worker.told()) == Counter([CREATION, "warm", *(f"event {number}" for number in range(120))])
