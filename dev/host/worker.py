"""One worker: the HTTP server, the timers and the queues of one app, from its start to its end."""

import asyncio
import contextlib
import errno
import logging
import signal
import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from dev.host.asgi import FunctionsApp
from dev.host.configuration import HostConfiguration
from dev.host.functions import index, load_app
from dev.host.invocation import Invoker
from dev.host.queues import QueueRunner
from dev.host.timers import TimerRunner

HOST = "127.0.0.1"
# How long requests and messages in work get to finish.
GRACE_SECONDS = 5

log = logging.getLogger("dev.host")


class PortInUse(Exception):
    """Something else listens there; the message is one line."""


@dataclass(frozen=True, slots=True)
class WorkerOptions:
    """`lease_seconds`: see QueueRunner. Without background no timer and no queue runs by itself."""

    app_directory: Path
    background: bool = True
    lease_seconds: int = 20
    tracebacks: bool = False


def bind(port: int) -> socket.socket:
    """Take a loopback port, 0 for any free one. Raises PortInUse."""
    # asyncio turns Nagle's algorithm off only where the protocol is named; with it on, a client that delays its
    # acknowledgements waits 40 ms for each answer.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise PortInUse(f"port {port} is in use; choose another with --port") from None
        raise PortInUse(f"port {port} cannot be used ({error.strerror}); choose another with --port") from None
    return listener


class Worker:
    """Loads an app when made (CannotIndex, ConfigurationError), serves it on a bound socket until told to stop."""

    def __init__(self, options: WorkerOptions, environ: Mapping[str, str]) -> None:
        configuration = HostConfiguration.read(options.app_directory)
        functions = index(load_app(options.app_directory), configuration, environ)
        self._background = options.background
        self._invoker = Invoker.from_environ(environ, options.tracebacks)
        self._timers = TimerRunner(functions.timers, self._invoker, environ.get("AzureWebJobsStorage", ""))
        self._queues = QueueRunner(functions.queues, configuration.queues, self._invoker, options.lease_seconds)
        self._app = FunctionsApp(functions, self._invoker, self._timers.run_now)

    async def serve(self, listener: socket.socket, on_ready: Callable[[str], None]) -> None:
        """Serve until SIGINT or SIGTERM; `on_ready` gets the endpoint once requests are answered."""
        endpoint = f"http://{HOST}:{listener.getsockname()[1]}"
        server = _Server(self._app, lambda: on_ready(endpoint))
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, server.stop)
        background = [loop.create_task(each.run()) for each in (self._timers, self._queues)] if self._background else []
        for task in background:
            task.add_done_callback(_report_end)
        await server.serve(sockets=[listener])
        for task in background:
            task.cancel()
        await asyncio.gather(*background, return_exceptions=True)
        await self._queues.drain(GRACE_SECONDS)
        self._invoker.close()


class _Server(uvicorn.Server):
    """uvicorn with our own signals: its way ends the process before timers and queues have been stopped."""

    def __init__(self, app: FunctionsApp, on_started: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                app, http="httptools", loop="asyncio", lifespan="off", ws="none", interface="asgi3",
                access_log=False, log_config=None, server_header=False,
                timeout_graceful_shutdown=GRACE_SECONDS, backlog=1024,
            )  # fmt: skip
        )
        self._on_started = on_started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_started()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    def stop(self) -> None:
        self.force_exit = self.should_exit  # a second Ctrl-C does not wait
        self.should_exit = True


def _report_end(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        log.error("timers or queues stopped", exc_info=task.exception())
