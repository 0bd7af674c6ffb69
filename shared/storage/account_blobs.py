"""The blobs of one account: encrypted before they leave the process, in segments, so that large ones stream both ways."""
from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from shared.crypto.envelope import DataKeys, DecryptionFailed, NewerDataKey, plaintext_bytes, version_of
from shared.errors import Conflict, NotFound
from shared.storage.blobs import Container
from shared.storage.ciphertexts import place_of, rotation_noticed
from shared.storage.holdings import Holding, Shape


@dataclass(frozen=True, slots=True)
class BlobInfo:
    """`size_bytes` is the plaintext's."""

    id: str
    size_bytes: int


class AccountBlobs:
    """The blobs of one account."""

    def __init__(self, account_id: str, container: Container, keys: DataKeys) -> None:
        self._account_id = account_id
        self._container = container
        self._keys = keys

    def write(self, holding: Holding, blob_id: str, chunks: Iterable[bytes]) -> None:
        """Write a blob whole, replacing what was there; encrypted before it leaves the process."""
        name = _blob_name(holding, blob_id)
        self._container.write(name, self._keys.encrypt_stream(chunks, self._place(name)))

    def read(self, holding: Holding, blob_id: str) -> Iterator[bytes]:
        """The plaintext, piece by piece. Raises NotFound."""
        name = _blob_name(holding, blob_id)
        with rotation_noticed():
            yield from self._keys.decrypt_stream(self._container.read(name), self._place(name))

    def read_of_kind(self, kind: str, blob_id: str) -> Iterator[bytes]:
        """As `read`, of a kind that need not be declared."""
        name = f"{kind}/{blob_id}"
        with rotation_noticed():
            yield from self._keys.decrypt_stream(self._container.read(name), self._place(name))

    def size_bytes(self, holding: Holding, blob_id: str) -> int:
        """Of the plaintext. Raises NotFound."""
        return plaintext_bytes(self._container.size_bytes(_blob_name(holding, blob_id)))

    def read_range(self, holding: Holding, blob_id: str, start: int, end: int) -> bytes:
        """The plaintext bytes from `start` to `end` (exclusive, within the blob), authenticated. Raises NotFound."""
        name = _blob_name(holding, blob_id)
        stored_bytes = self._container.size_bytes(name)

        def read() -> bytes:
            return self._keys.decrypt_range(
                lambda offset, size: self._container.read_range(name, offset, min(size, stored_bytes - offset)),
                stored_bytes, start, end, self._place(name))
        with rotation_noticed():
            try:
                return read()
            except NewerDataKey:
                raise
            except DecryptionFailed:  # its head and its segments are read apart, and it may have been encrypted again in between
                return read()

    def delete(self, holding: Holding, blob_id: str) -> None:
        """Delete; nothing happens if it is gone."""
        self._container.delete(_blob_name(holding, blob_id))

    def delete_all(self, holding: Holding, prefix: str = "") -> int:
        """Delete the blobs whose ids begin so, and return how many there were."""
        blob_ids = self.ids(holding, prefix)
        for blob_id in blob_ids:
            self.delete(holding, blob_id)
        return len(blob_ids)

    def ids(self, holding: Holding, prefix: str = "") -> list[str]:
        """The ids that begin so, in order."""
        return [name.partition("/")[2] for name in self._container.names(f"{holding.kind}/{prefix}")]

    def list(self, holding: Holding, prefix: str = "") -> Iterator[BlobInfo]:
        """The blobs whose ids begin so, in order."""
        return self.of_kind(holding.kind, prefix)

    def of_kind(self, kind: str, prefix: str = "") -> Iterator[BlobInfo]:
        """As `list`, of a kind that need not be declared."""
        for blob in self._container.list(f"{kind}/{prefix}"):
            yield BlobInfo(blob.name.partition("/")[2], plaintext_bytes(blob.size_bytes))

    def parent_keys(self, kind: str) -> Iterator[tuple[str, datetime]]:
        """Each key that blobs of this kind lie under, and when one of them was written; keys may come again."""
        for blob in self._container.list(f"{kind}/"):
            yield blob.name.split("/")[1], blob.written_at

    def kinds(self) -> list[str]:
        """The kinds that there are blobs of, declared or not."""
        return list(self._container.folders())

    def names(self, after: str | None = None) -> Iterator[str]:
        """The names of all blobs, whatever their kinds, in order, beyond this one."""
        return self._container.names(after=after)

    def rewrite_under_current_key(self, names: Iterable[str]) -> int:
        """Encrypt those of these blobs again where an older data key was used; return how many there were.

        A blob that another request changes meanwhile is left to the next walk.
        """
        stale = 0
        for name in names:
            try:
                if version_of(self._container.read_range(name, 0, 16)) == self._keys.current_version:
                    continue
                stale += 1
                etag = self._container.etag(name)  # before the content, so that what is replaced is what was read
                plaintext = self._keys.decrypt_stream(self._container.read(name), self._place(name))
                self._container.replace(name, self._keys.encrypt_stream(plaintext, self._place(name)), etag)
            except (Conflict, NotFound):
                continue
        return stale

    def _place(self, name: str) -> bytes:
        return place_of(self._account_id, "container", self._container.name, name)


def _blob_name(holding: Holding, blob_id: str) -> str:
    if holding.shape is not Shape.BLOB:
        raise ValueError(f"kind {holding.kind} is not declared as a blob")
    return f"{holding.kind}/{blob_id}"
