"""The client for whatever address a caller names. Nothing else in the service makes a request to one.

What it allows and what it says to a caller is in docs/images-by-url.md.
"""
from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from shared.outbound.addresses import Network, may_be_reached
from shared.outbound.failures import AddressRefused, FetchFailed, FetchTooLarge
from shared.outbound.resolving import Resolver, resolved, system_addresses
from shared.outbound.targets import Target, target_of

if TYPE_CHECKING:
    from urllib3 import HTTPResponse

FETCH_SECONDS = 15.0
CONNECT_SECONDS = 5.0
MOST_REDIRECTS = 3
_REDIRECTS = (301, 302, 303, 307, 308)
_MOST_ADDRESSES = 3
_CHUNK_BYTES = 64 * 1024
_OWN_HEADERS = {"User-Agent": "Moderato", "Accept": "*/*", "Accept-Encoding": "identity", "Connection": "close"}


@dataclass(frozen=True, slots=True)
class Fetched:
    content: bytes
    seconds: float


class GuardedClient:
    """Safe on many threads. It keeps no connection open and no cookie, and asks no proxy."""

    def __init__(self, allowed_networks: Sequence[Network] = (), *, resolve: Resolver = system_addresses,
                 context: ssl.SSLContext | None = None) -> None:
        """`allowed_networks` may be reached though they are not public; `context` is what certificates are checked by."""
        self._allowed = tuple(allowed_networks)
        self._resolve = resolve
        self._context = context

    def fetch(self, url: str, size_limit_bytes: int, within_seconds: float = FETCH_SECONDS) -> Fetched:
        """What lies at the URL, and how long it took. Three redirects are followed, each checked like the first address.

        Raises AddressRefused, FetchTooLarge, FetchFailed.
        """
        began = time.monotonic()
        deadline = began + within_seconds
        target = target_of(url)
        for _ in range(MOST_REDIRECTS + 1):
            with self._answer("GET", target, deadline) as answer:
                if answer.status not in _REDIRECTS:
                    return Fetched(_content_of(answer, size_limit_bytes), time.monotonic() - began)
                target = _next_target(target, answer.headers.get("Location", ""))
        raise FetchFailed(f"The URL leads on more than {MOST_REDIRECTS} times.")

    def post(self, url: str, body: bytes, headers: Mapping[str, str], within_seconds: float = FETCH_SECONDS) -> int:
        """Send a body and return the status of the answer, whose content is not read. A redirect is not followed.

        Raises AddressRefused, FetchFailed.
        """
        with self._answer("POST", target_of(url), time.monotonic() + within_seconds, body, headers) as answer:
            return answer.status

    @contextmanager
    def _answer(self, method: str, target: Target, deadline: float, body: bytes | None = None,
                headers: Mapping[str, str] | None = None) -> Iterator[HTTPResponse]:
        """The answer, its content not read yet. Until the block ends the deadline cuts the connection."""
        addresses = self._addresses(target, deadline)
        # Imported here: not for the requests that fetch nothing.
        from http.client import HTTPException

        from urllib3.exceptions import HTTPError

        from shared.outbound.connections import Cutter, connection_to

        cutter = Cutter()
        timer = threading.Timer(max(deadline - time.monotonic(), 0), cutter.cut)
        timer.daemon = True
        timer.start()
        connection = None
        try:
            for place, address in enumerate(addresses):
                connection = connection_to(target, address, _waiting_seconds(deadline), cutter, self._context)
                try:
                    connection.connect()
                    break
                except (HTTPError, OSError):
                    connection.close()
                    if place == len(addresses) - 1:
                        raise
            connection.timeout = max(deadline - time.monotonic(), 0.001)
            connection.request(method, target.path, body=body, headers={**(headers or {}), **_OWN_HEADERS, "Host": target.authority},
                               preload_content=False, decode_content=False, enforce_content_length=True)
            yield connection.getresponse()
            if cutter.has_cut:  # what ends with its connection looks complete when it is cut
                raise FetchFailed()
        except (HTTPError, HTTPException, OSError, ValueError):
            # Not the exception's own words: they have the URL.
            raise FetchFailed() from None
        finally:
            timer.cancel()
            cutter.close()
            if connection is not None:
                connection.close()

    def _addresses(self, target: Target, deadline: float) -> list[str]:
        """Those that a connection may go to. One that it may not go to spoils the name. Raises AddressRefused, FetchFailed."""
        if target.is_address:
            addresses: Sequence[str] = (target.host,)
        else:
            addresses = resolved(self._resolve, target.host, target.port, deadline - time.monotonic())
        if not addresses:
            raise FetchFailed()
        if not all(may_be_reached(address, self._allowed) for address in addresses):
            raise AddressRefused()
        return list(dict.fromkeys(addresses))[:_MOST_ADDRESSES]


def _waiting_seconds(deadline: float) -> float:
    """For one connection. Raises TimeoutError where there is no time left."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return min(left, CONNECT_SECONDS)


def _next_target(target: Target, location: str) -> Target:
    """Where a redirect leads. Raises AddressRefused, FetchFailed."""
    if not location:
        raise FetchFailed("The URL answers with a redirect that leads nowhere.")
    try:
        found = target_of(urljoin(target.url, location))
    except ValueError:
        raise AddressRefused() from None
    if target.scheme == "https" and found.scheme == "http":
        raise FetchFailed("The URL leads on from https to http.")
    return found


def _content_of(answer: HTTPResponse, size_limit_bytes: int) -> bytes:
    """Raises FetchFailed, FetchTooLarge, and what urllib3 raises."""
    if answer.status != 200:
        raise FetchFailed(f"The URL answers with status {answer.status}.")
    if answer.headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity"):
        raise FetchFailed("The URL answers with a compressed content, which was not asked for.")
    too_large = FetchTooLarge(f"The URL has more than {size_limit_bytes} bytes.")
    if (answer.length_remaining or 0) > size_limit_bytes:
        raise too_large
    content = bytearray()
    while chunk := answer.read(_CHUNK_BYTES):
        content += chunk
        if len(content) > size_limit_bytes:
            raise too_large
    return bytes(content)
