"""A receiver of callbacks, on an address that workers of the tests may send to though it is not public."""
from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread

from tests.picture_server import HOST


@dataclass(frozen=True)
class Received:
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """`requests` are all that came, those that were answered with a failure too."""

    url: str
    requests: list[Received] = field(default_factory=list)


Answer = Callable[[Received], int | None]
"""What to do with a request: a status, or None to drop the line without an answer. It may take its time."""


@contextmanager
def receiving(answer: Answer = lambda request: 200) -> Iterator[Receiver]:
    lock = Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            request = Received({name.lower(): value for name, value in self.headers.items()}, body)
            with lock:
                receiver.requests.append(request)
            status = answer(request)
            if status is None:
                self.close_connection = True
                return
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

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
        server.shutdown()
        server.server_close()
        thread.join()
