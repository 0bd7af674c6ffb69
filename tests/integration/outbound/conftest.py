"""Fixtures of these tests."""
from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.outbound.fetching import PUBLIC, Serve
from tests.integration.outbound.servers import RawServer


@pytest.fixture
def serve() -> Iterator[Serve]:
    servers: list[RawServer] = []

    def start(*args, address: str = PUBLIC, **options) -> RawServer:
        servers.append(RawServer(*args, address=address, **options))
        return servers[-1]
    yield start
    for server in servers:
        server.close()
