"""What the region's storage account must not do: keep copies in another region, keep what was deleted, or show blobs to all.

The service tells its replication and the soft delete of blobs. It does not tell the rest, so that a probe container shows it:
a blob that is written gets a version id where versioning is on; a request without credentials is answered 409
PublicAccessNotPermitted where no container can be opened to the public, and otherwise as if there were no such blob; a deleted
container is listed among the deleted ones where those are kept. Tables and queues have none of this.
Source: Get Account Information, Get Blob Service Properties, Put Blob, Get Blob, List Containers (REST API of Blob Storage).
"""
from __future__ import annotations

import uuid
from collections.abc import Iterator

from azure.core.exceptions import HttpResponseError
from azure.storage.blob import BlobServiceClient

from shared.storage.failures import translated

PROBE_PREFIX = "probe-"
_IN_ONE_REGION = ("_LRS", "_ZRS")
_FORBIDDEN = 403
_AS_IF_MISSING = {401, 404}
_NOT_PERMITTED = "PublicAccessNotPermitted"


def violations_of(client: BlobServiceClient, stranger: BlobServiceClient) -> list[str]:
    """What is wrong with the storage account, in words; empty where it is as it must be. Raises Unavailable.

    `stranger` is a client of the same account without credentials.
    """
    try:
        with translated():
            return list(_violations(client, stranger))
    except HttpResponseError as error:
        if error.status_code != _FORBIDDEN:
            raise
        return [f"the app's identity may not ask what it does ({error.error_code or _FORBIDDEN})"]


def _violations(client: BlobServiceClient, stranger: BlobServiceClient) -> Iterator[str]:
    sku = client.get_account_information()["sku_name"]
    if not sku.endswith(_IN_ONE_REGION):
        yield f"it replicates to another region ({sku})"
    if client.get_service_properties()["delete_retention_policy"].enabled:
        yield "soft delete of blobs is on"
    name = f"{PROBE_PREFIX}{uuid.uuid4().hex}"
    container = client.create_container(name)
    try:
        written = container.get_blob_client("probe").upload_blob(b"probe", overwrite=True)
        can_be_public = _can_be_public(stranger, name)
    finally:
        container.delete_container()
    if written.get("version_id") is not None:
        yield "versioning of blobs is on"
    if can_be_public:
        yield "containers can be opened to the public"
    if any(each.deleted for each in client.list_containers(name_starts_with=name, include_deleted=True)):
        yield "soft delete of containers is on"


def _can_be_public(stranger: BlobServiceClient, container: str) -> bool:
    try:
        stranger.get_blob_client(container, "probe").get_blob_properties()
    except HttpResponseError as error:
        # A refusal by the network (403) is a refusal too.
        return error.error_code != _NOT_PERMITTED and error.status_code in _AS_IF_MISSING
    return True
