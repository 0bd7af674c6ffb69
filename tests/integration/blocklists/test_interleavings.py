"""One worker changes a list while another does something else between each two of its requests: afterwards every
worker, warm or fresh, lists and matches the same, and what was acknowledged last counts."""
from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from itertools import count

import pytest

from shared.errors import NotFound
from tests.integration.blocklists.lists import COMPACTING, SEALING, Worker, assert_agree, new_name
from tests.integration.storage.wire import Sent, Wire, is_write, meanwhile

VOCABULARY = ["apple", "pear", "plum", "fig", "gr[ae]y", "grey"]
Act = Callable[[Worker, str], None]


def is_blob_write(sent: Sent) -> bool:
    return sent.method == "PUT" and "blocklist-index" in sent.url


def is_record_change(sent: Sent) -> bool:
    return sent.method == "PUT" and "RowKey" in sent.url


def ignoring_deleted(act: Act) -> Act:
    def ignoring(worker: Worker, name: str) -> None:
        with suppress(NotFound):
            act(worker, name)
    return ignoring


ACTS: dict[str, Act] = {
    "add apple": lambda worker, name: worker.add(name, "apple"),
    "add apple and gr[ae]y": lambda worker, name: (worker.add(name, "apple", description="d"),
                                                   worker.add(name, "gr[ae]y", is_regex=True)),
    "remove apple": lambda worker, name: worker.remove(name, "apple"),
    "remove apple and gr[ae]y": lambda worker, name: worker.remove(name, "apple", "gr[ae]y"),
    "add plum": lambda worker, name: worker.add(name, "plum"),
    "describe": lambda worker, name: worker.lists.upsert(worker.store, name, "described"),
    "delete": ignoring_deleted(lambda worker, name: worker.lists.delete(worker.store, name)),
    "delete and make anew": ignoring_deleted(lambda worker, name: (worker.lists.delete(worker.store, name),
                                                                   worker.create(name, "fig"))),
}
AFTER_BOTH = {  # what either order leaves, given {apple, pear} before
    ("add apple", "remove apple"): [{"pear"}, {"apple", "pear"}],
    ("remove apple", "add apple"): [{"pear"}, {"apple", "pear"}],
    ("remove apple and gr[ae]y", "add apple and gr[ae]y"): None,  # several requests: to agree is all that is asked
    ("add apple and gr[ae]y", "remove apple and gr[ae]y"): None,
    ("add apple", "add plum"): [{"apple", "pear", "plum"}],
    ("describe", "add plum"): [{"apple", "pear", "plum"}],
    ("add plum", "delete"): [None],
    ("remove apple", "delete"): [None],
    ("add plum", "delete and make anew"): [{"fig"}, {"fig", "plum"}],
}


@pytest.mark.parametrize(("main", "other"), AFTER_BOTH, ids=[f"{main}, meanwhile {other}" for main, other in AFTER_BOTH])
def test_a_change_between_any_two_requests_of_another_leaves_a_whole_list(new_worker, worker, main, other):
    wire = Wire()
    acting = new_worker(wire)
    for after in count():
        name = new_name()
        worker.create(name, "apple", "pear")
        for warm in (worker, acting):
            warm.matched(name, VOCABULARY)  # now the index and the texts are in the memory of both
        wire.clear()
        wire.trouble(meanwhile(lambda name=name: ACTS[other](worker, name)), after=after)
        try:
            ACTS[main](acting, name)
        except NotFound:
            assert "delete" in (main, other) or "delete and make anew" in (main, other)
        was_interrupted = len(wire.sent) > after
        wire.clear()
        everybody = [worker, acting, new_worker()]
        outcomes = AFTER_BOTH[main, other]
        if outcomes == [None] and was_interrupted:
            for each in everybody:
                with pytest.raises(NotFound):
                    each.matched(name, VOCABULARY)
        elif was_interrupted:
            left = assert_agree(everybody, name, VOCABULARY)
            left.discard("grey")
            assert outcomes is None or left in outcomes
        assert worker.stored_blobs() <= worker.named_blobs()
        if not was_interrupted:
            break
    assert after >= 2


@pytest.mark.parametrize("point", ["index", "settled"])
def test_a_removal_within_an_addition_within_any_removal_agrees(new_worker, worker, point):
    """The pairs above leave room for an error that takes three. `point` is where the innermost one comes."""
    before = {"index": is_record_change, "settled": lambda sent: sent.method == "GET"}[point]
    wire, inner_wire = Wire(), Wire()
    acting, inner = new_worker(wire), new_worker(inner_wire)
    for after in count():
        name = new_name()
        worker.create(name, "apple", "pear")
        for warm in (worker, acting, inner):
            warm.matched(name, VOCABULARY)
        wire.clear()
        inner_wire.clear()
        inner_wire.trouble(meanwhile(lambda name=name: worker.remove(name, "apple")), wanted=before,
                           after=1 if point == "settled" else 0)
        wire.trouble(meanwhile(lambda name=name: inner.add(name, "apple")), after=after)
        acting.remove(name, "apple")
        was_interrupted = len(wire.sent) > after
        wire.clear()
        inner_wire.clear()
        assert_agree([worker, acting, inner, new_worker()], name, VOCABULARY)
        if not was_interrupted:
            break


