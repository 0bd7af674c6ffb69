"""A storage account that keeps copies elsewhere, or keeps what was deleted, is told from one that does not.

Azurite has none of these settings and calls itself geo-replicated: where a test needs another answer, the line gives it.
"""
from __future__ import annotations

from collections.abc import Callable

import pytest
import requests
from azure.storage.blob import BlobServiceClient

from shared.bootstrap import services_of
from shared.errors import Unavailable
from shared.storage.account_policy import PROBE_PREFIX, violations_of
from tests.integration.storage.wire import Send, Sent, Trouble, Wire, answering

SKU = "x-ms-sku-name"
NO_SOFT_DELETE = (b"<StorageServiceProperties><DeleteRetentionPolicy><Enabled>false</Enabled>"
                  b"</DeleteRetentionPolicy></StorageServiceProperties>")
SOFT_DELETE = NO_SOFT_DELETE.replace(b"<Enabled>false</Enabled>", b"<Enabled>true</Enabled><Days>7</Days>")
DELETED = (b'<?xml version="1.0" encoding="utf-8"?><EnumerationResults ServiceEndpoint="x"><Containers><Container>'
           b"<Name>probe-x</Name><Deleted>true</Deleted><Version>01D</Version><Properties></Properties></Container>"
           b"</Containers><NextMarker/></EnumerationResults>")


def asks_for(*words: str, method: str = "GET") -> Callable[[Sent], bool]:
    return lambda sent: sent.method == method and all(word in sent.url for word in words)


def with_header(name: str, value: str) -> Trouble:
    """What the storage answers, and one header more."""
    def answer(send: Send, request: requests.PreparedRequest) -> requests.Response:
        response = send()
        response.headers[name] = value
        return response
    return answer


@pytest.fixture
def client(azurite, wire: Wire) -> BlobServiceClient:
    return BlobServiceClient.from_connection_string(azurite.connection_string, **wire.options)


def answered(wire: Wire, sku: str = "Standard_ZRS", properties: bytes = NO_SOFT_DELETE, is_versioned: bool = False,
             keeps_containers: bool = False) -> None:
    wire.trouble(with_header(SKU, sku), asks_for("restype=account"), times=9)
    xml = {"Content-Type": "application/xml"}
    wire.trouble(answering(200, properties, xml), asks_for("restype=service", "comp=properties"), times=9)
    if is_versioned:
        wire.trouble(with_header("x-ms-version-id", "2026-01-01T00:00:00Z"), asks_for("/probe-", "/probe", method="PUT"), times=9)
    if keeps_containers:
        wire.trouble(answering(200, DELETED, xml), asks_for("comp=list", "include=deleted"), times=9)


@pytest.mark.parametrize("sku", ["Standard_LRS", "Standard_ZRS", "Premium_LRS", "Premium_ZRS"])
def test_an_account_in_one_region_without_soft_delete_and_versioning_is_as_it_must_be(wire, client, sku):
    answered(wire, sku)
    assert violations_of(client) == []


@pytest.mark.parametrize("sku", ["Standard_GRS", "Standard_RAGRS", "Standard_GZRS", "Standard_RAGZRS"])
def test_replication_to_another_region_is_named(wire, client, sku):
    answered(wire, sku)
    assert violations_of(client) == [f"it replicates to another region ({sku})"]


def test_each_way_of_keeping_what_was_deleted_is_named(wire, client):
    answered(wire, properties=SOFT_DELETE, is_versioned=True, keeps_containers=True)
    assert violations_of(client) == [
        "soft delete of blobs is on", "versioning of blobs is on", "soft delete of containers is on"]


def test_the_probe_leaves_nothing_behind_even_if_its_blob_cannot_be_written(wire, client):
    answered(wire)
    violations_of(client)
    wire.trouble(answering(503), asks_for("/probe-", "/probe", method="PUT"))
    with pytest.raises(Unavailable):
        violations_of(client)
    assert list(client.list_containers(name_starts_with=PROBE_PREFIX)) == []


def test_azurite_itself_would_be_refused_and_is_let_through_by_its_setting_alone(client, settings):
    assert violations_of(client) == ["it replicates to another region (Standard_RAGRS)"]
    assert settings.storage_is_emulator
    services_of(settings).storage_gate.require()
