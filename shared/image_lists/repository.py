"""The records of image lists.

Kind IMAGE_LIST: one record per list, id = the list's number; name, description, metadata, the key of the rows' names and the
index's manifest are encrypted.
Kind LIST_IMAGE: one record per image, parent = the list's generation, id = a keyed hash of its pixels (32 hex digits): so a
picture is in a list once, whoever adds it at the same time.
"""
from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence

from shared.crypto.envelope import keyed_hash
from shared.errors import Conflict, NotFound
from shared.image_lists.models import ImageList, ImageListState, ListImage, NewImage, ids_of_entry
from shared.indexing.models import manifest_json, manifest_of
from shared.storage.account_store import AccountStore, Record
from shared.storage.holdings import IMAGE_LIST, LIST_IMAGE

_ROW_ID_BYTES = 16
_ROWS_AT_ONCE = 999


class ImageListRepository:
    def find(self, account: AccountStore, key: str) -> ImageList | None:
        record = account.records.find(IMAGE_LIST, key)
        return None if record is None else _image_list(record)

    def get(self, account: AccountStore, key: str) -> ImageList:
        """Raises NotFound."""
        image_list = self.find(account, key)
        if image_list is None:
            raise no_such_list()
        return image_list

    def state(self, account: AccountStore, number: int) -> ImageListState | None:
        """One small read; None where there is no such list."""
        (plain,) = account.records.find_plain(IMAGE_LIST, [str(number)])
        return None if plain is None else ImageListState(number, plain["generation"], plain["version"])

    def states(self, account: AccountStore) -> list[ImageListState]:
        """The state of every list, nothing decrypted."""
        return [ImageListState(int(key), plain["generation"], plain["version"])
                for key, plain in account.records.plain_of_all(IMAGE_LIST).items()]

    def insert(self, account: AccountStore, image_list: ImageList) -> str:
        """Return the etag. Raises Conflict if there is a list of this number."""
        return account.records.insert(IMAGE_LIST, _image_list_record(image_list))

    def replace(self, account: AccountStore, changed: ImageList) -> str:
        """Return the new etag. Raises Conflict if the list changed since it was read, NotFound if it is gone."""
        return account.records.replace(IMAGE_LIST, _image_list_record(changed))

    def delete(self, account: AccountStore, image_list: ImageList) -> None:
        """Raises Conflict if the list changed since it was read."""
        account.records.delete(IMAGE_LIST, image_list.key, etag=image_list.etag)

    def all(self, account: AccountStore) -> list[ImageList]:
        """The lists of the account in the order of their numbers."""
        lists: list[ImageList] = []
        after = None
        while True:
            page = account.records.page(IMAGE_LIST, after=after)
            lists += [_image_list(record) for record in page.records]
            after = page.next_after
            if after is None:
                return sorted(lists, key=lambda image_list: image_list.number)

    def find_of_generation(self, account: AccountStore, generation: str) -> ImageList | None:
        """The list that owns the images of this generation, None if it, or all its images, were deleted."""
        state = next((state for state in self.states(account) if state.generation == generation), None)
        return None if state is None else self.find(account, str(state.number))

    def find_images(self, account: AccountStore, generation: str, row_ids: Sequence[bytes]) -> dict[bytes, ListImage]:
        """Those of these images that exist, by row id."""
        records = account.records.find_all(LIST_IMAGE, [row_id.hex() for row_id in row_ids], parent=generation)
        return {bytes.fromhex(record_id): _image(record) for record_id, record in records.items()}

    def insert_image(self, account: AccountStore, generation: str, image: ListImage) -> None:
        """Raises Conflict if the picture has a row."""
        account.records.insert(LIST_IMAGE, _image_record(image), parent=generation)

    def insert_images(self, account: AccountStore, generation: str, images: Sequence[ListImage]) -> list[ListImage]:
        """Write up to a hundred rows; return those images that have one already, whose rows stay as they are."""
        try:
            if len(images) > 1:
                account.records.insert_all(LIST_IMAGE, [_image_record(image) for image in images], parent=generation)
                return []
        except Conflict:
            pass
        return [image for image in images if not self._is_inserted(account, generation, image)]

    def delete_image(self, account: AccountStore, generation: str, content_id: int, row_id: bytes) -> None:
        """Delete the row if it is this image's; another one of the same picture stays."""
        record = account.records.find(LIST_IMAGE, row_id.hex(), parent=generation)
        if record is not None and record.content["contentId"] == content_id:
            account.records.delete(LIST_IMAGE, record.id, parent=generation, etag=record.etag)

    def delete_rows(self, account: AccountStore, generation: str) -> None:
        """Delete all rows of a generation."""
        while ids := account.records.ids(LIST_IMAGE, parent=generation)[0]:
            account.records.delete_all(LIST_IMAGE, ids, parent=generation)

    def rows(self, account: AccountStore, generation: str, ids: Sequence[bytes]) -> dict[bytes, ListImage]:
        """The images of these ids of the index that have a row."""
        images = self.find_images(account, generation, [ids_of_entry(each)[1] for each in ids])
        found = {image.entry_id: image for image in images.values()}
        return {each: found[each] for each in ids if each in found}

    def all_rows(self, account: AccountStore, generation: str) -> Iterator[tuple[bytes, ListImage]]:
        """Each image of a list, with the index's id of it."""
        after = None
        while True:
            images, after = self.image_page(account, generation, after, _ROWS_AT_ONCE)
            yield from ((image.entry_id, image) for image in images)
            if after is None:
                return

    def image_page(self, account: AccountStore, generation: str, after: bytes | None,
                   size: int) -> tuple[list[ListImage], bytes | None]:
        """Up to `size` images in the order of their row ids, after this one; and the row id to go on after."""
        page = account.records.page(LIST_IMAGE, parent=generation, after=None if after is None else after.hex(), size=size)
        return [_image(record) for record in page.records], None if page.next_after is None else bytes.fromhex(page.next_after)

    def _is_inserted(self, account: AccountStore, generation: str, image: ListImage) -> bool:
        try:
            self.insert_image(account, generation, image)
        except Conflict:
            # An answer that got lost is asked for again, and finds its own row.
            found = self.find_images(account, generation, [image.row_id]).get(image.row_id)
            return found is not None and found.content_id == image.content_id
        return True


