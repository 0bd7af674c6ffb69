"""Workers of one account, each with services of its own."""
from __future__ import annotations

import dataclasses

import pytest
from azure.data.tables import TableServiceClient
from azure.storage.blob import BlobServiceClient

from tests.integration.classifiers.projects import Worker
from tests.integration.storage.wire import Wire


@pytest.fixture
def new_worker(settings, account):
    """A function that starts another worker of the test's account: `new_worker(wire, classifier_tag_limit=3)`."""
    def start(wire: Wire | None = None, **changes) -> Worker:
        return Worker(dataclasses.replace(settings, **changes), account.account, wire)
    return start


@pytest.fixture
def worker(new_worker) -> Worker:
    return new_worker()


@pytest.fixture(scope="session")
def raw_tables(azurite) -> TableServiceClient:
    return TableServiceClient.from_connection_string(azurite.connection_string)


@pytest.fixture(scope="session")
def raw_blobs(azurite) -> BlobServiceClient:
    return BlobServiceClient.from_connection_string(azurite.connection_string)
