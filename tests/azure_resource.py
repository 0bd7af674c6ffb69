"""An Azure AI Content Safety resource on loopback that answers whatever a test tells it to."""
from __future__ import annotations

import json
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Answer:
    """`breaks_off`: the connection is closed without an answer. In the body, TEXT stands for the text that was sent."""

    status: int = 200
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    after_seconds: float = 0
    breaks_off: bool = False


@dataclass(frozen=True)
class Received:
    method: str
    path: str
    headers: Mapping[str, str]
    body: Any


@dataclass
class Resource:
    endpoint: str
    answers: list[Answer] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)

    def answers_with(self, *answers: Answer) -> None:
        """One after the other, the last one again and again; forgets what was received before."""
        self.answers, self.received = list(answers), []


def severities(**levels: int) -> Answer:
    entries = [{"category": category, "severity": levels.get(category, 0)} for category in ("Hate", "SelfHarm", "Sexual", "Violence")]
    return Answer(body=json.dumps({"blocklistsMatch": [], "categoriesAnalysis": entries}))


@contextmanager
def serving_resource(tls: ssl.SSLContext | None = None) -> Iterator[Resource]:
    class Requests(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            body = json.loads(sent) if sent else None
            resource.received.append(Received(self.command, self.path, dict(self.headers.items()), body))
            told = resource.answers.pop(0) if len(resource.answers) > 1 else resource.answers[0]
            time.sleep(told.after_seconds)
            if told.breaks_off:
                self.close_connection = True
                return
            answered = told.body.replace("TEXT", (body or {}).get("text", "")).encode()
            self.send_response(told.status)
            for name, value in {"Content-Type": "application/json", **told.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answered)))
            self.end_headers()
            self.wfile.write(answered)

        do_GET = do_POST = answer

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Requests)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    resource = Resource(f"{'http' if tls is None else 'https'}://127.0.0.1:{server.server_address[1]}", [severities()])
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield resource
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
