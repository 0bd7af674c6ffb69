"""The gate before all work: asks rarely, refuses plainly, and does not close because nobody answers."""
from __future__ import annotations

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
    storage.is_down = False
    gate.require()
    assert gate.found == []


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
