"""What all ciphertexts of an account have in common: the place that each is bound to, and keys that are rotated meanwhile."""
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from shared.crypto.envelope import NewerDataKey
from shared.errors import Unavailable


@contextmanager
def rotation_noticed() -> Iterator[None]:
    """Raises Unavailable where another request rotated the data key after this one had opened the account."""
    try:
        yield
    except NewerDataKey:
        raise Unavailable("The data key was rotated while this request ran; try again.") from None


def place_of(*parts: str) -> bytes:
    return "\x00".join(parts).encode()
