"""What the tests of the guarded client share: the client, where it may go, and what it fails with."""
from __future__ import annotations

from collections.abc import Callable

import pytest

from shared.outbound.addresses import networks_of
from shared.outbound.client import GuardedClient
from shared.outbound.failures import FetchFailed
from tests.integration.outbound.servers import Names, RawServer

LIMIT = 100_000
SECRET = "wheelbarrow-7731"
PUBLIC, INSIDE = "127.0.0.2", "127.0.0.3"  # the tests' clients may reach the first one, as if it were public
Serve = Callable[..., RawServer]


def client(names: Names | None = None, allowed: str = f"{PUBLIC}/32", **options) -> GuardedClient:
    return GuardedClient(networks_of(allowed), resolve=names or Names(pictures_example=[[PUBLIC]]), **options)


def url_of(server: RawServer, host: str = "pictures.example", path: str = f"/a.png?sig={SECRET}") -> str:
    return f"http://{host}:{server.port}{path}"


def failure_of(url: str, names: Names | None = None, **options) -> FetchFailed:
    with pytest.raises(FetchFailed) as failed:
        client(names, **options).fetch(url, LIMIT, within_seconds=2)
    return failed.value