def test_an_addition_is_in_step_with_sealing_and_compaction_wherever_they_come_between(new_worker, worker):
    wire = Wire()
    acting = new_worker(wire)
    for after in count():
        name = new_name()
        worker.create(name, "apple", "pear")
        worker.fill(name, COMPACTING)
        acting.matched(name, VOCABULARY)
        wire.clear()
        wire.trouble(meanwhile(lambda name=name: worker.indexes.compact(worker.store, name)), is_write, after=after)
        acting.add(name, "plum")
        acting.append_made_up(name, SEALING)
        was_interrupted = sum(map(is_write, wire.sent)) > after
        wire.clear()
        assert_agree([worker, acting, new_worker()], name, VOCABULARY, {"apple", "pear", "plum"})
        assert worker.stored_blobs() == worker.named_blobs()
        if not was_interrupted:
            break


POINTS = {
    "it writes the base": is_blob_write,
    "it stores the manifest": is_record_change,
    "it deletes the segments": lambda sent: sent.method == "DELETE",
}


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("other", ["add plum", "seal", "compact", "delete and make anew"])
def test_a_compaction_is_in_step_with_what_comes_right_before_one_of_its_steps(new_worker, worker, other, point):
    acts = {**ACTS, "seal": lambda each, name: each.append_made_up(name, SEALING),
            "compact": lambda each, name: each.indexes.compact(each.store, name)}
    outcome = {"add plum": {"apple", "pear", "plum"}, "delete and make anew": {"fig"}}.get(other, {"apple", "pear"})
    wire = Wire()
    acting = new_worker(wire)
    name = new_name()
    worker.create(name, "apple", "pear")
    worker.fill(name, COMPACTING)
    generation = worker.lists.get(worker.store, name).index.generation
    done: list[object] = []
    wire.trouble(meanwhile(lambda: done.append(acts[other](worker, name))), wanted=POINTS[point])
    acting.indexes.compact(acting.store, name)
    assert len(done) == 1
    wire.clear()
    everybody = [worker, acting, new_worker()]
    assert_agree(everybody, name, VOCABULARY, outcome)
    worker.lists.purge(worker.store, generation)
    assert worker.stored_blobs() == worker.named_blobs()


def test_a_reader_between_any_two_requests_sees_every_item_that_nobody_touches(new_worker, worker):
    """Readers with an old manifest find the list as it once was, or look again: never less than what stays."""
    wire = Wire()
    acting, reader = new_worker(wire), new_worker()
    name = new_name()
    worker.create(name, "apple", "pear")
    worker.fill(name, COMPACTING - 1)
    seen: list[set[str]] = []
    for after in range(30):
        wire.trouble(meanwhile(lambda: seen.append(reader.matched(name, VOCABULARY))), after=after)
    acting.add(name, "plum")
    acting.append_made_up(name, SEALING)
    acting.indexes.compact(acting.store, name)
    acting.remove(name, "plum")
    assert len(seen) == 30
    assert all({"apple", "pear"} <= each for each in seen)
    assert {"apple", "pear", "plum"} in seen


@pytest.mark.parametrize("slow", ["manifest read", "index read"])
def test_a_reader_that_is_overtaken_by_a_compaction_reads_again(new_worker, worker, slow):
    name = new_name()
    worker.create(name, "apple", "pear")
    worker.fill(name, COMPACTING)
    wire = Wire()
    reader = new_worker(wire)
    wire.trouble(meanwhile(lambda: worker.indexes.compact(worker.store, name)),
                 wanted=lambda sent: sent.method == "GET" and "blocklist-index" in sent.url,
                 after=0 if slow == "manifest read" else 3)
    assert reader.matched(name, VOCABULARY) == {"apple", "pear"}
    assert worker.stored_blobs() == worker.named_blobs()
    assert len(worker.lists.get(worker.store, name).index.segments) == 0


def test_writers_in_many_threads_lose_nothing(new_worker):
    workers = [new_worker() for _ in range(3)]
    name = new_name()
    workers[0].create(name, *[f"old{number}" for number in range(10)])
    failures: list[BaseException] = []

    def write(number: int) -> None:
        worker = workers[number % 3]
        try:
            for round_number in range(4):
                worker.add(name, f"new{number}x{round_number}", f"other{number}x{round_number}")
            worker.remove(name, f"old{number}", f"other{number}x2")
            worker.add(name, "shared")
            if number == 0:
                worker.append_made_up(name, SEALING)
        except BaseException as failure:
            failures.append(failure)
    threads = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    expected = {"shared", *(f"old{number}" for number in range(6, 10))} | {
        text for number in range(6) for round_number in range(4)
        for text in (f"new{number}x{round_number}", f"other{number}x{round_number}") if text != f"other{number}x2"}
    assert_agree([*workers, new_worker()], name, [*expected, "old0", "other0x2"], expected)
    assert workers[0].stored_blobs() == workers[0].named_blobs()
