"""Somebody who can write to an account's table, past this service: whatever is done to the audit trail is noticed."""
from __future__ import annotations

import logging
from collections.abc import Callable

import pytest
from azure.data.tables import TableClient, TableServiceClient, UpdateMode

from shared.accounts.audit_trail import CREATION
from tests.integration.accounts.audit_trails import Worker, another

KIND = "audit-event"


def row(number: int) -> str:
    return f"{number:020}"


@pytest.fixture
def table(azurite, account) -> TableClient:
    return TableServiceClient.from_connection_string(azurite.connection_string).get_table_client(f"a{account.account.id}")


@pytest.fixture
def worker(settings, account) -> Worker:
    """Its trail has ten events."""
    worker = Worker(settings, account.account).begin()
    worker.write(*(f"event {number}" for number in range(2, 11)))
    return worker


def remove(table: TableClient, *numbers: int) -> None:
    for number in numbers:
        table.delete_entity(KIND, row(number))


def move(table: TableClient, source: int | str, target: int | str) -> None:
    """Put a row's payload into another row, or a new one."""
    keys = [place if isinstance(place, str) else row(place) for place in (source, target)]
    table.upsert_entity({**table.get_entity(KIND, keys[0]), "RowKey": keys[1]}, mode=UpdateMode.REPLACE)


def swap(table: TableClient, one: int, other: int) -> None:
    rows = [table.get_entity(KIND, row(number)) for number in (one, other)]
    for entity, key in zip(rows, (row(other), row(one)), strict=True):
        table.upsert_entity({**entity, "RowKey": key}, mode=UpdateMode.REPLACE)


def flip_a_bit(table: TableClient, number: int) -> None:
    entity = table.get_entity(KIND, row(number))
    payload = bytearray(entity["payload"])
    payload[-1] ^= 1
    table.update_entity({**entity, "payload": bytes(payload)}, mode=UpdateMode.REPLACE)


def insert(table: TableClient, key: str, **values) -> None:
    table.create_entity({"PartitionKey": KIND, "RowKey": key, **values})


TAMPERING: dict[str, tuple[Callable[[TableClient], None], int]] = {
    "the first event removed": (lambda table: remove(table, 1), 1),
    "an event removed": (lambda table: remove(table, 4), 4),
    "several removed": (lambda table: remove(table, 7, 4, 5), 4),
    "the last one removed": (lambda table: remove(table, 10), 10),
    "the tail removed": (lambda table: remove(table, 8, 9, 10), 8),
    "all events removed": (lambda table: remove(table, *range(1, 11)), 1),
    "an event changed": (lambda table: flip_a_bit(table, 4), 4),
    "the last one changed": (lambda table: flip_a_bit(table, 10), 10),
    "one put in the place of another": (lambda table: move(table, 3, 4), 4),
    "one put at the end again": (lambda table: (remove(table, 10), move(table, 3, 10)), 10),
    "two swapped": (lambda table: swap(table, 4, 8), 4),
    "two neighbours swapped": (lambda table: swap(table, 4, 5), 4),
    "all of them moved up": (lambda table: [move(table, number + 1, number) for number in range(4, 10)], 4),
    "one slipped in between": (lambda table: insert(table, f"{row(4)}5", payload=b"made up"), 5),
    "one without a payload": (lambda table: insert(table, f"{row(4)}5"), 5),
    "the head put in the place of an event": (lambda table: move(table, "head", 4), 4),
    "an event put in the place of the head": (lambda table: move(table, 4, "head"), 1),
    "the head removed": (lambda table: table.delete_entity(KIND, "head"), 1),
    "the head and the tail removed": (lambda table: (table.delete_entity(KIND, "head"), remove(table, 8, 9, 10)), 1),
    "everything removed": (lambda table: (table.delete_entity(KIND, "head"), remove(table, *range(1, 11))), 1),
}


LOSING_THE_HEAD = {"an event put in the place of the head", "the head removed", "the head and the tail removed"}


@pytest.mark.parametrize("tampering", TAMPERING)
def test_the_account_sees_where_its_trail_was_tampered_with(settings, account, worker, table, tampering: str):
    tamper, broken_at = TAMPERING[tampering]
    assert worker.page().broken_at is None

    tamper(table)

    for reader in (worker, another(settings, account.account)):
        assert reader.page().broken_at == broken_at
        assert [event.sequence for event in reader.page().events] == [
            event.sequence for event in reader.page().events if event.deed.operation in (CREATION, f"event {event.sequence}")]


@pytest.mark.parametrize("tampering", TAMPERING)
def test_a_break_is_seen_when_the_trail_is_read_in_pages(worker, table, tampering: str):
    tamper, broken_at = TAMPERING[tampering]
    tamper(table)
    broken, after = [], 0
    while after is not None:
        page = worker.page(after, 2)
        broken.append(page.broken_at)
        after = page.next_after

    assert min(number for number in broken if number is not None) == broken_at


@pytest.mark.parametrize("tampering", TAMPERING)
def test_a_trail_that_was_tampered_with_goes_on_and_stays_broken(settings, account, worker, table, tampering: str, caplog):
    tamper, broken_at = TAMPERING[tampering]
    tamper(table)
    fresh = another(settings, account.account)

    fresh.write("went on")
    worker.write("and on")

    lost_its_head = "lost its head" in caplog.text
    for reader in (worker, fresh):
        page = reader.page()
        assert page.broken_at is not None if lost_its_head else page.broken_at == broken_at
        assert [event.deed.operation for event in page.events][-2:] == ["went on", "and on"]
    assert lost_its_head == (tampering in LOSING_THE_HEAD)


def test_a_page_that_the_break_is_not_on_is_whole(worker, table):
    remove(table, 4)

    assert [worker.page(after, 2).broken_at for after in (0, 2, 4, 6, 8)] == [None, 4, 4, None, None]


def test_a_break_is_logged_when_retention_finds_it(worker, table, caplog):
    remove(table, 4)
    caplog.set_level(logging.ERROR)

    assert worker.services.audit_retention.trim(worker.store) == 0
    assert "is broken at event 4" in caplog.text


def test_whoever_erases_a_broken_trail_has_a_whole_one_after(worker, table):
    flip_a_bit(table, 4)
    insert(table, f"{row(4)}5", payload=b"made up")

    worker.services.audit_retention.erase(worker.store)
    worker.write("new")

    assert worker.told() == ["new"]
    assert {entity["RowKey"] for entity in table.query_entities(f"PartitionKey eq '{KIND}'")} == {row(11), "head"}
