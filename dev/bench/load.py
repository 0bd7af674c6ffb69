"""A closed-loop HTTP/1.1 load on loopback: so many connections, each sending its next request when the last was answered."""
from __future__ import annotations

import asyncio
import statistics
import time
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Load:
    requests_per_second: float
    median_ms: float
    p95_ms: float


def load(url: str, method: str, headers: dict[str, str], body: bytes, *, connections: int = 8,
         requests: int = 1000) -> Load:
    """Send `requests` in all and measure. Raises RuntimeError for any answer but 200."""
    return asyncio.run(_load(url, method, headers, body, connections, requests))


async def _load(url: str, method: str, headers: dict[str, str], body: bytes, connections: int, requests: int) -> Load:
    address = urlsplit(url)
    lines = [f"{method} {address.path}?{address.query} HTTP/1.1", f"Host: {address.netloc}",
             f"Content-Length: {len(body)}", *(f"{name}: {value}" for name, value in headers.items())]
    message = ("\r\n".join(lines) + "\r\n\r\n").encode() + body
    taken: list[float] = []

    async def send(count: int) -> None:
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        for _ in range(count):
            start = time.perf_counter()
            writer.write(message)
            await _answer(reader)
            taken.append((time.perf_counter() - start) * 1000)
        writer.close()
    start = time.perf_counter()
    await asyncio.gather(*(send(requests // connections) for _ in range(connections)))
    seconds = time.perf_counter() - start
    return Load(len(taken) / seconds, statistics.median(taken), statistics.quantiles(taken, n=20)[-1])


async def _answer(reader: asyncio.StreamReader) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    if not head.startswith("http/1.1 200"):
        raise RuntimeError(f"the service answered {head.splitlines()[0]}")
    length = next(line for line in head.splitlines() if line.startswith("content-length:"))
    await reader.readexactly(int(length.partition(":")[2]))
