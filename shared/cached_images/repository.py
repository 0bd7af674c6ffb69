"""The records of cached images.

Kind CACHED_IMAGE: one record for each, RowKey its id. Kind CACHED_IMAGE_CONTENT: one blob for each, `<id>/content`, as it was
sent. The record is there before the blob, so that whatever dies in between is found and ended by its time.
"""
from __future__ import annotations

from datetime import UTC, datetime

from shared.cached_images.models import CachedImage
from shared.errors import NotFound
from shared.storage.account_store import AccountStore, Record
from shared.storage.holdings import CACHED_IMAGE, CACHED_IMAGE_CONTENT


class CachedImageRepository:
    def insert(self, account: AccountStore, image: CachedImage) -> None:
        # As nobody else has this id, an answer that was lost on the way may be asked for again.
        account.records.upsert_all(CACHED_IMAGE, [_record(image)])

    def find(self, account: AccountStore, image_id: str) -> CachedImage | None:
        record = account.records.find(CACHED_IMAGE, image_id)
        return None if record is None else _image(record)

    def page(self, account: AccountStore, after: str | None, size: int) -> tuple[list[CachedImage], str | None]:
        """In the order of time, those too whose time is over and that no timer has deleted yet."""
        page = account.records.page(CACHED_IMAGE, after=after, size=size)
        return [_image(record) for record in page.records], page.next_after

    def count(self, account: AccountStore, at_most: int) -> int:
        """How many there are; counting ends at the first page beyond `at_most`."""
        count, after = 0, None
        while count <= at_most:
            ids, after = account.records.ids(CACHED_IMAGE, after=after)
            count += len(ids)
            if after is None:
                break
        return count

    def delete(self, account: AccountStore, image_id: str) -> None:
        """Nothing happens if it is gone. The record last: what dies in between is deleted by whoever deletes the record."""
        account.blobs.delete_all(CACHED_IMAGE_CONTENT, f"{image_id}/")
        account.records.delete(CACHED_IMAGE, image_id)

    def write_content(self, account: AccountStore, image_id: str, content: bytes) -> None:
        account.blobs.write(CACHED_IMAGE_CONTENT, _blob_id(image_id), [content])

    def content(self, account: AccountStore, image_id: str) -> bytes | None:
        try:
            return b"".join(account.blobs.read(CACHED_IMAGE_CONTENT, _blob_id(image_id)))
        except NotFound:
            return None

    def delete_strays(self, account: AccountStore) -> int:
        """Delete contents without a record, and return how many there were."""
        blob_ids = account.blobs.ids(CACHED_IMAGE_CONTENT)
        # The records are looked for after the blobs were: whoever writes a blob has written its record before.
        had = account.records.find_all(CACHED_IMAGE, list({blob_id.partition("/")[0] for blob_id in blob_ids}))
        strays = [blob_id for blob_id in blob_ids if blob_id.partition("/")[0] not in had]
        for blob_id in strays:
            account.blobs.delete(CACHED_IMAGE_CONTENT, blob_id)
        return len(strays)


def _blob_id(image_id: str) -> str:
    return f"{image_id}/content"


def _record(image: CachedImage) -> Record:
    return Record(image.id, {"mediaType": image.media_type, "sizeBytes": image.size_bytes,
                             "createdAt": image.created_at.astimezone(UTC).isoformat()}, {"expiresAt": image.expires_at})


def _image(record: Record) -> CachedImage:
    content = record.content
    return CachedImage(record.id, content["mediaType"], content["sizeBytes"], datetime.fromisoformat(content["createdAt"]),
                       record.plain["expiresAt"])
