"""`python3 dev run`: storage, the local host and a demo account, until Ctrl-C."""

import argparse
import asyncio
import contextlib
import fcntl
import logging
import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

from dev import demo
from dev.azurite import Azurite, AzuriteFailed
from dev.environment import ROOT, CannotInstall
from dev.host.__main__ import read_settings
from dev.host.configuration import ConfigurationError
from dev.host.functions import CannotIndex
from dev.host.worker import PortInUse, Worker, WorkerOptions, bind
from dev.state import State


class AlreadyRunning(Exception):
    """Another run has this data folder; the message is one line."""


def main(argv: list[str]) -> int:
    options = _parse(argv)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    # Until the host takes them over: every way out passes through the `with` blocks, which stop Azurite.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        with _sole_user(options.data):
            listener = bind(options.port)
            state = State.load(options.data)
            with Azurite.persistent(options.data / "azurite") as azurite:
                _set_environment(azurite.connection_string, state)
                worker = Worker(WorkerOptions(ROOT, tracebacks=options.tracebacks), os.environ)
                greeting = _Greeting(state, options.demo)
                asyncio.run(worker.serve(listener, greeting.start))
                print("stopped", flush=True)
    except (AlreadyRunning, PortInUse, AzuriteFailed, CannotInstall, CannotIndex, ConfigurationError) as failure:
        print(failure, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{options.data} cannot be used: {error.strerror}", file=sys.stderr)
        return 1
    sys.stdout.flush()
    # Not a return: that would wait for handler threads which have outlived their grace.
    os._exit(0)


def _parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python3 dev run", description="Start the service on this machine, with storage and a demo account."
    )
    parser.add_argument("--port", type=int, default=7071, help="default 7071; 0 takes a free one")
    parser.add_argument(
        "--data", type=Path, default=ROOT / ".data", metavar="DIR", help="folder of storage and keys (default .data)"
    )
    parser.add_argument("--no-demo", dest="demo", action="store_false", help="make no account and no analysis")
    parser.add_argument("--tracebacks", action="store_true", help="print tracebacks (they may show what was sent)")
    options = parser.parse_args(argv)
    options.data = options.data.resolve()
    return options


@contextlib.contextmanager
def _sole_user(data: Path) -> Iterator[None]:
    data.mkdir(parents=True, exist_ok=True)
    with open(data / "lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(
                f"{data} is in use by another `dev run`; stop that one, or choose another folder with --data"
            ) from None
        yield


def _set_environment(connection_string: str, state: State) -> None:
    """Put the app's settings into the environment: the sample's values first, ours over them."""
    sample = ROOT / "local.settings.sample.json"
    if sample.exists():
        for name, value in read_settings(sample).items():
            os.environ.setdefault(name, value)
    os.environ.update(app_settings(connection_string, state.operator_key, state.key_file))
    # The endpoint of an account is then the address it was asked for under.
    os.environ.pop("PUBLIC_ENDPOINT", None)


def app_settings(connection_string: str, operator_key: str, key_file: Path) -> dict[str, str]:
    """Return the settings that make the app run on Azurite; the pytest fixtures take them too."""
    return {
        "AzureWebJobsStorage": connection_string,
        "STORAGE_CONNECTION_STRING": connection_string,
        "STORAGE_IS_EMULATOR": "true",
        "REGION": "local",
        "KEY_ENCRYPTION_KEY_FILE": str(key_file),
        "RECEIPT_SIGNING_KEY_FILE": str(key_file.with_name("receipt-signing-key")),
        "OPERATOR_KEY": operator_key,
        "FUNCTIONS_WORKER_RUNTIME": "python",
    }


class _Greeting:
    """What a person reads once the service answers; made beside the server, because it asks that server."""

    def __init__(self, state: State, with_demo: bool) -> None:
        self._state = state
        self._with_demo = with_demo
        self._colours = sys.stdout.isatty() and "NO_COLOR" not in os.environ

    def start(self, endpoint: str) -> None:
        threading.Thread(target=self._greet, args=(endpoint,), name="greeting", daemon=True).start()

    def _greet(self, endpoint: str) -> None:
        self._state.endpoint = endpoint
        if not self._with_demo:
            self._state.forget_account()
            self._state.save()
            self._say(
                f"Moderato answers on {endpoint}",
                "",
                f"Operator key and endpoint are in {self._state.path}. Ctrl-C stops it.",
            )
            return
        try:
            is_new = self._ensure_account()
            demo.fill_blocklist(endpoint, self._state.key)
            analysis = demo.analyze(endpoint, self._state.key)
        except demo.DemoFailed as failure:
            self._state.save()
            self._say(f"Moderato answers on {endpoint}, but the demo failed: {failure}", "", "Ctrl-C stops it.")
            return
        self._say(
            f"Moderato answers on {endpoint}",
            "",
            f"{'New demo account' if is_new else 'Demo account'} {self._state.account_id}, key {self._state.key}",
            "",
            demo.describe_analysis(analysis, self._colours),
            "",
            "Try it:",
            "",
            demo.curl_line(endpoint, self._state.key),
            "",
            "Or with the official client (pip install azure-ai-contentsafety):",
            "",
            demo.python_snippet(endpoint, self._state.key),
            "",
            f"Keys are in {self._state.path}. Ctrl-C stops it.",
        )

    def _ensure_account(self) -> bool:
        """Make an account unless the stored one still works; returns whether it is new."""
        if self._state.key and demo.key_works(self._state.endpoint, self._state.key):
            self._state.save()
            return False
        self._state.account_id, self._state.key = demo.create_account(self._state.endpoint, self._state.operator_key)
        self._state.save()
        return True

    @staticmethod
    def _say(*lines: str) -> None:
        print("\n".join(("", *lines, "")), flush=True)
