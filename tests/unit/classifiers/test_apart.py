"""Learning in a process of its own: the same as in this one, and no process that outlives what asked for it."""
from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from shared.classifiers.learning.apart import LearningFailed, learn_apart
from shared.classifiers.learning.folds import FOLDS
from shared.classifiers.learning.heads import Likelihood
from shared.classifiers.learning.training import learn

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def given() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(3)
    labels = np.arange(40) % 3
    return (random.normal(size=(3, 30))[labels] + random.normal(size=(40, 30)))[:, None].astype("float16"), np.eye(3, dtype="uint8")[labels]


def children() -> set[int]:
    return {int(child) for path in Path("/proc/self/task").glob("*/children") for child in path.read_text().split()}


@pytest.mark.parametrize("likelihood", list(Likelihood))
def test_it_learns_what_this_process_would(given, likelihood):
    features, targets = given
    steps = []

    apart = learn_apart(features, targets, likelihood, lambda: steps.append(1))

    here = learn(features.astype("float32"), targets, likelihood)
    assert len(steps) == FOLDS
    assert apart.head.likelihood is likelihood
    for one, other in ((apart.head.weights, here.head.weights), (apart.head.bias, here.head.bias), (apart.held_out, here.held_out),
                       (apart.folds, here.folds)):
        assert one.dtype == other.dtype and one.tobytes() == other.tobytes()


def test_whoever_loses_interest_ends_it(given):
    class NobodyWantsIt(Exception):
        pass

    def stop() -> None:
        raise NobodyWantsIt
    before = children()

    with pytest.raises(NobodyWantsIt):
        learn_apart(*given, Likelihood.SOFTMAX, stop)

    assert children() == before


def test_a_process_that_is_killed_is_told_as_such(given):
    before = children()

    def kill() -> None:
        for child in children() - before:
            os.kill(child, signal.SIGKILL)

    with pytest.raises(LearningFailed, match="ended with SIGKILL"):
        learn_apart(*given, Likelihood.SOFTMAX, kill)


def test_a_process_that_cannot_learn_says_nothing_of_what_it_was_given(given, capfd):
    features, _ = given
    with pytest.raises(LearningFailed, match="^The learning ended with status 1.$"):
        learn_apart(features, np.array(["leek"]), Likelihood.SOFTMAX)
    assert capfd.readouterr() == ("", "")


def test_the_worker_keeps_nothing_of_it_in_memory():
    lines = """
import sys
import numpy as np
from shared.classifiers.learning.apart import learn_apart
from shared.classifiers.learning.heads import Likelihood
from shared.classifiers.learning.metrics import performance_of
targets = np.eye(2, dtype="uint8")[np.arange(20) % 2]
learned = learn_apart(np.random.default_rng(0).random((20, 1, 8)), targets, Likelihood.SOFTMAX)
assert 0 < performance_of(learned.held_out, targets, learned.folds, 0.5).overall.average_precision <= 1
print(*(name for name in ("sklearn", "scipy") if name in sys.modules))
"""
    run = subprocess.run([sys.executable, "-c", lines], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.split() == []
