"""Connections of urllib3 that go to one checked address, whatever the host's name would resolve to now."""
from __future__ import annotations

import logging
import socket
import ssl
import threading
from functools import cache
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from shared.outbound.targets import Target


class Cutter:
    """Shuts a connection down at a time: a timeout of a socket begins anew with each byte, and a slow drip would never end."""

    def __init__(self) -> None:
        self.has_cut = False
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None

    def watch(self, connected: socket.socket) -> None:
        """Keep a handle of its own: a TLS connection takes the first one over."""
        with self._lock:
            self._socket = connected.dup()
            if self.has_cut:
                self._shut_down()

    def cut(self) -> None:
        with self._lock:
            self.has_cut = True
            self._shut_down()

    def close(self) -> None:
        with self._lock:
            if self._socket is not None:
                self._socket.close()
                self._socket = None

    def _shut_down(self) -> None:
        if self._socket is not None:
            try:
                self._socket.shutdown(socket.SHUT_RDWR)
            except OSError:  # the other side was first
                return


class _Pinned:
    """Mixed into a connection: `host` stays the name, for the certificate and the header Host."""

    pinned_address: str
    cutter: Cutter

    def _new_conn(self) -> socket.socket:
        try:
            connected = socket.create_connection((self.pinned_address, self.port), self.timeout)  # type: ignore[attr-defined]
        except TimeoutError:
            raise ConnectTimeoutError("timed out") from None
        except OSError:
            raise NewConnectionError(self, "not connected") from None  # type: ignore[arg-type]
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.cutter.watch(connected)
        return connected


class _PinnedHTTPConnection(_Pinned, HTTPConnection):
    pass


class _PinnedHTTPSConnection(_Pinned, HTTPSConnection):
    pass


def connection_to(target: Target, address: str, seconds: float, cutter: Cutter, context: ssl.SSLContext | None) -> HTTPConnection:
    """A connection that is not open yet. It uses no proxy. `context` is what certificates are checked by, the system's if None."""
    _silence()
    connection: Any
    if target.scheme == "https":
        connection = _PinnedHTTPSConnection(target.host, target.port, timeout=seconds, ssl_context=context or _system_context())
    else:
        connection = _PinnedHTTPConnection(target.host, target.port, timeout=seconds)
    connection.pinned_address, connection.cutter = address, cutter
    return connection


@cache
def _system_context() -> ssl.SSLContext:
    return ssl.create_default_context()


@cache
def _silence() -> None:
    """urllib3 would log the whole URL, with the token that it may hold, where an answer has a malformed header."""
    logging.getLogger("urllib3.connection").addFilter(lambda record: not str(record.msg).startswith("Failed to parse headers"))
