"""What the region's storage account must not do: keep copies in another region, or keep what was deleted.

The service tells its replication and the soft delete of blobs. It does not tell versioning and the soft delete of
containers, so that a probe container shows them: a blob that is written gets a version id where versioning is on, and a
deleted container is listed among the deleted ones where those are kept. Tables and queues have neither.
Source: Get Account Information, Get Blob Service Properties, Put Blob, List Containers (REST API of Blob Storage).
"""
from __future__ import annotations

import uuid
from collections.abc import Iterator

from azure.storage.blob import BlobServiceClient

from shared.storage.failures import translated

PROBE_PREFIX = "probe-"
REFUSED_SKUS = frozenset({"Standard_GRS", "Standard_RAGRS", "Standard_GZRS", "Standard_RAGZRS"})
"""Those that replicate to the paired region."""


def violations_of(client: BlobServiceClient) -> list[str]:
    """What is wrong with the storage account, in words; empty where it is as it must be. Raises Unavailable."""
    with translated():
        return list(_violations(client))


def _violations(client: BlobServiceClient) -> Iterator[str]:
    sku = client.get_account_information()["sku_name"]
    if sku in REFUSED_SKUS:
        yield f"it replicates to another region ({sku})"
    if client.get_service_properties()["delete_retention_policy"].enabled:
        yield "soft delete of blobs is on"
    name = f"{PROBE_PREFIX}{uuid.uuid4().hex}"
    container = client.create_container(name)
    try:
        written = container.get_blob_client("probe").upload_blob(b"probe", overwrite=True)
    finally:
        container.delete_container()
    if written.get("version_id") is not None:
        yield "versioning of blobs is on"
    if any(each.deleted for each in client.list_containers(name_starts_with=name, include_deleted=True)):
        yield "soft delete of containers is on"
