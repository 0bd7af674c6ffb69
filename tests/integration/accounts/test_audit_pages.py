"""Reading a trail page by page, and the end of its oldest events."""
from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from azure.data.tables import TableServiceClient

from shared.accounts.audit_trail import CREATION, ERASING, chained
from shared.storage.holdings import AUDIT_EVENT
from tests.integration.accounts.audit_trails import Worker, deed
from tests.integration.accounts.conftest import Clock
from tests.integration.storage.wire import Died, Wire, dies_after, dies_before, is_write, meanwhile

DAYS = 365


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def worker(settings, account, clock) -> Worker:
    return Worker(settings, account.account, now=clock).begin()


@pytest.fixture
def new_worker(settings, account, clock):
    return lambda wire=None: Worker(settings, account.account, wire, clock)


def rows(azurite, account) -> int:
    table = TableServiceClient.from_connection_string(azurite.connection_string).get_table_client(f"a{account.account.id}")
    return len(list(table.query_entities("PartitionKey eq 'audit-event'", select=["RowKey"])))


@pytest.mark.parametrize("size", [1, 2, 3, 5, 6, 7, 500])
def test_pages_of_any_size_hold_every_event_once(worker, size):
    worker.write("two", "three", "four", "five", "six")
    seen, after = [], 0
    while after is not None:
        page = worker.page(after, size)
        assert page.broken_at is None and 0 < len(page.events) <= size
        seen += [event.deed.operation for event in page.events]
        after = page.next_after

    assert seen == [CREATION, "two", "three", "four", "five", "six"]


@pytest.mark.parametrize("after", [2, 3, 1000])
def test_a_page_after_the_end_is_empty_and_whole(worker, after):
    worker.write("two")

    page = worker.page(after, 10)

    assert (list(page.events), page.next_after, page.broken_at) == ([], None, None)


def test_events_that_are_written_while_a_page_is_read_break_nothing(worker, new_worker):
    wire = Wire()
    reader = new_worker(wire)
    wire.trouble(meanwhile(lambda: worker.write("meanwhile")), times=5)

    assert [reader.page(0, 500).broken_at for _ in range(3)] == [None] * 3


def test_events_that_are_trimmed_while_a_page_is_read_break_nothing(worker, new_worker, clock):
    worker.write("old", "old")
    clock.pass_seconds(timedelta(days=DAYS, seconds=1).total_seconds())
    worker.write("new")
    wire = Wire()
    reader = new_worker(wire)
    wire.clear()
    wire.trouble(meanwhile(lambda: worker.services.audit_retention.trim(worker.store)), after=1)

    page = reader.page()

    assert ([event.deed.operation for event in page.events], page.broken_at) == (["new"], None)


def test_an_account_whose_creation_was_not_recorded_shows_that(settings, account):
    worker = Worker(settings, account.account)
    assert worker.page().broken_at == 1

    worker.write("out of nowhere")

    assert worker.page().broken_at == 1


@pytest.mark.parametrize(("seconds", "left"), [(-1, [CREATION, "two", "three"]), (0, [CREATION, "two", "three"]), (1, ["three"])])
def test_an_event_is_kept_for_its_retention_and_no_second_longer(worker, clock, seconds, left):
    worker.write("two")
    clock.pass_seconds(10)
    worker.write("three")
    clock.pass_seconds(timedelta(days=DAYS).total_seconds() - 10 + seconds)

    assert worker.services.audit_retention.trim(worker.store) == 3 - len(left)
    assert worker.told() == left
    worker.write("four")
    assert worker.told() == [*left, "four"]


def test_retention_of_many_events_takes_bounded_runs(settings, account, worker, clock, azurite):
    for start in range(0, 1100, 90):
        _write_at_once(worker, min(90, 1100 - start))
    clock.pass_seconds(timedelta(days=DAYS, seconds=1).total_seconds())
    trim = worker.services.audit_retention.trim

    assert [trim(worker.store) for _ in range(3)] == [999, 102, 0]
    assert rows(azurite, account) == 1
    worker.write("new")
    assert worker.told() == ["new"]


def _write_at_once(worker: Worker, count: int) -> None:
    from tests.integration.accounts.test_audit import at_once

    at_once([worker] * count, 1)