def row_id_of(image_key: str, image: NewImage) -> bytes:
    """16 bytes. The key travels with its list, so that images keep their rows' names when they are imported elsewhere."""
    named_by = ("pixels", image.pixels) if image.pixels else ("pdq", image.pdq)
    return keyed_hash(bytes.fromhex(image_key), *named_by)[:_ROW_ID_BYTES]


def no_such_list() -> NotFound:
    return NotFound("The image list does not exist.", target="listId")


def image_of_values(values: dict) -> NewImage:
    """What a record holds of an image, of this account or of an archive."""
    return NewImage(base64.b64decode(values["fingerprint"]), values["fingerprintVersion"], values["pixels"], values["pdq"],
                    values["pdqQuality"], tuple(values["tags"]), values["label"])


def _image_list_record(image_list: ImageList) -> Record:
    return Record(
        image_list.key,
        {"name": image_list.name, "description": image_list.description, "metadata": dict(image_list.metadata),
         "imageKey": image_list.image_key, "index": manifest_json(image_list.index)},
        {"generation": image_list.index.generation, "version": image_list.index.version}, image_list.etag)


def _image_list(record: Record) -> ImageList:
    index = manifest_of(record.plain["generation"], record.plain["version"], record.content["index"])
    return ImageList(int(record.id), record.content["name"], record.content["description"], record.content["metadata"],
                     index, record.content["imageKey"], record.etag)


def _image_record(image: ListImage) -> Record:
    kept = image.image
    return Record(image.row_id.hex(), {
        "contentId": image.content_id, "fingerprint": base64.b64encode(kept.fingerprint).decode(),
        "fingerprintVersion": kept.fingerprint_version, "pixels": kept.pixels, "pdq": kept.pdq, "pdqQuality": kept.pdq_quality,
        "tags": list(kept.tags), "label": kept.label})


def _image(record: Record) -> ListImage:
    return ListImage(record.content["contentId"], bytes.fromhex(record.id), image_of_values(dict(record.content)))
