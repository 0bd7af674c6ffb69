"""A worker of the local host as a child process: for the pytest fixtures and the benchmarks."""

import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Self

ROOT = Path(__file__).resolve().parent.parent.parent

_STOP_SECONDS = 10


class HostFailed(Exception):
    """The worker ended or did not get ready; the message holds what it wrote to stderr."""


class HostProcess:
    """One `python -m dev.host`. It ends with this process, however that ends.

    with HostProcess({"AzureWebJobsStorage": azurite.connection_string}) as host:
        httpx.get(f"{host.endpoint}/...")
    """

    def __init__(
        self,
        settings: Mapping[str, str],
        *,
        app_directory: Path = ROOT,
        port: int = 0,
        options: Sequence[str] = (),
        log_path: Path | None = None,
        module: str = "dev.host",
    ) -> None:
        """`settings` go into the environment, `options` to `python -m <module>`, stderr to `log_path` if given."""
        self.endpoint = ""
        self._settings = settings
        self._command = [
            sys.executable, "-m", module, "--attached", "--port", str(port), "--app-dir", str(app_directory),
            *options,
        ]  # fmt: skip
        self._log_path = log_path
        self._log: IO[bytes] | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self, timeout_seconds: float = 60) -> Self:
        """Start and return once requests are answered. Raises HostFailed."""
        self._log = open(self._log_path, "ab") if self._log_path else None  # noqa: SIM115 (closed with the process)
        self._process = subprocess.Popen(
            self._command,
            cwd=ROOT,
            env={**os.environ, **self._settings},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            start_new_session=True,
        )
        line = self._first_line(timeout_seconds)
        if not line.startswith("listening "):
            self.kill()
            seen = f"; see {self._log_path}" if self._log_path else " (it says why on stderr)"
            raise HostFailed(f"the local host did not start{seen}")
        self.endpoint = line.removeprefix("listening ").strip()
        return self

    def wait_for_end(self, timeout_seconds: float) -> int | None:
        """Wait until it has ended by itself and return its exit code (negative: the signal), None if it has not."""
        assert self._process is not None
        try:
            return self._process.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            return None

    def stop(self) -> int:
        """Ask it to end, wait for running requests, and return its exit code; killed when it does not."""
        return self._end(signal.SIGTERM)

    def kill(self) -> int:
        """End it as a crash would (SIGKILL)."""
        return self._end(signal.SIGKILL)

    def _end(self, number: signal.Signals) -> int:
        process, self._process = self._process, None
        if process is None:
            return 0
        process.send_signal(number)
        try:
            code = process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            code = process.wait()
        for stream in (process.stdin, process.stdout, self._log):
            if stream is not None:
                stream.close()
        self._log = None
        return code

    def _first_line(self, timeout_seconds: float) -> str:
        assert self._process is not None and self._process.stdout is not None
        stdout = self._process.stdout
        deadline = time.monotonic() + timeout_seconds
        received = b""
        with selectors.DefaultSelector() as selector:
            selector.register(stdout, selectors.EVENT_READ)
            while b"\n" not in received and selector.select(max(0.0, deadline - time.monotonic())):
                piece = os.read(stdout.fileno(), 4096)
                if not piece:
                    break
                received += piece
        return received.decode(errors="replace")
