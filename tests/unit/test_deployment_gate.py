"""The gate before all work: asks rarely, refuses plainly, and does not close because nobody answers."""
from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.deployment_gate import DeploymentGate
from shared.errors import Unavailable


class Storage:
    def __init__(self) -> None:
        self.wrong: list[str] = []
        self.is_down = False
        self.asked = 0
        self.seconds = 0.0

    def violations(self) -> list[str]:
        self.asked += 1
        if self.is_down:
            raise Unavailable("The storage cannot be reached.")
        return self.wrong


@pytest.fixture
def storage() -> Storage:
    return Storage()


@pytest.fixture
def gate(storage: Storage) -> DeploymentGate:
    return DeploymentGate({"the storage account": storage.violations}, lambda: storage.seconds)


def test_a_good_account_is_asked_once_an_hour(storage, gate):
    for _ in range(3):
        gate.require()
    assert storage.asked == 1
    storage.seconds = 3599
    gate.require()
    assert storage.asked == 1
    storage.seconds = 3600
    gate.require()
    assert storage.asked == 2


def test_a_bad_account_is_refused_by_name_and_asked_again_after_a_minute(storage, gate):
    storage.wrong = ["versioning of blobs is on", "soft delete of blobs is on"]
    for _ in range(2):
        with pytest.raises(Unavailable, match="versioning of blobs is on; .*: soft delete of blobs is on"):
            gate.require()
    assert storage.asked == 1
    storage.wrong, storage.seconds = [], 60
    gate.require()


def test_an_account_that_turns_bad_is_noticed(storage, gate):
    gate.require()
    storage.wrong, storage.seconds = ["it replicates to another region (Standard_GRS)"], 3600
    with pytest.raises(Unavailable, match="another region"):
        gate.require()


def test_nothing_passes_before_the_first_answer(storage, gate):
    storage.is_down = True
    for _ in range(2):
        with pytest.raises(Unavailable, match="reached"):
            gate.require()
    assert (storage.asked, gate.found) == (1, [])
    storage.is_down, storage.seconds = False, 5
    gate.require()
    assert gate.found == []


def test_while_there_was_no_answer_yet_it_is_asked_every_five_seconds_however_many_come(storage, gate):
    storage.is_down = True
    for storage.seconds in (0, 0, 4, 4.9, 5, 5, 9.9, 10):
        with pytest.raises(Unavailable, match="could not be looked at: .*reached"):
            gate.require()
    assert storage.asked == 3
    assert gate.seconds_to_next_question == 5


def test_a_failure_that_is_no_answer_either_opens_nothing_and_is_not_repeated_at_once(storage):
    def fail() -> list[str]:
        storage.asked += 1
        raise ValueError("an answer that nobody can read")
    gate = DeploymentGate({"the storage account": fail}, lambda: storage.seconds)
    with pytest.raises(ValueError, match="read"):
        gate.require()
    for storage.seconds in (0, 4.9):
        with pytest.raises(Unavailable, match="could not be looked at"):
            gate.require()
    assert storage.asked == 1


def test_what_was_wrong_is_still_said_when_nobody_answers_any_longer(storage, gate):
    storage.wrong = ["soft delete of blobs is on"]
    for storage.seconds, storage.is_down in ((0, False), (60, True), (65, True)):
        with pytest.raises(Unavailable, match="soft delete"):
            gate.require()
    assert (storage.asked, gate.found) == (3, ["the storage account: soft delete of blobs is on"])


class Slow(Storage):
    """Answers when it is told to, and tells that it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.is_asked, self.may_answer = threading.Event(), threading.Event()

    def violations(self) -> list[str]:
        self.is_asked.set()
        assert self.may_answer.wait(30)
        return super().violations()


def refusals(gate: DeploymentGate) -> str:
    try:
        gate.require()
    except Unavailable as refused:
        return refused.message
    return ""


@pytest.mark.parametrize(("is_down", "wrong", "said"), [
    (False, [], ""), (True, [], "could not be looked at"), (False, ["versioning of blobs is on"], "versioning")])
def test_all_wait_for_the_first_answer_and_one_alone_asks(is_down, wrong, said):
    storage = Slow()
    storage.is_down, storage.wrong = is_down, wrong
    gate = DeploymentGate({"the storage account": storage.violations}, lambda: storage.seconds)
    with ThreadPoolExecutor(8) as callers:
        answers = [callers.submit(refusals, gate) for _ in range(8)]
        assert storage.is_asked.wait(30)
        assert not any(answer.done() for answer in answers)
        storage.may_answer.set()
        assert all(said in answer.result() and bool(said) is bool(answer.result()) for answer in answers)
    assert storage.asked == 1


@pytest.mark.parametrize(("wrong", "later"), [([], 3600), (["versioning of blobs is on"], 60)])
def test_while_one_asks_again_the_others_go_by_the_answer_before(wrong, later):
    storage = Slow()
    storage.wrong = wrong
    gate = DeploymentGate({"the storage account": storage.violations}, lambda: storage.seconds)
    storage.may_answer.set()
    before = refusals(gate)
    storage.may_answer.clear()
    storage.is_asked.clear()
    storage.seconds, storage.wrong = later, [] if wrong else ["soft delete of blobs is on"]
    with ThreadPoolExecutor(1) as caller:
        asking = caller.submit(refusals, gate)
        assert storage.is_asked.wait(30)
        assert [refusals(gate) for _ in range(3)] == [before] * 3
        storage.may_answer.set()
        after = asking.result()
    assert (storage.asked, refusals(gate)) == (2, after)
    assert bool(after) is not bool(before)


def test_an_answer_older_than_a_day_is_none_to_go_by():
    storage = Slow()
    storage.may_answer.set()
    gate = DeploymentGate({"the storage account": storage.violations}, lambda: storage.seconds)
    gate.require()
    storage.seconds, storage.wrong = 24 * 3600, ["soft delete of blobs is on"]
    storage.may_answer.clear()
    storage.is_asked.clear()
    with ThreadPoolExecutor(4) as callers:
        answers = [callers.submit(refusals, gate) for _ in range(4)]
        assert storage.is_asked.wait(30)
        assert not any(answer.done() for answer in answers)
        storage.may_answer.set()
        assert all("soft delete" in answer.result() for answer in answers)
    assert storage.asked == 2


def test_an_answer_that_does_not_come_leaves_the_last_good_one_for_a_day(storage, gate):
    gate.require()
    storage.is_down = True
    for storage.seconds in (3600, 3660, 24 * 3600 - 1):
        gate.require()
    assert storage.asked == 4
    storage.seconds = 24 * 3600 + 59
    with pytest.raises(Unavailable, match="reached"):
        gate.require()


def test_while_nobody_answers_it_is_asked_once_a_minute(storage, gate):
    gate.require()
    storage.is_down, storage.seconds = True, 3600
    for _ in range(5):
        gate.require()
    assert storage.asked == 2


def test_every_part_is_asked_and_what_is_wrong_is_said_of_each():
    gate = DeploymentGate({"one": lambda: ["it leaks"], "two": list, "three": lambda: ["it creaks", "it bends"]})
    with pytest.raises(Unavailable, match="refused: one: it leaks; three: it creaks; three: it bends."):
        gate.require()
    assert gate.found == ["one: it leaks", "three: it creaks", "three: it bends"]


def test_where_nothing_is_promised_nothing_is_asked():
    DeploymentGate({}).require()
