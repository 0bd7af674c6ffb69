"""One worker changes a list while another does something else between each two of its requests, or dies there: afterwards
every worker matches what has a row, what was acknowledged counts, and what was deleted is gone."""
from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from itertools import count

import pytest

from shared.errors import NotFound, Unavailable
from shared.image_lists.image_hashes import ImageHashes
from shared.image_lists.models import entry_id
from shared.image_lists.service import ImageAlreadyThere
from tests.integration.image_lists.images import COMPACTING, Worker, assert_agree
from tests.integration.storage.wire import Died, Wire, dies_before, interrupted, is_write, lost_answer

VOCABULARY = range(1, 5)  # 1 and 2 are there before
Act = Callable[[Worker, int], object]


def remove(worker: Worker, number: int, a_picture: int) -> None:
    for image in worker.images(number):
        if image.image.label == str(a_picture):
            worker.lists.remove(worker.store, number, image.content_id)


def add(worker: Worker, number: int, a_picture: int) -> None:
    with suppress(ImageAlreadyThere):
        worker.add(number, a_picture)


ACTS: dict[str, Act] = {
    "add 1": lambda worker, number: add(worker, number, 1),
    "remove 1": lambda worker, number: remove(worker, number, 1),
    "add 3": lambda worker, number: add(worker, number, 3),
    "import 3 and 1": lambda worker, number: worker.import_images(number, [3, 1]),
    "remove all": lambda worker, number: worker.lists.remove_all(worker.store, number),
    "remove all, add 4": lambda worker, number: (worker.lists.remove_all(worker.store, number), add(worker, number, 4)),
    "delete": lambda worker, number: worker.lists.delete(worker.store, number),
    "describe": lambda worker, number: worker.lists.update(worker.store, number, None, "described", None),
    "build the index anew": lambda worker, number: rebuild(worker, number),
}
AFTER_BOTH = {  # what either order leaves, given {1, 2} before; None where the list is gone
    ("add 1", "remove 1"): [{2}, {1, 2}],
    ("remove 1", "add 1"): [{2}, {1, 2}],
    ("add 3", "add 3"): [{1, 2, 3}],
    ("import 3 and 1", "add 3"): [{1, 2, 3}],
    ("add 3", "import 3 and 1"): [{1, 2, 3}],
    ("import 3 and 1", "remove 1"): [{2, 3}, {1, 2, 3}],
    ("add 3", "remove all"): [set(), {3}],
    ("import 3 and 1", "remove all, add 4"): [{4}, {4, 3, 1}],
    ("remove 1", "remove all"): [set()],
    ("remove all", "add 3"): [set(), {3}],
    ("remove all", "remove all, add 4"): [set(), {4}],
    ("add 3", "delete"): [None],
    ("remove all", "delete"): [None],
    ("delete", "add 3"): [None],
    ("describe", "delete"): [None],
    ("add 3", "describe"): [{1, 2, 3}],
    ("add 3", "build the index anew"): [{1, 2, 3}],
    ("remove 1", "build the index anew"): [{2}],
}


def rebuild(worker: Worker, number: int) -> None:
    """As where a worker of other rules had written the list, and one of ours comes by."""
    current = worker.repository.get(worker.store, str(number))
    outdated = dataclasses.replace(current.index, rules=0, base=None, segments=(), tail=b"", version=current.index.version + 1)
    worker.repository.replace(worker.store, dataclasses.replace(current, index=outdated))
    worker.indexes.newest(worker.store, str(number))


def assert_whole(worker: Worker, everybody: list[Worker], number: int, outcomes: list[set[int] | None]) -> None:
    if outcomes == [None]:
        for each in everybody:
            with pytest.raises(NotFound):
                each.matched(number, [1])
        worker.run_jobs()
        assert (worker.rows(), worker.blobs()) == (0, set())
        return
    left = assert_agree(everybody, number, VOCABULARY)
    assert left in outcomes
    assert len(worker.lists.content_ids(worker.store, number)) == len(left)
    worker.run_jobs()
    assert worker.rows() == len(left) and worker.matched(number, VOCABULARY) == left


@pytest.mark.parametrize(("main", "other"), AFTER_BOTH, ids=[f"{main}, meanwhile {other}" for main, other in AFTER_BOTH])
def test_a_change_between_any_two_requests_of_another_leaves_a_whole_list(new_worker, worker, main, other):
    wire = Wire()
    acting = new_worker(wire)
    for after in count():
        number = worker.create(1, 2)
        for warm in (worker, acting):
            warm.matched(number, [1])
        done = interrupted(wire, after, partial(ACTS[main], acting, number), partial(ACTS[other], worker, number))
        if done:
            assert_whole(worker, [worker, acting, new_worker()], number, AFTER_BOTH[main, other])
        with suppress(NotFound):
            worker.lists.delete(worker.store, number)
        worker.run_jobs()
        if not done:
            break
    assert after >= 2


