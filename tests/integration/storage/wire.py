"""The line between the storage clients and Azurite: counts what passes, and goes wrong where a test asks for it."""
from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import requests
from azure.core.exceptions import ServiceRequestError, ServiceResponseError
from azure.core.pipeline.transport import RequestsTransport, RequestsTransportResponse


@dataclass(frozen=True, slots=True)
class Sent:
    """One request as it is put on the line."""

    method: str
    url: str
    body: bytes


Send = Callable[[], Any]
Trouble = Callable[[Send, Any], Any]


class Died(BaseException):
    """The process ends here: no handler of the code runs, as with a kill."""


class Wire(RequestsTransport):
    """A transport for the storage clients. `trouble` happens at the requests that `wanted` picks, `times` times."""

    def __init__(self) -> None:
        super().__init__()
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

    def send(self, request: Any, **options: Any) -> Any:
        sent = Sent(request.method, request.url, _body(request))
        with self._lock:
            self.sent.append(sent)
            trouble = self._next_trouble(sent)
        send = lambda: RequestsTransport.send(self, request, **options)  # noqa: E731
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


def lost_request(send: Send, request: Any) -> Any:
    """The connection drops before the storage has the request."""
    raise ServiceRequestError("the line dropped")


def lost_answer(send: Send, request: Any) -> Any:
    """The storage does what is asked, and the connection drops before its answer is here."""
    send()
    raise ServiceResponseError("the line dropped")


def dies_before(send: Send, request: Any) -> Any:
    raise Died


def dies_after(send: Send, request: Any) -> Any:
    send()
    raise Died


def answering(status: int) -> Trouble:
    """The storage answers with this status and does nothing."""
    def answer(send: Send, request: Any) -> Any:
        response = requests.Response()
        response.status_code = status
        response._content = b""
        response.raw = None
        return RequestsTransportResponse(request, response)
    return answer


def meanwhile(act: Callable[[], object]) -> Trouble:
    """Something else happens right before the request reaches the storage."""
    def first_that(send: Send, request: Any) -> Any:
        act()
        return send()
    return first_that


def thereafter(act: Callable[[], object]) -> Trouble:
    """Something else happens right after the storage has done what is asked."""
    def then_that(send: Send, request: Any) -> Any:
        response = send()
        act()
        return response
    return then_that


def _body(request: Any) -> bytes:
    body = getattr(request, "content", None) or getattr(request, "data", None) or b""
    if isinstance(body, str):
        return body.encode()
    return bytes(body) if isinstance(body, (bytes, bytearray)) else b""
