"""What outlives its time is deleted with what it owns: bounded work, nobody starves, whatever the clock does."""
from __future__ import annotations

from datetime import timedelta
from itertools import count

import pytest

from shared.errors import Conflict
from shared.lifecycle.retention import RetentionService
from shared.storage.account_store import AccountStore, Record
from shared.storage.holdings import Holding, Portability, Shape
from tests.integration.lifecycle.made_up import ALBUM, SKETCH, VISIT, add_album
from tests.integration.storage.wire import Died, Wire, dies_after, dies_before, is_write, meanwhile

SCRAP = Holding(kind="scrap", shape=Shape.RECORD, portability=Portability.HISTORY, keeps="A child of a sketch.", key="id",
                content=("text",), parent=SKETCH, retention="for a test")
SCAN = Holding(kind="scan", shape=Shape.BLOB, portability=Portability.TRANSIENT, keeps="A file of a sketch.", key="sketch and id",
               parent=SKETCH, retention="for a test")
GLIMPSE = Holding(kind="glimpse", shape=Shape.RECORD, portability=Portability.TRANSIENT, keeps="A child that ends by itself.",
                  key="id under the shelf", content=("text",), plain=("until",), parent=ALBUM, parent_key="shelf", expires="until",
                  retention="for a test")
KINDS = (ALBUM, SKETCH, SCRAP, SCAN, GLIMPSE, VISIT)
DAY = timedelta(days=1)


def retention(deployment, wire: Wire | None = None, steps=(), **limits) -> RetentionService:
    services = deployment.worker(wire)
    return RetentionService(services.accounts, services.account_deletion._directory, KINDS, steps, deployment.clock, **limits)


def opened(deployment, name: str = "a") -> AccountStore:
    services = deployment.worker()
    return services.accounts.open(services.accounts.create(name)[0])


def add_sketch(store: AccountStore, sketch_id: str, ends_at) -> None:
    store.records.insert(SKETCH, Record(sketch_id, {"text": "t"}, {"endsAt": ends_at}))
    store.records.upsert_all(SCRAP, [Record("1", {"text": "t"}), Record("2", {"text": "t"})], parent=sketch_id)
    store.blobs.write(SCAN, f"{sketch_id}/1", [b"scan"])


def sketches(store: AccountStore) -> list[str]:
    return [record.id for record in store.records.page(SKETCH).records]


def test_a_record_goes_with_what_it_owns_when_its_time_has_come_and_not_a_second_before(deployment):
    store = opened(deployment)
    add_sketch(store, "short", deployment.clock() + DAY)
    add_sketch(store, "long", deployment.clock() + 2 * DAY)
    deployment.clock.pass_seconds(DAY.total_seconds() - 1)
    retention(deployment).run()
    assert sketches(store) == ["long", "short"]
    deployment.clock.pass_seconds(1)
    retention(deployment).run()
    assert sketches(store) == ["long"]
    assert store.records.ids(SCRAP, "short") == ([], None)
    assert len(store.records.ids(SCRAP, "long")[0]) == 2
    assert store.blobs.ids(SCAN) == ["long/1"]


def test_records_under_a_parent_expire_too(deployment):
    store = opened(deployment)
    shelf = add_album(store, "holiday").plain["shelf"]
    for number in range(3):
        store.records.insert(GLIMPSE, Record(str(number), {"text": "t"}, {"until": deployment.clock() + number * DAY}), parent=shelf)
    deployment.clock.pass_seconds(DAY.total_seconds())
    retention(deployment).run()
    assert store.records.ids(GLIMPSE, shelf) == (["2"], None)
    assert [record.id for record in store.records.page(ALBUM).records] == ["holiday"]


def test_missed_ticks_are_caught_up_and_a_clock_that_jumps_back_deletes_nothing(deployment):
    store = opened(deployment)
    for number in range(5):
        add_sketch(store, str(number), deployment.clock() + number * DAY)
    deployment.clock.pass_seconds(-365 * DAY.total_seconds())
    retention(deployment).run()
    assert len(sketches(store)) == 5
    deployment.clock.pass_seconds(368 * DAY.total_seconds())
    retention(deployment).run()
    assert sketches(store) == ["4"]


@pytest.mark.parametrize("death", [dies_before, dies_after], ids=["dies before", "dies after"])
def test_what_a_run_that_died_left_goes_with_the_next(deployment, death):
    store = opened(deployment)
    for after in count():
        add_sketch(store, "s", deployment.clock())
        wire = Wire()
        wire.trouble(death, is_write, after=after)
        try:
            retention(deployment, wire).run()
            died = False
        except Died:
            died = True
        for _ in range(2):
            retention(deployment).run()
        assert sketches(store) == store.blobs.ids(SCAN) == store.records.ids(SCRAP, "s")[0] == []
        if not died:
            break
    assert after >= 4


