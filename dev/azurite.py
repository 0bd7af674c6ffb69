"""Azurite, the storage emulator, as a context manager: for `dev run`, the benchmarks and the pytest fixtures.

    with Azurite.in_memory() as azurite:
        TableServiceClient.from_connection_string(azurite.connection_string)
"""

import contextlib
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Self

from dev import environment

ACCOUNT_NAME = "devstoreaccount1"
# The emulator's published key, the same on every machine; it protects nothing.
ACCOUNT_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="

_OURS = Path(__file__).resolve().parent / "azurite"
_LOADED_BEFORE = (_OURS / "attached.js", _OURS / "lookups.js")
_START_SECONDS = 30
_STOP_SECONDS = 5
_KEPT_OPEN_SECONDS = 600
_ATTEMPTS = 3

Ports = tuple[int, int, int]


# What `UseDevelopmentStorage=true` stands for.
DEFAULT_PORTS: Ports = (10000, 10001, 10002)


class AzuriteFailed(Exception):
    """Azurite did not start; the message says why, with the last lines it wrote."""


class Azurite:
    """One Azurite process on three loopback ports (blob, queue, table), which ends with this process in every case."""

    def __init__(self, storage_options: list[str], ports: Ports | None = None) -> None:
        self._storage_options = storage_options
        self._wanted_ports = ports
        self._process: subprocess.Popen[bytes] | None = None
        self.ports: Ports = ports or (0, 0, 0)

    @classmethod
    def in_memory(cls, ports: Ports | None = None, extent_memory_mb: int = 512) -> Self:
        """An Azurite that forgets everything when it stops; free ports unless given."""
        # Overwritten blobs stay in memory for up to ten minutes, hence the limit.
        return cls(["--inMemoryPersistence", "--extentMemoryLimit", str(extent_memory_mb)], ports)

    @classmethod
    def persistent(cls, location: Path, ports: Ports | None = None) -> Self:
        """An Azurite that keeps its data in a folder."""
        return cls(["--location", str(location)], ports)

    @property
    def connection_string(self) -> str:
        return connection_string(self.ports)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> Self:
        """Start and return once all three ports accept. Raises AzuriteFailed, or CannotInstall without a node."""
        if not environment.AZURITE_SCRIPT.exists():
            raise AzuriteFailed("Azurite is not installed; any `python3 dev` command installs it")
        for port in self._wanted_ports or ():
            # Asked before, because whoever holds the port would look to us like an Azurite that is ready.
            if _accepts(port):
                raise AzuriteFailed(f"Azurite cannot start: port {port} is in use")
        for attempt in range(1, _ATTEMPTS + 1):
            self.ports = self._wanted_ports or _free_ports()
            try:
                self._start_once()
                return self
            except AzuriteFailed as failure:
                # Someone else may take a free port between our look and Azurite's bind.
                if self._wanted_ports or "EADDRINUSE" not in str(failure) or attempt == _ATTEMPTS:
                    raise
        return self

    def stop(self) -> None:
        """End it: asked first, so that data on disk is complete; killed after a grace. Harmless when stopped."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        # Closed last: attached.js takes a closed input for the death of its starter.
        if process.stdin is not None:
            process.stdin.close()

    def _start_once(self) -> None:
        blob, queue, table = self.ports
        command = [
            str(environment.find_node()), *(f"--require={script}" for script in _LOADED_BEFORE), str(environment.AZURITE_SCRIPT),
            *self._storage_options,
            # The SDKs send newer service versions than Azurite knows.
            "--silent", "--skipApiVersionCheck", "--disableTelemetry",
            "--blobPort", str(blob), "--queuePort", str(queue), "--tablePort", str(table),
            # Five seconds as it stands: a client that asks at that very moment on a connection it has finds it closed.
            *(f"--{service}KeepAliveTimeout={_KEPT_OPEN_SECONDS}" for service in ("blob", "queue", "table")),
        ]  # fmt: skip
        with tempfile.TemporaryFile() as output:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=output, stderr=output,
                # Its own session: Ctrl-C in the terminal is for us, who then stop it after the host.
                start_new_session=True,
            )  # fmt: skip
            try:
                self._wait_until_ready(output)
            except BaseException:
                self.stop()
                raise

    def _wait_until_ready(self, output) -> None:
        assert self._process is not None
        deadline = time.monotonic() + _START_SECONDS
        waiting = list(self.ports)
        while waiting:
            if self._process.poll() is not None or time.monotonic() > deadline:
                output.seek(0)
                tail = " | ".join(output.read().decode(errors="replace").split("\n")[-12:]).strip(" |")
                code = self._process.poll()
                reason = "did not get ready" if code is None else f"ended with code {code}"
                raise AzuriteFailed(f"Azurite {reason}: {tail or 'it wrote nothing'}")
            waiting = [port for port in waiting if not _accepts(port)]
            if waiting:
                time.sleep(0.02)


def connection_string(ports: Ports) -> str:
    """Return the connection string of an Azurite on these ports."""
    blob, queue, table = (f"http://127.0.0.1:{port}/{ACCOUNT_NAME}" for port in ports)
    return (
        f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT_NAME};AccountKey={ACCOUNT_KEY};"
        f"BlobEndpoint={blob};QueueEndpoint={queue};TableEndpoint={table};"
    )


def _accepts(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def _free_ports() -> Ports:
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(3)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        blob, queue, table = (each.getsockname()[1] for each in sockets)
    return blob, queue, table
