"""Workers that die, and answers that get lost, between any two requests of a change: nothing acknowledged is lost, the
same change succeeds when it is tried again, and then everybody lists and matches the same."""
from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from itertools import count

import pytest

from shared.errors import Conflict, Unavailable
from shared.storage.holdings import BLOCKLIST_INDEX
from tests.integration.blocklists.lists import COMPACTING, SEALING, Worker, assert_agree, new_name
from tests.integration.storage.wire import Died, Wire, dies_before, is_write, lost_answer

VOCABULARY = ["apple", "pear", "plum", "fig", "gr[ae]y", "grey", "b[iu]n", "bin", "old", "older", "oldest"]
KEPT = {"apple", "pear", "gr[ae]y"}
REMOVED = {"old", "older", "ol[de]st"}
CHANGES: dict[str, tuple[Callable[[Worker, str, list[str]], object], set[str]]] = {
    "add": (lambda worker, name, ids: worker.add(name, "plum", "apple"), KEPT | {"plum"}),
    "add pattern": (lambda worker, name, ids: worker.add(name, "b[iu]n", is_regex=True), KEPT | {"b[iu]n"}),
    "remove": (lambda worker, name, ids: worker.lists.remove_items(worker.store, name, ids), KEPT),
}
STAGES = {"fresh": (0, 0), "sealing": (0, SEALING - 1), "compacting": (COMPACTING - 1, SEALING - 1)}
CASES = [("add", "fresh"), ("add", "sealing"), ("add", "compacting"), ("add pattern", "fresh"), ("remove", "fresh"),
         ("remove", "sealing")]


def prepared(worker: Worker, name: str, change: str, stage: str) -> list[str]:
    """A list with KEPT in it, what the change removes, and an index about to be sealed or compacted."""
    worker.create(name, "apple", "pear")
    worker.add(name, "gr[ae]y", is_regex=True)
    if change == "remove":
        worker.add(name, "old", "older")
        worker.add(name, "ol[de]st", is_regex=True)
    segments, tail = STAGES[stage]
    if segments:
        worker.fill(name, segments)
    if tail:
        already = len(worker.lists.get(worker.store, name).index.tail) // 25
        worker.append_made_up(name, tail - already)
    return [item.id for item in worker.items(name) if item.text in REMOVED]


@pytest.mark.parametrize(("change", "stage"), CASES)
def test_a_change_whose_worker_dies_anywhere_is_whole_once_it_is_tried_again(new_worker, worker, change, stage):
    make, expected = CHANGES[change]
    wire = Wire()
    dying = new_worker(wire)
    for after in count():
        name = new_name()
        ids = prepared(worker, name, change, stage)
        for warm in (worker, dying):
            warm.matched(name, VOCABULARY)
        wire.clear()
        wire.trouble(dies_before, is_write, after=after)
        try:
            make(dying, name, ids)
            died = False
        except Died:
            died = True
        wire.clear()
        for each in (worker, new_worker()):
            assert each.listed(name) >= KEPT
            assert each.matched(name, VOCABULARY) >= KEPT
        make(worker, name, ids)
        assert_agree([worker, dying, new_worker()], name, VOCABULARY, expected)
        assert worker.named_blobs() <= worker.stored_blobs()
        if not died:
            break
    assert after >= 2


@pytest.mark.parametrize(("change", "stage"), CASES)
def test_a_change_whose_answers_get_lost_leaves_a_list_that_can_be_used(new_worker, worker, change, stage):
    """The SDK repeats the request, and the storage refuses it because of the change that it made for the first one."""
    make, expected = CHANGES[change]
    wire = Wire(retries=2)
    trying = new_worker(wire)
    for after in count():
        name = new_name()
        ids = prepared(worker, name, change, stage)
        trying.matched(name, VOCABULARY)
        wire.clear()
        wire.trouble(lost_answer, is_write, after=after)
        try:
            make(trying, name, ids)
        except (Unavailable, Conflict):
            make(worker, name, ids)
        was_lost = sum(map(is_write, wire.sent)) > after
        wire.clear()
        assert_agree([worker, trying, new_worker()], name, VOCABULARY, expected)
        assert worker.stored_blobs() == worker.named_blobs()
        if not was_lost:
            break


