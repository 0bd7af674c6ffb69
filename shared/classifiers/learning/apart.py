"""Learning in a process of its own.

What fits models (scikit-learn) would stay in the worker's memory for good, 84 MB, and take turns with its requests while
it fits. Arrays go to the process and come back through a pipe, never through a file.
"""
from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from typing import TYPE_CHECKING

from shared.classifiers.learning.training import Learned, learn

if TYPE_CHECKING:
    import numpy as np

    from shared.classifiers.learning.heads import Likelihood

_ROOT = Path(__file__).resolve().parents[3]


class LearningFailed(Exception):
    """The process ended before it had learned. The message says how, and nothing of what it was given."""


def learn_apart(features: np.ndarray, targets: np.ndarray, likelihood: Likelihood,
                on_progress: Callable[[], None] = lambda: None) -> Learned:
    """As `training.learn`, of features of any floating type. Raises LearningFailed; what `on_progress` raises ends the process."""
    # The host of a worker puts the packages into this process's path alone.
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(_ROOT), *filter(None, sys.path)])}
    ours, its = Pipe()
    with ours:
        with its:
            process = subprocess.Popen(
                [sys.executable, "-m", __name__, str(its.fileno())], cwd=_ROOT, env=environment, pass_fds=[its.fileno()],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with process:
            try:
                _send(ours, (features, targets, likelihood))
                while (learned := _received(ours, process)) is None:
                    on_progress()
            finally:
                process.kill()
    return learned


def _send(pipe: Connection, message: object) -> None:
    with suppress(ConnectionError):  # that the process has ended is seen where it is received from
        pipe.send(message)


def _received(pipe: Connection, process: subprocess.Popen[bytes]) -> Learned | None:
    try:
        return pipe.recv()
    except (EOFError, ConnectionError):
        status = process.wait()
        end = signal.Signals(-status).name if status < 0 else f"status {status}"
        raise LearningFailed(f"The learning ended with {end}.") from None


def _main(pipe: Connection) -> None:
    features, targets, likelihood = pipe.recv()
    # Where nobody reads any more, the next step ends this process.
    pipe.send(learn(features.astype("float32"), targets, likelihood, lambda: pipe.send(None)))


if __name__ == "__main__":
    _main(Connection(int(sys.argv[1])))
