"""What the timer asks for: how many jobs wait, how many were given up, which purges are due; and what indexes say of themselves."""
from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from azure.core.exceptions import ResourceExistsError
from azure.storage.queue import QueueClient

from dev.azurite import Azurite
from shared.blocklists.models import NewItem
from shared.bootstrap import services_of
from shared.jobs.work import TIMER_JOBS
from shared.settings import Settings
from shared.storage.queues import JOB_QUEUE, POISON_QUEUE
from shared.telemetry.metrics import (
    LIST_INDEX_AGE,
    LIST_INDEX_BYTES,
    LIST_INDEX_KEPT,
    LIST_INDEX_LOAD_SECONDS,
    LIST_INDEX_LOADS,
    PURGE_BACKLOG_ACCOUNTS,
    PURGE_BACKLOG_AGE,
    QUEUE_DEPTH,
    Metric,
)
from tests.heard import Recording
from tests.integration.storage.wire import Wire

GRACE_HOURS = 5


class Watched:
    """Services with telemetry and a clock of their own."""

    def __init__(self, settings: Settings) -> None:
        self.now = datetime.now(UTC)
        self.recording = Recording()
        self.services = services_of(dataclasses.replace(settings, deleted_account_grace_hours=GRACE_HOURS), lambda: self.now,
                                    self.recording.telemetry())

    def measured(self, metric: Metric) -> dict[str, float]:
        """By the one attribute, or under ``, after a run of the timer."""
        next(job for job in TIMER_JOBS if job.name == "measure_backlog").run(self.services)
        return self.told(metric)

    def told(self, metric: Metric) -> dict[str, float]:
        return {"".join(attributes.values()): value for attributes, value in self.recording.points().get(metric.name, [])}


@pytest.fixture
def watched(settings: Settings) -> Watched:
    return Watched(settings)


@contextmanager
def poisoned(azurite: Azurite, count: int) -> Iterator[None]:
    queue = QueueClient.from_connection_string(azurite.connection_string, POISON_QUEUE)
    try:
        queue.create_queue()
    except ResourceExistsError:
        queue.clear_messages()
    for _ in range(count):
        queue.send_message("e30=")
    yield
    queue.delete_queue()


def test_queues_are_counted_each_and_one_that_is_not_there_is_empty(watched: Watched, azurite: Azurite):
    watched.services.job_queue.create()
    before = watched.measured(QUEUE_DEPTH)
    assert set(before) == {JOB_QUEUE, POISON_QUEUE} and before[POISON_QUEUE] == 0
    watched.services.job_queue.send("compact-blocklist", "0" * 32, "1" * 32, delay_seconds=3600)
    with poisoned(azurite, 2):
        assert watched.measured(QUEUE_DEPTH) == {JOB_QUEUE: before[JOB_QUEUE] + 1, POISON_QUEUE: 2}


def test_a_purge_is_in_the_backlog_from_the_hour_on_that_it_is_due_until_it_is_done(watched: Watched):
    services = watched.services
    before = services.account_deletion.backlog().accounts
    account, _ = services.accounts.create("a")
    deleted = services.account_deletion.delete(account.id, "operator")
    assert deleted.deletion is not None
    watched.now = deleted.deletion.purge_after - timedelta(seconds=1)
    assert watched.measured(PURGE_BACKLOG_ACCOUNTS) == {"": before}
    watched.now = deleted.deletion.purge_after
    assert watched.measured(PURGE_BACKLOG_ACCOUNTS) == {"": before + 1}
    watched.now += timedelta(minutes=7)
    assert watched.measured(PURGE_BACKLOG_AGE)[""] >= 7 * 60
    services.account_deletion.restore(account.id)
    assert watched.measured(PURGE_BACKLOG_ACCOUNTS) == {"": before}


def test_the_age_is_that_of_the_purge_that_is_due_longest(watched: Watched):
    first, second = (watched.services.accounts.create("a")[0] for _ in range(2))
    watched.services.account_deletion.delete(first.id, "operator")
    watched.now += timedelta(minutes=30)
    watched.services.account_deletion.delete(second.id, "operator", at_once=True)
    watched.now += timedelta(hours=GRACE_HOURS)
    backlog = watched.services.account_deletion.backlog()
    assert backlog.accounts >= 2 and backlog.age >= timedelta(hours=GRACE_HOURS)
    for account in (first, second):
        watched.services.account_deletion.restore(account.id)


def test_where_telemetry_is_off_the_timer_asks_nothing(settings: Settings):
    wire = Wire()
    next(job for job in TIMER_JOBS if job.name == "measure_backlog").run(services_of(settings, **wire.options))
    assert wire.sent == []


def test_an_index_tells_of_its_loads_and_of_what_is_kept(watched: Watched):
    services = watched.services
    account, _ = services.accounts.create("a")
    store = services.accounts.open(account)
    services.blocklists.upsert(store, "list", None)
    services.blocklists.add_items(store, "list", [NewItem("apple", None, False)])
    assert services.text_analysis.analyze(store, "an apple", [], ["list"], True).matches
    kind = "blocklist-index"
    loads = watched.told(LIST_INDEX_LOADS)[kind]
    assert loads >= 1 and watched.told(LIST_INDEX_LOAD_SECONDS)[kind] == loads
    assert watched.told(LIST_INDEX_KEPT) == {kind: 1, "term-list-index": 0, "image-list-index": 0}
    assert watched.told(LIST_INDEX_BYTES)[kind] > 0
    assert set(watched.told(LIST_INDEX_AGE)) == {kind}, "a kind of which none is kept has no age"
    services.text_analysis.analyze(store, "an apple", [], ["list"], True)
    assert watched.told(LIST_INDEX_LOADS)[kind] == loads, "it is there already"
    services.blocklist_indexes.delete(store, services.blocklists.get(store, "list").index.generation)
    assert watched.told(LIST_INDEX_KEPT)[kind] == 0