@pytest.mark.parametrize("trouble", [dies_before, lost_answer], ids=["dies", "answer lost"])
def test_a_compaction_that_fails_anywhere_loses_nothing_and_the_next_one_succeeds(new_worker, worker, trouble):
    retries = 2 if trouble is lost_answer else 0
    name = new_name()
    worker.create(name, "apple", "pear")
    interesting = [0, 1, 2, 3, 9]
    for after in interesting:  # writing the base in two steps, storing the manifest, deleting the segments
        missing = COMPACTING - len(worker.lists.get(worker.store, name).index.segments)
        worker.fill(name, missing)
        wire = Wire(retries=retries)
        trying = new_worker(wire)
        wire.trouble(trouble, is_write, after=after)
        with suppress(Died, Unavailable):
            trying.indexes.compact(trying.store, name)
        assert sum(map(is_write, wire.sent)) > after
        wire.clear()
        assert_agree([worker, trying, new_worker()], name, ["apple", "pear"], {"apple", "pear"})
    worker.fill(name, COMPACTING)
    worker.indexes.compact(worker.store, name)
    assert_agree([worker, new_worker()], name, ["apple", "pear"], {"apple", "pear"})
    generation = worker.lists.get(worker.store, name).index.generation
    worker.lists.delete(worker.store, name)
    worker.lists.purge(worker.store, generation)
    assert worker.stored_blobs() == set()


def test_an_index_whose_blobs_got_lost_is_built_anew_from_the_items(new_worker, worker):
    name = new_name()
    worker.create(name, "apple", "pear")
    worker.fill(name, COMPACTING)
    worker.indexes.compact(worker.store, name)
    worker.add(name, "plum")
    for blob in worker.stored_blobs():
        worker.store.blobs.delete(BLOCKLIST_INDEX, blob)
    fresh = new_worker()
    assert fresh.matched(name, VOCABULARY) == {"apple", "pear", "plum"}
    assert_agree([worker, fresh, new_worker()], name, VOCABULARY, {"apple", "pear", "plum"})
    assert worker.stored_blobs() == worker.named_blobs()


def test_a_deletion_that_died_leaves_the_list_or_nothing_of_it(new_worker, worker):
    for after in count():
        name = new_name()
        worker.create(name, "apple")
        worker.fill(name, 2)
        generation = worker.lists.get(worker.store, name).index.generation
        wire = Wire()
        dying = new_worker(wire)
        wire.trouble(dies_before, is_write, after=after)
        try:
            dying.lists.delete(dying.store, name)
            died = False
        except Died:
            died = True
        jobs = [sent for sent in wire.sent[:-1] if "/jobs/messages" in sent.url]
        lists, _ = worker.lists.page(worker.store, None, 1000)
        if name in {each.name for each in lists}:
            worker.lists.purge(worker.store, generation)  # the job that was queued first finds the list there
            assert worker.listed(name) == {"apple"} == worker.matched(name, VOCABULARY)
        else:
            assert jobs or not died  # a job was queued before the list was gone
            worker.lists.purge(worker.store, generation)
            worker.lists.purge(worker.store, generation)
            assert worker.repository.item_ids(worker.store, generation, None, 10) == ([], None)
            assert not any(blob.startswith(generation) for blob in worker.stored_blobs())
        if not died:
            break
    assert after >= 3


def test_a_purge_that_dies_anywhere_is_finished_by_the_next(new_worker, worker):
    for after in count():
        name = new_name()
        worker.create(name, "apple", "pear")
        worker.fill(name, 1)
        worker.fill(name, 1)
        generation = worker.lists.get(worker.store, name).index.generation
        worker.lists.delete(worker.store, name)
        wire = Wire()
        dying = new_worker(wire)
        wire.trouble(dies_before, is_write, after=after)
        try:
            dying.lists.purge(dying.store, generation)
            died = False
        except Died:
            died = True
        worker.lists.purge(worker.store, generation)
        assert worker.repository.item_ids(worker.store, generation, None, 10) == ([], None)
        assert worker.stored_blobs() == set()
        if not died:
            break
    assert after >= 3
