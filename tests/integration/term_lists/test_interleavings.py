"""One worker changes a list while another does something else between each two of its requests, or dies there: afterwards
every worker lists and matches the same, what was acknowledged counts, and what was deleted is gone."""
from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from itertools import count

import pytest

from shared.errors import InvalidRequest, NotFound, Unavailable
from shared.term_lists.repository import TermListRepository
from tests.integration.storage.wire import Died, Wire, dies_before, interrupted, is_write, lost_answer
from tests.integration.term_lists.terms import COMPACTING, SEALING, Worker, assert_agree

VOCABULARY = ["apple", "pear", "plum", "fig", *(f"n{at}" for at in range(5))]
Act = Callable[[Worker, int], object]
ACTS: dict[str, Act] = {
    "add apple": lambda worker, number: worker.add(number, "apple"),
    "remove apple": lambda worker, number: worker.remove(number, "apple"),
    "add plum": lambda worker, number: worker.add(number, "plum"),
    "import plum and apple": lambda worker, number: worker.import_terms(number, "plum", "apple"),
    "remove all": lambda worker, number: worker.remove_all(number),
    "remove all, add fig": lambda worker, number: (worker.remove_all(number), worker.add(number, "fig")),
    "delete": lambda worker, number: worker.lists.delete(worker.store, number),
    "describe": lambda worker, number: worker.lists.update(worker.store, number, None, "described", None),
}
AFTER_BOTH = {  # what either order leaves, given {apple, pear} before; None where the list is gone
    ("add apple", "remove apple"): [{"pear"}, {"apple", "pear"}],
    ("remove apple", "add apple"): [{"pear"}, {"apple", "pear"}],
    ("import plum and apple", "remove apple"): [{"pear", "plum"}, {"apple", "pear", "plum"}],
    ("remove apple", "import plum and apple"): [{"pear", "plum"}, {"apple", "pear", "plum"}],
    ("add plum", "remove all"): [set(), {"plum"}],
    ("import plum and apple", "remove all, add fig"): [{"fig"}, {"fig", "plum", "apple"}],
    ("remove apple", "remove all"): [set()],
    ("remove all", "add plum"): [set(), {"plum"}],
    ("remove all", "remove all, add fig"): [set(), {"fig"}],
    ("add plum", "delete"): [None],
    ("remove all", "delete"): [None],
    ("delete", "add plum"): [None],
    ("describe", "delete"): [None],
    ("delete", "describe"): [None],
    ("add plum", "describe"): [{"apple", "pear", "plum"}],
}


def assert_whole(worker: Worker, everybody: list[Worker], number: int, outcomes: list[set[str] | None]) -> None:
    if outcomes == [None]:
        for each in everybody:
            with pytest.raises(NotFound):
                each.matched(number, VOCABULARY)
            with pytest.raises(NotFound):
                each.listed(number)
        worker.run_jobs()
        assert (worker.rows(), worker.language_records(), worker.blobs()) == (0, [], set())
        return
    left = assert_agree(everybody, number, VOCABULARY)
    assert left in outcomes
    worker.run_jobs()
    assert assert_agree(everybody, number, VOCABULARY) == left
    assert worker.rows() == len(left)


@pytest.mark.parametrize(("main", "other"), AFTER_BOTH, ids=[f"{main}, meanwhile {other}" for main, other in AFTER_BOTH])
def test_a_change_between_any_two_requests_of_another_leaves_a_whole_list(new_worker, worker, main, other):
    wire = Wire()
    acting = new_worker(wire)
    for after in count():
        number = worker.create("apple", "pear")
        for warm in (worker, acting):
            warm.matched(number, VOCABULARY)
        done = interrupted(wire, after, partial(ACTS[main], acting, number), partial(ACTS[other], worker, number))
        if done:
            assert_whole(worker, [worker, acting, new_worker()], number, AFTER_BOTH[main, other])
        with suppress(NotFound):
            worker.lists.delete(worker.store, number)
        worker.run_jobs()
        if not done:
            break
    assert after >= 2