def test_a_record_whose_time_was_put_off_meanwhile_stays(deployment):
    store = opened(deployment)
    add_sketch(store, "s", deployment.clock())

    def put_off() -> None:
        (record,) = store.records.page(SKETCH).records
        store.records.replace(SKETCH, Record(record.id, record.content, {"endsAt": deployment.clock() + DAY}, record.etag))
    wire = Wire()
    wire.trouble(meanwhile(put_off), wanted=lambda sent: sent.method == "DELETE" and "PartitionKey='sketch'" in sent.url)
    retention(deployment, wire, records_per_account=1).run()
    assert sketches(store) == ["s"]


def test_runs_at_the_same_time_do_no_harm(deployment):
    stores = [opened(deployment, str(number)) for number in range(3)]
    for after in count(0, 3):
        for store in stores:
            add_sketch(store, f"s{after}", deployment.clock())
        wire = Wire()
        wire.trouble(meanwhile(lambda: retention(deployment).run()), after=after)
        retention(deployment, wire).run()
        assert [sketches(store) for store in stores] == [[], [], []]
        if after >= len(wire.sent):
            break


def test_a_run_visits_no_more_accounts_than_it_may_and_the_next_goes_on_so_that_none_starves(deployment):
    stores = sorted((opened(deployment, str(number)) for number in range(5)), key=lambda store: store.account_id)
    visited: list[str] = []
    limited = retention(deployment, steps=[lambda store: visited.append(store.account_id)], accounts_per_run=2)
    for _ in range(5):
        limited.run()
    ids = [store.account_id for store in stores]
    assert visited == ids * 2


def test_one_account_with_much_to_delete_does_not_hold_up_the_others(deployment):
    stores = sorted((opened(deployment, str(number)) for number in range(2)), key=lambda store: store.account_id)
    for number in range(7):
        stores[0].records.insert(SKETCH, Record(str(number), {"text": ""}, {"endsAt": deployment.clock()}))
    stores[1].records.insert(SKETCH, Record("1", {"text": ""}, {"endsAt": deployment.clock()}))
    limited = retention(deployment, records_per_account=5)
    limited.run()
    assert [len(sketches(store)) for store in stores] == [2, 0]
    limited.run()
    assert [len(sketches(store)) for store in stores] == [0, 0]


def test_a_run_ends_when_its_time_is_up(deployment):
    for number in range(5):
        opened(deployment, str(number))
    visited: list[str] = []
    ticks = count()
    limited = retention(deployment, steps=[lambda store: visited.append(store.account_id)],
                        monotonic=lambda: next(ticks), seconds_per_run=5)
    limited.run()
    assert 0 < len(visited) < 5
    for _ in range(10):
        limited.run()
    assert len(set(visited)) == 5


def test_a_failure_in_one_account_does_not_stop_the_others_nor_come_first_every_time(deployment):
    stores = sorted((opened(deployment, str(number)) for number in range(3)), key=lambda store: store.account_id)
    visited: list[str] = []

    def step(store: AccountStore) -> None:
        if store is not None and store.account_id == stores[0].account_id:
            raise Conflict("It was changed.")
        visited.append(store.account_id)
    retention(deployment, steps=[step]).run()
    assert visited == [store.account_id for store in stores[1:]]
    wire = Wire()
    wire.trouble(dies_before, wanted=lambda sent: f"/a{stores[0].account_id}(" in sent.url)
    with pytest.raises(Died):
        retention(deployment, wire).run()
    visited.clear()
    retention(deployment, steps=[step]).run()
    assert visited[0] == stores[1].account_id


def test_time_goes_on_in_a_deleted_account_but_no_work_is_begun_there(deployment):
    services = deployment.worker()
    store = opened(deployment)
    add_sketch(store, "s", deployment.clock())
    services.account_deletion.delete(store.account_id, "key1")
    visited: list[str] = []
    retention(deployment, steps=[lambda each: visited.append(each.account_id)]).run()
    assert sketches(store) == []
    assert visited == []


def test_a_purged_account_is_passed_over(deployment):
    services = deployment.worker()
    store = opened(deployment)
    receipt_id = services.account_deletion.delete(store.account_id, "key1", at_once=True).deletion.receipt_id
    services.purge.run(store.account_id, receipt_id)
    retention(deployment).run()
