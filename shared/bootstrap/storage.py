"""The clients of the storage account, and the credential they use in Azure."""
from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from azure.data.tables import TableServiceClient
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueServiceClient

from shared.settings import Settings
from shared.storage.blobs import BlobStore
from shared.storage.queues import JobQueue
from shared.storage.tables import TableStore

# The last three are for blobs and queues, which would wait half a minute before each retry, and a caller with them.
STORAGE_RETRIES = {"retry_total": 3, "connection_timeout": 5, "read_timeout": 30,
                    "initial_backoff": 0, "increment_base": 1.5, "random_jitter_range": 0.5}


class ManagedIdentity:
    """A managed identity's credential, whose library is imported when the first token is needed."""

    def __init__(self, client_id: str | None) -> None:
        self._client_id = client_id

    def get_token(self, *scopes: str, **options: Any) -> Any:
        return self._credential().get_token(*scopes, **options)

    def get_token_info(self, *scopes: str, **options: Any) -> Any:
        return self._credential().get_token_info(*scopes, **options)

    def _credential(self) -> Any:
        return _managed_identity(self._client_id)


@cache
def _managed_identity(client_id: str | None) -> Any:
    from azure.identity import ManagedIdentityCredential

    return ManagedIdentityCredential(client_id=client_id)


def storage_of(settings: Settings, credential: Any,
             options: Mapping[str, Any]) -> tuple[TableStore, BlobStore, JobQueue]:
    if settings.storage_connection_string is not None:
        connection_string = settings.storage_connection_string.reveal()
        return (TableStore(TableServiceClient.from_connection_string(connection_string, **options)),
                BlobStore(BlobServiceClient.from_connection_string(connection_string, **options)),
                JobQueue(QueueServiceClient.from_connection_string(connection_string, **options)))

    return (TableStore(TableServiceClient(url_of(settings, "table"), credential=credential, **options)),
            BlobStore(BlobServiceClient(url_of(settings, "blob"), credential=credential, **options)),
            JobQueue(QueueServiceClient(url_of(settings, "queue"), credential=credential, **options)))


def url_of(settings: Settings, service: str) -> str:
    return f"https://{settings.storage_account_name}.{service}.core.windows.net"
