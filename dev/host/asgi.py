"""The HTTP side of the host as an ASGI app: request in, function found, handler run, response out."""

import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl

import azure.functions as func

from dev.host.functions import FunctionIndex
from dev.host.invocation import InvocationFailed, Invoker
from dev.host.routing import decode_path

log = logging.getLogger("dev.host")

# The front end of the platform refuses larger bodies.
MAX_BODY_BYTES = 100 * 1024 * 1024

_BODILESS = (204, 304)
_ADMIN = re.compile(r"/admin/functions/([^/]+)", re.IGNORECASE)

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
RunTimer = Callable[[str], bool]


class BodyTooLarge(Exception):
    """The request body is larger than the platform takes."""


class UnsendableResult(Exception):
    """What a handler returned cannot become an answer; the message says why, without any of it."""


class ClientGone(Exception):
    """The client closed the connection before its request was complete."""


class FunctionsApp:
    """Serves the HTTP functions of an index, and `POST /admin/functions/{name}`, which runs a timer function now."""

    def __init__(self, index: FunctionIndex, invoker: Invoker, run_timer: RunTimer) -> None:
        self._index = index
        self._invoker = invoker
        self._run_timer = run_timer

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise ValueError(f"the Functions host does not serve {scope['type']}")
        try:
            status, headers, body = await self._answer(scope, receive)
        except BodyTooLarge:
            status, headers, body = 413, [(b"connection", b"close")], b""
        except ClientGone:
            return
        framed = _framed(scope["method"], status, headers, body)
        await send({"type": "http.response.start", "status": status, "headers": framed})
        silent = scope["method"] == "HEAD" or status in _BODILESS
        await send({"type": "http.response.body", "body": b"" if silent else body})

    async def _answer(self, scope: dict[str, Any], receive: Receive) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        path = decode_path(scope["raw_path"])
        if "\0" in path:
            return 400, [], b""
        # Before the app's own routes, whose catch-all would take this path: the real host reserves `admin` too.
        admin = _ADMIN.fullmatch(path)
        if admin:
            return self._admin(scope, admin.group(1))
        match = self._index.router.find(scope["method"], path)
        if match is None:
            return 404, [], b""
        function = self._index.http[match.function_name]
        headers = _request_headers(scope["headers"])
        request = func.HttpRequest(
            method=scope["method"],
            url=_url(scope, headers),
            headers=headers,
            params=_query_parameters(scope["query_string"]),
            route_params=match.values,
            body=await _read_body(headers, receive),
        )
        try:
            return _response(await self._invoker.call(function, request, headers))
        except InvocationFailed:
            return 500, [], b""
        except UnsendableResult as error:
            log.error("function %s failed: %s", function.name, error)
        except UnicodeError:  # its text would show a piece of the answer
            log.error("function %s failed: it returned text or a header that cannot be encoded", function.name)
        return 500, [], b""

    def _admin(self, scope: dict[str, Any], name: str) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        # JSON only, as on the real host: a web page in the developer's browser cannot send that here unasked.
        headers = _request_headers(scope["headers"])
        if scope["method"] != "POST" or not headers.get("content-type", "").startswith("application/json"):
            return 404, [], b""
        return (202 if self._run_timer(name) else 404), [], b""


def _request_headers(raw: list[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return headers by lower-case name; repeated ones joined with commas (cookies with semicolons)."""
    headers: dict[str, str] = {}
    for name_bytes, value_bytes in raw:
        name, value = name_bytes.decode("latin-1"), value_bytes.decode("latin-1")
        if name in headers:
            value = headers[name] + ("; " if name == "cookie" else ",") + value
        headers[name] = value
    return headers


def _query_parameters(query: bytes) -> dict[str, str]:
    """Return parameters, repeated ones joined with commas; names compare without case and empty values are left out.

    Source: ToRpcHttp in the Functions host; the Python worker does not ask for empty values.
    """
    if not query:
        return {}
    spelled: dict[str, str] = {}
    values: dict[str, list[str]] = {}
    for name, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
        values.setdefault(spelled.setdefault(name.lower(), name), []).append(value)
    return {name: joined for name, parts in values.items() if (joined := ",".join(parts))}


def _url(scope: dict[str, Any], headers: dict[str, str]) -> str:
    host = headers.get("host") or "{}:{}".format(*scope["server"])
    query = "?" + scope["query_string"].decode("latin-1") if scope["query_string"] else ""
    return f"{scope['scheme']}://{host}{scope['raw_path'].decode('latin-1')}{query}"


async def _read_body(headers: dict[str, str], receive: Receive) -> bytes:
    """Read the whole body, with a known length or in chunks. Raises BodyTooLarge as soon as that is clear."""
    declared = headers.get("content-length", "")
    if declared.isdigit() and int(declared) > MAX_BODY_BYTES:
        raise BodyTooLarge
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body"):
        return message.get("body", b"")
    parts: list[bytes] = []
    size_bytes = 0
    while message["type"] == "http.request":
        parts.append(message.get("body", b""))
        size_bytes += len(parts[-1])
        if size_bytes > MAX_BODY_BYTES:
            raise BodyTooLarge
        if not message.get("more_body"):
            return b"".join(parts)
        message = await receive()
    raise ClientGone


def _response(result: object) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """Encode what a handler returned, as the Python worker does. Raises UnsendableResult, UnicodeError."""
    if isinstance(result, str):
        return 200, [(b"content-type", b"text/plain; charset=utf-8")], result.encode()
    if not isinstance(result, func.HttpResponse):
        raise UnsendableResult(f"it returned {type(result).__name__}, and may only return HttpResponse or str")
    # Of a repeated header the worker keeps the last; cookies are the exception.
    headers = {name.lower(): value for name, value in result.headers.items() if name.lower() != "set-cookie"}
    if "content-type" not in headers:
        charset = f"; charset={result.charset}" if result.mimetype.startswith("text/") else ""
        headers["content-type"] = result.mimetype + charset
    pairs = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    pairs += [(b"set-cookie", cookie.encode("latin-1")) for cookie in result.headers.get_all("Set-Cookie")]
    return result.status_code, pairs, result.get_body()


def _framed(method: str, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> list[tuple[bytes, bytes]]:
    """Add the length. A handler's own one counts for HEAD only, where it tells the size of what GET would bring."""
    own = [value for name, value in headers if name == b"content-length"]
    framed = [pair for pair in headers if pair[0] not in (b"content-length", b"transfer-encoding")]
    if status in _BODILESS:
        return framed
    length = own[-1] if method == "HEAD" and own else str(len(body)).encode()
    return [*framed, (b"content-length", length)]
