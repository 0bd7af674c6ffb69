"""Names become addresses, within a time."""
from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue

Resolver = Callable[[str, int], Sequence[str]]
"""Host and port become addresses. Raises OSError."""

# A resolver cannot be stopped: a name whose servers do not answer holds its thread for half a minute.
_MOST_WAITING = 32
_waiting = threading.BoundedSemaphore(_MOST_WAITING)


def system_addresses(host: str, port: int) -> list[str]:
    """What the system's resolver says. Raises OSError (UnicodeError where the name cannot be one)."""
    return [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def resolved(resolve: Resolver, host: str, port: int, seconds: float) -> Sequence[str]:
    """All addresses of a name; none where it has none, or where they are not known in time."""
    if not _waiting.acquire(timeout=max(seconds, 0)):
        return ()
    answers: SimpleQueue[Sequence[str]] = SimpleQueue()

    def ask() -> None:
        try:
            answers.put(resolve(host, port))
        except (OSError, UnicodeError):
            answers.put(())
        finally:
            _waiting.release()

    threading.Thread(target=ask, name="resolver", daemon=True).start()
    try:
        return answers.get(timeout=max(seconds, 0))
    except Empty:
        return ()
