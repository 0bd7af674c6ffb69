"""A storage account that keeps copies elsewhere, keeps what was deleted or shows blobs to all is told from one that does not.

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
NOT_PUBLIC = {"x-ms-error-code": "PublicAccessNotPermitted"}
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


@pytest.fixture
def stranger(client: BlobServiceClient, wire: Wire) -> BlobServiceClient:
    return BlobServiceClient(client.url, **wire.options)


def answered(wire: Wire, sku: str = "Standard_ZRS", properties: bytes = NO_SOFT_DELETE, is_versioned: bool = False,
             keeps_containers: bool = False, is_closed: bool = True) -> None:
    wire.trouble(with_header(SKU, sku), asks_for("restype=account"), times=9)
    xml = {"Content-Type": "application/xml"}
    wire.trouble(answering(200, properties, xml), asks_for("restype=service", "comp=properties"), times=9)
    if is_closed:
        wire.trouble(answering(409, headers=NOT_PUBLIC), asks_for("/probe-", "/probe", method="HEAD"), times=9)
    if is_versioned:
        wire.trouble(with_header("x-ms-version-id", "2026-01-01T00:00:00Z"), asks_for("/probe-", "/probe", method="PUT"), times=9)
    if keeps_containers:
        wire.trouble(answering(200, DELETED, xml), asks_for("comp=list", "include=deleted"), times=9)


@pytest.mark.parametrize("sku", ["Standard_LRS", "Standard_ZRS", "Premium_LRS", "Premium_ZRS"])
def test_an_account_in_one_region_without_soft_delete_and_versioning_is_as_it_must_be(wire, client, stranger, sku):
    answered(wire, sku)
    assert violations_of(client, stranger) == []


@pytest.mark.parametrize("sku", ["Standard_GRS", "Standard_RAGRS", "Standard_GZRS", "Standard_RAGZRS", "Standard_New"])
def test_replication_to_another_region_is_named(wire, client, stranger, sku):
    answered(wire, sku)
    assert violations_of(client, stranger) == [f"it replicates to another region ({sku})"]


def test_each_way_of_keeping_what_was_deleted_is_named(wire, client, stranger):
    answered(wire, properties=SOFT_DELETE, is_versioned=True, keeps_containers=True)
    assert violations_of(client, stranger) == [
        "soft delete of blobs is on", "versioning of blobs is on", "soft delete of containers is on"]


@pytest.mark.parametrize("answer", [401, 404, 200])
def test_an_account_that_answers_strangers_as_if_there_were_no_such_blob_can_open_containers(wire, client, stranger, answer):
    answered(wire, is_closed=False)
    wire.trouble(answering(answer), asks_for("/probe-", "/probe", method="HEAD"))
    assert violations_of(client, stranger) == ["containers can be opened to the public"]


@pytest.mark.parametrize("headers", [{"x-ms-error-code": "AuthorizationFailure"}, {}])
def test_a_network_that_lets_no_stranger_in_is_as_it_must_be(wire, client, stranger, headers):
    answered(wire, is_closed=False)
    wire.trouble(answering(403, headers=headers), asks_for("/probe-", "/probe", method="HEAD"))
    assert violations_of(client, stranger) == []


def test_a_stranger_sends_no_credentials(wire, client, stranger):
    seen: list[bool] = []

    def looked_at(send: Send, request: requests.PreparedRequest) -> requests.Response:
        seen.append("Authorization" in request.headers)
        return answering(409, headers=NOT_PUBLIC)(send, request)
    answered(wire, is_closed=False)
    wire.trouble(looked_at, asks_for("/probe-", "/probe", method="HEAD"))
    assert violations_of(client, stranger) == []
    assert seen == [False]


def test_an_identity_that_may_not_ask_is_told_so(wire, client, stranger):
    wire.trouble(answering(403, headers={"x-ms-error-code": "AuthorizationPermissionMismatch"}), asks_for("restype=account"))
    assert violations_of(client, stranger) == ["the app's identity may not ask what it does (AuthorizationPermissionMismatch)"]


def test_the_probe_leaves_nothing_behind_even_if_its_blob_cannot_be_written(wire, client, stranger):
    answered(wire)
    violations_of(client, stranger)
    wire.trouble(answering(503), asks_for("/probe-", "/probe", method="PUT"))
    with pytest.raises(Unavailable):
        violations_of(client, stranger)
    assert list(client.list_containers(name_starts_with=PROBE_PREFIX)) == []


def test_azurite_itself_would_be_refused_and_is_let_through_by_its_setting_alone(client, stranger, settings):
    assert violations_of(client, stranger) == ["it replicates to another region (Standard_RAGRS)"]
    assert settings.storage_is_emulator
    services_of(settings).deployment_gate.require()