@pytest.mark.parametrize("dies", [dies_before, dies_after])
def test_a_trim_that_dies_anywhere_leaves_a_whole_trail_and_is_finished_by_the_next(worker, new_worker, clock, dies, account, azurite):
    for after in range(10):
        worker.write("old", "old")
        clock.pass_seconds(timedelta(days=DAYS, seconds=1).total_seconds())
        worker.write("new")
        wire = Wire()
        dying = new_worker(wire)
        wire.clear()
        wire.trouble(dies, is_write, after=after)
        try:
            dying.services.audit_retention.trim(dying.store)
        except Died:
            assert worker.told()[-1] == "new"
            worker.services.audit_retention.trim(worker.store)
            assert worker.told() == ["new"]
            assert rows(azurite, account) == 2
            continue
        break
    assert after == 2


def test_writers_and_a_trim_do_not_get_in_each_others_way(worker, new_worker, clock):
    worker.write("old")
    clock.pass_seconds(timedelta(days=DAYS, seconds=1).total_seconds())
    wire = Wire()
    trimming = new_worker(wire)
    wire.clear()
    wire.trouble(meanwhile(lambda: worker.write("meanwhile")), is_write, times=3)

    trimming.services.audit_retention.trim(trimming.store)
    worker.write("after")

    assert worker.told() == ["meanwhile"] * 3 + ["after"]


def test_a_clock_that_jumps_back_trims_nothing_and_breaks_nothing(worker, clock):
    clock.pass_seconds(-timedelta(days=3 * DAYS).total_seconds())
    worker.write("in the past")
    clock.pass_seconds(timedelta(days=2 * DAYS).total_seconds())

    assert worker.services.audit_retention.trim(worker.store) == 0
    assert worker.told() == [CREATION, "in the past"]


def test_erasing_leaves_only_where_the_trail_goes_on(worker, azurite, account):
    worker.write(*(["event"] * 9))

    assert worker.services.audit_retention.erase(worker.store) == 10
    assert (worker.told(), rows(azurite, account)) == ([], 1)
    assert worker.services.audit_retention.erase(worker.store) == 0


@pytest.mark.parametrize(("before", "after"), [(0, 0), (3, 2), (1001, 0), (2, 1001)])
def test_erasing_leaves_the_event_of_whoever_asked_for_it_and_what_came_later(worker, azurite, account, before: int, after: int):
    """Nobody who has a key wipes a trail without a trace."""
    asked = deed(ERASING, targets={"kind": AUDIT_EVENT.kind})
    deeds = [*[deed("event")] * before, asked, *[deed(ERASING, targets={"kind": "blocklist"})] * after]
    head = worker.services.audit._events.find_head(worker.store)
    for start in range(0, len(deeds), 99):
        events, end = chained(head, deeds[start:start + 99], datetime(2026, 3, 1, tzinfo=UTC))
        head = worker.services.audit._events.append(worker.store, events, end)

    assert worker.services.audit_retention.erase(worker.store) == 1 + before
    assert worker.told() == [ERASING] * (1 + after)
    assert rows(azurite, account) == 2 + after
    assert worker.services.audit_retention.erase(worker.store) == 0


def test_erasing_what_never_was_does_nothing(settings, account):
    worker = Worker(settings, account.account)

    assert worker.services.audit_retention.erase(worker.store) == worker.services.audit_retention.trim(worker.store) == 0


def test_the_timer_trims_each_account(deployment):
    services = deployment.worker(audit_retention_days=30)
    stores = [services.accounts.open(services.accounts.create(str(number))[0]) for number in range(3)]
    for store in stores:
        services.audit.append(store, deed(CREATION))
    deployment.clock.pass_seconds(timedelta(days=30, seconds=1).total_seconds())
    for store in stores:
        services.audit.append(store, deed("new"))

    for store in stores:
        services.retention.visit(services.accounts.get(store.account_id))

    pages = [services.audit_reader.page(store, 0, 500) for store in stores]
    assert [[event.deed.operation for event in page.events] for page in pages] == [["new"]] * 3
    assert [page.broken_at for page in pages] == [None] * 3
