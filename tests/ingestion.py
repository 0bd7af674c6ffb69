"""Application Insights as far as an exporter sees it: takes what is sent, on loopback, and keeps it."""
from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID


@dataclass
class Ingestion:
    """`raw` is every byte of the bodies, unpacked; `requests` the path and headers of each; `elsewhere` what was asked of others, where
    this is their proxy.
    """

    address: str
    raw: bytes = b""
    items: list[dict[str, Any]] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def connection_string(self) -> str:
        return f"InstrumentationKey={UUID(int=7)};IngestionEndpoint={self.address}/;"

    def of(self, base_type: str) -> list[dict[str, Any]]:
        """The `baseData` of everything of a type: `MetricData`, `RequestData`, `MessageData`..."""
        with self.lock:
            return [item["data"]["baseData"] for item in self.items if item["data"]["baseType"] == base_type]

    def metrics(self) -> dict[str, list[dict[str, Any]]]:
        """By name, the properties of each point with its `value` and `count`."""
        points: dict[str, list[dict[str, Any]]] = {}
        for data in self.of("MetricData"):
            for point in data["metrics"]:
                points.setdefault(point["name"], []).append({**data["properties"], "value": point["value"], "count": point.get("count")})
        return points

    def take(self, path: str, headers: str, body: bytes) -> dict[str, Any]:
        text = gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body
        try:
            items = json.loads(text)
        except ValueError:
            items = [json.loads(line) for line in text.splitlines()]
        with self.lock:
            self.raw += text + b"\n"
            self.items += items
            self.requests.append(f"{path}\n{headers}")
        return {"itemsReceived": len(items), "itemsAccepted": len(items), "errors": []}


@contextmanager
def receiving() -> Iterator[Ingestion]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    server.ingestion = Ingestion(f"http://127.0.0.1:{server.server_address[1]}")  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.ingestion  # type: ignore[attr-defined]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        answer = json.dumps(self.server.ingestion.take(self.path, str(self.headers), body)).encode()  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def do_CONNECT(self) -> None:
        """Where this is the proxy too: somebody asks for an address elsewhere."""
        self.server.ingestion.elsewhere.append(self.path)  # type: ignore[attr-defined]
        self.send_error(403)

    do_GET = do_CONNECT

    def log_message(self, format: str, *args: object) -> None:
        return
