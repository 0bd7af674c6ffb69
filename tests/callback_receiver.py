"""A receiver of callbacks, on an address that workers of the tests may send to though it is not public."""
from __future__ import annotations

import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread

from tests.picture_server import HOST

_DRIP_SECONDS = 0.05
_AT_THE_LONGEST_SECONDS = 60


@dataclass(frozen=True)
class Received:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """`requests` are all that came, those that were answered with a failure too."""

    url: str
    requests: list[Received] = field(default_factory=list)


class Fate(Enum):
    """What else than an answer may become of a request."""

    DROPPED = "the line is closed without an answer"
    RESET = "the line is cut with a reset"
    NEVER_ANSWERED = "the line stays open, and nothing comes"
    DRIPPED = "an answer that comes byte by byte, and does not end"
    SENT_ELSEWHERE = "a redirect to this receiver"


Answer = Callable[[Received], int | Fate]
"""The status of the answer, or what happens instead. It may take its time."""


@contextmanager
def receiving(answer: Answer = lambda request: 200) -> Iterator[Receiver]:
    lock, is_over = Lock(), Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            request = Received(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
            with lock:
                receiver.requests.append(request)
            fate = answer(request)
            self.close_connection = isinstance(fate, Fate)
            if fate is Fate.RESET:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
            elif fate is Fate.NEVER_ANSWERED:
                is_over.wait(_AT_THE_LONGEST_SECONDS)
            elif fate is Fate.DRIPPED:
                self._drip()
            elif fate is not Fate.DROPPED:
                self.send_response(302 if isinstance(fate, Fate) else fate)
                if isinstance(fate, Fate):
                    self.send_header("Location", f"{receiver.url}/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

        do_GET = do_POST

        def _drip(self) -> None:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Drip: ")
            with suppress(OSError):  # the sender gives up, as it should
                while not is_over.wait(_DRIP_SECONDS):
                    self.wfile.write(b"x")

        def log_message(self, format: str, *args: object) -> None:  # a test's output has no place for it
            return

    class Server(ThreadingHTTPServer):
        request_queue_size = 128

        def handle_error(self, request: object, client_address: object) -> None:  # a sender that did not wait for its answer
            return

    server = Server((HOST, 0), Handler)
    receiver = Receiver(f"http://{HOST}:{server.server_port}/callbacks")
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        is_over.set()
        server.shutdown()
        server.server_close()
        thread.join()
