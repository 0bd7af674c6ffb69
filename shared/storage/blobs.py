"""Azure Blobs: one container, plain bytes in and out as streams, errors translated."""
from __future__ import annotations

from collections.abc import Iterable, Iterator

from azure.core import MatchConditions
from azure.storage.blob import BlobServiceClient, ContainerClient

from shared.errors import Conflict, NotFound
from shared.storage.failures import translated


class Container:
    """One container. Every call raises Unavailable when the storage does not answer."""

    def __init__(self, client: ContainerClient) -> None:
        self._client = client
        self.name: str = client.container_name

    def create(self) -> None:
        """Create the container; nothing happens if it exists."""
        try:
            with translated():
                self._client.create_container()
        except Conflict:
            return

    def write(self, name: str, chunks: Iterable[bytes]) -> None:
        """Write a blob whole, replacing what was there."""
        with translated():
            self._client.upload_blob(name, iter(chunks), overwrite=True)

    def replace(self, name: str, chunks: Iterable[bytes], etag: str) -> None:
        """Replace the blob whose etag this is. Raises Conflict if it changed since."""
        with translated():
            self._client.upload_blob(
                name, iter(chunks), overwrite=True, etag=etag, match_condition=MatchConditions.IfNotModified)

    def read(self, name: str) -> Iterator[bytes]:
        """The bytes of a blob, chunk by chunk. Raises NotFound."""
        with translated():
            yield from self._client.download_blob(name).chunks()

    def read_first(self, name: str, size_bytes: int) -> bytes:
        with translated():
            return self._client.download_blob(name, offset=0, length=size_bytes).readall()

    def delete(self, name: str) -> None:
        """Delete a blob; nothing happens if it is gone."""
        try:
            with translated():
                self._client.delete_blob(name)
        except NotFound:
            return

    def names(self, prefix: str = "", after: str | None = None) -> Iterator[tuple[str, str]]:
        """Name and etag of each blob whose name begins so, in name order, from beyond the name `after` on."""
        with translated():
            for properties in self._client.list_blobs(name_starts_with=prefix):
                if after is None or properties.name > after:
                    yield properties.name, properties.etag


class BlobStore:
    """The containers of the region's storage account."""

    def __init__(self, client: BlobServiceClient) -> None:
        self._client = client

    def container(self, name: str) -> Container:
        return Container(self._client.get_container_client(name))

    def check(self) -> None:
        """Raises Unavailable when the blob service does not answer."""
        next(self.names(), None)

    def names(self) -> Iterator[str]:
        with translated():
            for container in self._client.list_containers():
                yield container.name