DYING = {"add 3": {1, 2, 3}, "import 3 and 1": {1, 2, 3}, "remove 1": {2}, "remove all": set()}


def prepared(worker: Worker, stage: str) -> int:
    number = worker.create(1, 2)
    if stage == "fresh":
        return number
    # Removals of images that never were fill the tail up to the next change, or sixteen segments.
    kind, made_up = ImageHashes(), (ImageHashes().removal(entry_id(900_000_000 + at, bytes(16))) for at in count())
    full = -(-kind.tail_bytes // kind.change_bytes)
    segments = COMPACTING - 1 if stage == "compacting" else 0
    for size in (*[full] * segments, full - 1):
        current = worker.repository.get(worker.store, str(number))
        size -= len(current.index.tail) // kind.change_bytes
        worker.indexes.append(worker.store, current, [next(made_up) for _ in range(size)])
    return number


@pytest.mark.parametrize("stage", ["fresh", "sealing", "compacting"])
@pytest.mark.parametrize("change", DYING)
def test_a_change_whose_worker_dies_anywhere_is_whole_once_it_is_tried_again(new_worker, worker, change, stage):
    wire = Wire()
    dying = new_worker(wire)
    for after in count():
        number = prepared(worker, stage)
        dying.matched(number, [1])
        wire.clear()
        wire.trouble(dies_before, is_write, after=after)
        try:
            ACTS[change](dying, number)
            died = False
        except Died:
            died = True
        wire.clear()
        kept = {1, 2} & DYING[change]
        for each in (worker, new_worker()):
            assert each.matched(number, VOCABULARY) >= kept
        ACTS[change](worker, number)
        assert_agree([worker, dying, new_worker()], number, VOCABULARY, DYING[change])
        assert worker.named_blobs() <= worker.blobs()
        worker.lists.delete(worker.store, number)
        worker.run_jobs()
        assert worker.rows() == 0
        if not died:
            break
    assert after >= 2


def test_an_image_whose_worker_died_can_be_deleted_by_the_id_that_the_index_shows(new_worker, worker):
    wire = Wire()
    dying = new_worker(wire)
    number = worker.create(1)
    wire.trouble(dies_before, lambda sent: is_write(sent) and "list-image" in sent.url + sent.body.decode("latin-1"))
    with pytest.raises(Died):
        dying.add(number, 3)
    shown = worker.lists.content_ids(worker.store, number)
    assert_agree([worker, new_worker()], number, VOCABULARY, {1})
    for content_id in shown[1:]:
        worker.lists.remove(worker.store, number, content_id)
    assert worker.lists.content_ids(worker.store, number) == shown[:1]


@pytest.mark.parametrize("change", DYING)
def test_a_change_whose_answers_get_lost_leaves_a_list_that_can_be_used(new_worker, worker, change):
    wire = Wire(retries=2)
    trying = new_worker(wire)
    for after in count():
        number = worker.create(1, 2)
        trying.matched(number, [1])
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
        number = worker.create(1)
        generation = worker.lists.get(worker.store, number).index.generation
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
            assert worker.matched(number, VOCABULARY) == {1}
            worker.lists.delete(worker.store, number)
        else:
            assert jobs or not died  # a job was queued before the list was gone
        worker.run_jobs()
        assert (worker.rows(), worker.blobs()) == (0, set())
        if not died:
            break
    assert after >= 2


def test_writers_in_many_threads_lose_nothing(new_worker):
    workers = [new_worker() for _ in range(3)]
    number = workers[0].create()
    failures: list[BaseException] = []

    def write(at: int) -> None:
        worker = workers[at % 3]
        try:
            worker.add(number, 10 + at)
            worker.import_images(number, [*range(100 * at, 100 * at + 60), 7777])
            remove(worker, number, 10 + at)
            add(worker, number, 8888)
        except BaseException as failure:
            failures.append(failure)
    threads = [threading.Thread(target=write, args=(at,)) for at in range(1, 6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    expected = {7777, 8888, *(100 * at + each for at in range(1, 6) for each in range(60))}
    assert workers[0].listed(number) == expected
    asked = [7777, 8888, 11, 13, 100, 159, 531, 999]
    for each in (*workers, new_worker()):
        assert each.matched(number, asked) == set(asked) & expected
    ids = workers[0].lists.content_ids(workers[0].store, number)
    assert len(ids) == len(set(ids)) == len(expected)
    assert workers[0].blobs() == workers[0].named_blobs()
