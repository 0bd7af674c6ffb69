"""A line of its own for each test, tables and containers of the test's own, and Azurite as it is behind our code."""
from __future__ import annotations

import uuid

import pytest
from azure.data.tables import TableServiceClient
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueServiceClient

from shared.storage.blobs import BlobStore, Container
from shared.storage.tables import Table, TableStore
from tests.integration.storage.wire import Wire


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def table(azurite, wire) -> Table:
    client = TableServiceClient.from_connection_string(azurite.connection_string, **wire.options)
    made = TableStore(client).table(f"t{uuid.uuid4().hex}")
    made.create()
    wire.clear()
    return made


@pytest.fixture
def container(azurite, wire) -> Container:
    client = BlobServiceClient.from_connection_string(azurite.connection_string, **wire.options)
    made = BlobStore(client).container(f"t{uuid.uuid4().hex}")
    made.create()
    wire.clear()
    return made


@pytest.fixture(scope="session")
def raw_tables(azurite) -> TableServiceClient:
    return TableServiceClient.from_connection_string(azurite.connection_string)


@pytest.fixture(scope="session")
def raw_blobs(azurite) -> BlobServiceClient:
    return BlobServiceClient.from_connection_string(azurite.connection_string)


@pytest.fixture(scope="session")
def raw_queues(azurite) -> QueueServiceClient:
    return QueueServiceClient.from_connection_string(azurite.connection_string)