@pytest.mark.parametrize("main", ["add", "import"])
def test_a_list_holds_no_more_than_its_limit_whoever_adds_at_the_same_time(new_worker, main):
    wire = Wire()
    acting, other = new_worker(wire, term_limit=4), new_worker(term_limit=4)
    for after in count():
        number = other.create("apple", "pear")
        taken = {"apple", "pear"}

        def add(worker, *terms, language, number=number, taken=taken):
            for term in terms:
                with suppress(InvalidRequest):
                    worker.add(number, term, language=language)
                    taken.add(term)

        def change(number=number, taken=taken, add=add):
            if main == "add":
                add(acting, "plum", language="eng")
            else:
                report = acting.import_terms(number, "plum", "melon")
                taken |= {"plum", "melon"} - {("plum", "melon")[line.number - 1] for line in report.refused_lines}
        done = interrupted(wire, after, change, partial(add, other, "fig", "quince", language="fra"))
        listed = other.listed(number) | other.listed(number, "fra")
        assert listed == taken and len(listed) <= 4
        assert_agree([acting, other], number, [*VOCABULARY, "melon"], other.listed(number))
        if not done:
            break
    assert after >= 2


def test_an_account_has_no_more_lists_than_its_limit_whoever_makes_one_at_the_same_time(new_worker):
    wire = Wire()
    acting, other = new_worker(wire, term_list_limit=3), new_worker(term_list_limit=3)
    for after in count():
        numbers = [other.create() for _ in range(2)]

        def make(worker, numbers=numbers):
            with suppress(InvalidRequest):
                numbers.append(worker.create())
        done = interrupted(wire, after, partial(make, acting), partial(make, other))
        assert sorted(numbers) == [each.number for each in other.lists.all(other.store)] and len(numbers) <= 3
        for number in numbers:
            other.lists.delete(other.store, number)
        if not done:
            break
    assert after >= 2


DYING = {"add plum": {"apple", "pear", "plum"}, "import plum and apple": {"apple", "pear", "plum"}, "remove apple": {"pear"},
         "remove all": set()}


@pytest.mark.parametrize("stage", ["fresh", "sealing", "compacting"])
@pytest.mark.parametrize("change", DYING)
def test_a_change_whose_worker_dies_anywhere_is_whole_once_it_is_tried_again(new_worker, worker, change, stage):
    wire = Wire()
    dying = new_worker(wire)
    for after in count():
        number = prepared(worker, stage)
        dying.matched(number, VOCABULARY)
        wire.clear()
        wire.trouble(dies_before, is_write, after=after)
        try:
            ACTS[change](dying, number)
            died = False
        except Died:
            died = True
        wire.clear()
        kept = {"apple", "pear"} & DYING[change]
        for each in (worker, new_worker()):
            assert each.listed(number) >= kept and each.matched(number, VOCABULARY) >= kept
        ACTS[change](worker, number)
        assert_agree([worker, dying, new_worker()], number, VOCABULARY, DYING[change])
        assert worker.named_blobs() <= worker.blobs()
        worker.lists.delete(worker.store, number)
        worker.run_jobs()
        assert (worker.rows(), worker.language_records()) == (0, [])
        if not died:
            break
    assert after >= 2


def prepared(worker: Worker, stage: str) -> int:
    number = worker.create("apple", "pear")
    if stage == "compacting":
        worker.fill(number, COMPACTING - 1)
    if stage != "fresh":
        from os import urandom

        from shared.indexing.term_hashes import Change

        already = len(worker.language(number).index.tail) // 25
        worker.indexes.append(worker.store, worker.language(number), [
            Change(urandom(16), is_added=False) for _ in range(SEALING - 1 - already)])
    return number


