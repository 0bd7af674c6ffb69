"""The line between the storage clients and Azurite: counts what passes, and goes wrong where a test asks for it."""
from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse

from shared.errors import NotFound
from shared.storage.connections import pooled_transport


@dataclass(frozen=True, slots=True)
class Sent:
    """One request as it is put on the line."""

    method: str
    url: str
    body: bytes


Send = Callable[[], requests.Response]
Trouble = Callable[[Send, requests.PreparedRequest], requests.Response]


class Died(BaseException):
    """The process ends here: no handler of the code runs, as with a kill."""


class Wire(HTTPAdapter):
    """The line under a transport of the storage clients: `services_of(settings, **wire.options)`.

    `trouble` happens at the requests that `wanted` picks, `times` times.
    """

    def __init__(self, retries: int = 0) -> None:
        super().__init__(pool_maxsize=32)
        transport = pooled_transport()
        transport.session.mount("http://", self)
        self.options = {"transport": transport, "retry_total": retries, "retry_backoff_factor": 0, "initial_backoff": 0,
                        "increment_base": 0, "random_jitter_range": 0}
        self._lock = threading.Lock()
        self._troubles: list[list[Any]] = []
        self.sent: list[Sent] = []

    def trouble(self, trouble: Trouble, wanted: Callable[[Sent], bool] = lambda sent: True, times: int = 1,
                after: int = 0) -> None:
        """Let `trouble` happen at the `times` requests that `wanted` picks, once `after` of them have passed."""
        with self._lock:
            self._troubles.append([trouble, wanted, times, after])

    def clear(self) -> None:
        """No more trouble, and nothing counted yet."""
        with self._lock:
            self._troubles.clear()
            self.sent.clear()

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # type: ignore[override]
        body = request.body or b""
        sent = Sent(request.method or "", request.url or "", body.encode() if isinstance(body, str) else bytes(body))
        with self._lock:
            self.sent.append(sent)
            trouble = self._next_trouble(sent)

        def send() -> requests.Response:
            return HTTPAdapter.send(self, request, **options)
        return send() if trouble is None else trouble(send, request)

    def _next_trouble(self, sent: Sent) -> Trouble | None:
        for entry in self._troubles:
            trouble, wanted, times, after = entry
            if times > 0 and wanted(sent):
                if after > 0:
                    entry[3] -= 1
                    continue
                entry[2] -= 1
                return trouble
        return None


def is_write(sent: Sent) -> bool:
    """A process that dies before a read leaves what it leaves when it dies before its next write."""
    return sent.method != "GET"


def lost_request(send: Send, request: requests.PreparedRequest) -> requests.Response:
    """The connection drops before the storage has the request."""
    raise requests.ConnectionError("the line dropped")


def lost_answer(send: Send, request: requests.PreparedRequest) -> requests.Response:
    """The storage does what is asked, and the connection drops before its answer is here."""
    send().close()
    raise requests.ReadTimeout("the line dropped")


def dies_before(send: Send, request: requests.PreparedRequest) -> requests.Response:
    raise Died


def dies_after(send: Send, request: requests.PreparedRequest) -> requests.Response:
    send().close()
    raise Died


def answering(status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> Trouble:
    """The storage answers with this status and does nothing."""
    def answer(send: Send, request: requests.PreparedRequest) -> requests.Response:
        return made_response(request, status, body, headers)
    return answer


def meanwhile(act: Callable[[], object]) -> Trouble:
    """Something else happens right before the request reaches the storage."""
    def first_that(send: Send, request: requests.PreparedRequest) -> requests.Response:
        act()
        return send()
    return first_that


def interrupted(wire: Wire, after: int, main: Callable[[], object], other: Callable[[], object]) -> bool:
    """Do `main`, whose requests go over the wire, and `other` after so many of them; whether `main` had another request then.

    Either may find that the other has deleted what it works on.
    """
    happened: list[bool] = []

    def interrupt() -> None:
        with suppress(NotFound):
            other()
        happened.append(True)
    wire.clear()
    wire.trouble(meanwhile(interrupt), after=after)
    with suppress(NotFound):
        main()
    wire.clear()
    return bool(happened)


def thereafter(act: Callable[[], object]) -> Trouble:
    """Something else happens right after the storage has done what is asked."""
    def then_that(send: Send, request: requests.PreparedRequest) -> requests.Response:
        response = send()
        act()
        return response
    return then_that


def made_response(request: requests.PreparedRequest, status: int, body: bytes = b"",
                  headers: dict[str, str] | None = None) -> requests.Response:
    return HTTPAdapter().build_response(request, HTTPResponse(
        BytesIO(body), {"Content-Length": str(len(body)), **(headers or {})}, status, preload_content=False))