@pytest.mark.parametrize("change", DYING)
def test_a_change_whose_answers_get_lost_leaves_a_list_that_can_be_used(new_worker, worker, change):
    wire = Wire(retries=2)
    trying = new_worker(wire)
    for after in count():
        number = prepared(worker, "fresh")
        trying.matched(number, VOCABULARY)
        wire.clear()
        wire.trouble(lost_answer, is_write, after=after)
        try:
            ACTS[change](trying, number)
        except Unavailable:
            ACTS[change](worker, number)
        was_lost = sum(map(is_write, wire.sent)) > after
        wire.clear()
        assert_agree([worker, trying, new_worker()], number, VOCABULARY, DYING[change])
        if not was_lost:
            break


def test_a_deletion_that_died_leaves_the_list_or_nothing_of_it(new_worker, worker):
    for after in count():
        number = worker.create("apple")
        worker.fill(number, 2)
        generation = worker.lists.get(worker.store, number).generation
        wire = Wire()
        dying = new_worker(wire)
        wire.trouble(dies_before, is_write, after=after)
        try:
            dying.lists.delete(dying.store, number)
            died = False
        except Died:
            died = True
        jobs = [sent for sent in wire.sent[:-1] if "/jobs/messages" in sent.url]
        if number in {each.number for each in worker.lists.all(worker.store)}:
            worker.lists.purge(worker.store, generation)  # the job that was queued first finds the list there
            assert worker.listed(number) == {"apple"} == worker.matched(number, VOCABULARY)
            worker.lists.delete(worker.store, number)
        else:
            assert jobs or not died  # a job was queued before the list was gone
        worker.run_jobs()
        assert (worker.rows(), worker.language_records(), worker.blobs()) == (0, [], set())
        if not died:
            break
    assert after >= 3


def test_a_purge_that_dies_anywhere_is_finished_by_the_next(new_worker, worker):
    for after in count():
        number = worker.create("apple", "pear")
        worker.add(number, "pomme", language="fra")
        worker.fill(number, 1)
        deleted = worker.lists.get(worker.store, number)
        TermListRepository().delete(worker.store, deleted)  # as where its worker died right then
        wire = Wire()
        dying = new_worker(wire)
        wire.trouble(dies_before, is_write, after=after)
        try:
            dying.lists.purge(dying.store, deleted.generation)
            died = False
        except Died:
            died = True
        worker.run_jobs()
        assert (worker.rows(), worker.language_records(), worker.blobs()) == (0, [], set())
        if not died:
            break
    assert after >= 3


def test_writers_in_many_threads_lose_nothing(new_worker):
    workers = [new_worker() for _ in range(3)]
    number = workers[0].create(*[f"old{at}" for at in range(6)])
    failures: list[BaseException] = []

    def write(at: int) -> None:
        worker = workers[at % 3]
        try:
            worker.add(number, f"new{at}x0", f"other{at}x0")
            worker.import_terms(number, *(f"many{at}x{item}" for item in range(SEALING + at)), "shared")
            worker.remove(number, f"old{at}", f"other{at}x0")
        except BaseException as failure:
            failures.append(failure)
    threads = [threading.Thread(target=write, args=(at,)) for at in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    expected = {"shared", "old5", *(f"new{at}x0" for at in range(5)),
                *(f"many{at}x{item}" for at in range(5) for item in range(SEALING + at))}
    assert workers[0].listed(number) == expected
    asked = ["shared", "old5", "old0", "new3x0", "other3x0", "many0x0", "many4x515", "many2x77"]
    for each in (*workers, new_worker()):
        assert each.matched(number, asked) == set(asked) & expected
    assert workers[0].blobs() == workers[0].named_blobs()


def test_workers_that_meet_a_new_language_at_the_same_time_share_it(new_worker):
    workers = [new_worker() for _ in range(4)]
    number = workers[0].create()
    barrier = threading.Barrier(4)

    def write(at: int) -> None:
        barrier.wait()
        workers[at].add(number, f"leek{at}")
    threads = [threading.Thread(target=write, args=(at,)) for at in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert workers[0].language_records() == [f"{number}-eng"]
    assert_agree([*workers, new_worker()], number, [f"leek{at}" for at in range(4)], {f"leek{at}" for at in range(4)})
