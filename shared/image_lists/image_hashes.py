"""The kind of index that image lists have.

A change is an operation (0 remove, 1 add with a fingerprint, 2 with a PDQ hash alone, 3 with nothing to match by), the
content id (uint32, little endian), the row id (16 bytes), and FINGERPRINT_BYTES for either, zeros behind a PDQ hash.
"""
from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from shared.image_lists.models import ListImage, ids_of_entry
from shared.indexing.index_kind import RulesChanged
from shared.storage.account_store import AccountStore

if TYPE_CHECKING:
    import numpy

    from shared.image_lists.image_index import ImageIndex

_TAIL_BYTES = 18_000
"""As base64 it leaves room in a record of 64 KiB for name, description, metadata and the names of many segments."""
_REMOVED, _FINGERPRINT, _PDQ, _NOTHING = range(4)
_ROWS_AT_ONCE = 20_000


@dataclass(frozen=True, slots=True)
class ImageChange:
    """One image that is matched from now on, by what stands for it, or no longer. `item_id` is content id and row id."""

    item_id: bytes
    is_added: bool
    operation: int = _REMOVED
    value: bytes = b""


class ImageHashes:
    """Rows are images. The rules are the version of fingerprints.

    Fingerprints of an older version cannot be compared, and there are no pixels to make them anew: such images match by
    their PDQ hash alone, which never changes.
    """

    tail_bytes = _TAIL_BYTES

    @property
    def change_bytes(self) -> int:
        return _layout().itemsize

    def rules(self) -> int:
        from shared.image_lists.image_index import INDEX_FORMAT
        from shared.imaging.fingerprints import FINGERPRINT_VERSION

        return FINGERPRINT_VERSION * 100 + INDEX_FORMAT

    def pack(self, changes: Iterable[ImageChange]) -> bytes:
        import numpy

        changes = list(changes)
        packed = numpy.zeros(len(changes), _layout())
        for place, change in enumerate(changes):
            content_id, row_id = ids_of_entry(change.item_id)
            value = numpy.frombuffer(change.value, numpy.uint8)
            packed[place]["operation"], packed[place]["content"] = change.operation, content_id
            packed[place]["row"] = numpy.frombuffer(row_id, numpy.uint8)
            packed[place]["value"][:len(value)] = value
        return packed.tobytes()

    def newest(self, packed: bytes) -> bytes:
        return _newest(packed).tobytes()

    def empty(self) -> ImageIndex:
        from shared.image_lists.image_index import ImageIndex

        return ImageIndex.empty()

    def written(self, index: ImageIndex) -> Sequence[bytes]:
        return index.to_parts()

    def opened(self, data: bytes | bytearray) -> ImageIndex:
        from shared.image_lists.image_index import ImageIndex, UnusableImageIndex

        try:
            return ImageIndex.from_bytes(data)
        except UnusableImageIndex:
            raise RulesChanged from None

    def applied(self, index: ImageIndex, packed: bytes) -> ImageIndex:
        if not packed:
            return index
        import numpy

        changes = _newest(packed)
        added = changes[changes["operation"] != _REMOVED]
        fingerprinted, hashed = added[added["operation"] == _FINGERPRINT], added[added["operation"] == _PDQ]
        pdq = numpy.ascontiguousarray(hashed["value"][:, :32]).view("<u8").reshape(-1, 4).astype(numpy.uint64)
        return index.merged(changes["content"], added["content"], added["row"], (fingerprinted["content"], fingerprinted["value"]),
                            (hashed["content"], pdq))

    def known(self, index: ImageIndex, ids: Sequence[bytes]) -> set[bytes]:
        import numpy

        content_ids = {ids_of_entry(each)[0]: each for each in ids}
        return {content_ids[each] for each in index.known(numpy.fromiter(content_ids, numpy.uint32, len(content_ids)))}

    def removal(self, item_id: bytes) -> ImageChange:
        return ImageChange(item_id, is_added=False)

    def additions(self, account: AccountStore, rows: Mapping[bytes, ListImage]) -> list[ImageChange]:
        return [addition(image) for image in rows.values()]

    def built(self, account: AccountStore, rows: Iterable[tuple[bytes, ListImage]]) -> ImageIndex:
        index, rows = self.empty(), iter(rows)
        while some := list(islice(rows, _ROWS_AT_ONCE)):
            index = self.applied(index, self.pack(addition(image) for _, image in some))
        return index


def addition(image: ListImage) -> ImageChange:
    """The change that adds an image."""
    from shared.imaging.fingerprints import FINGERPRINT_VERSION
    from shared.imaging.pdq import CUSTOMARY_QUALITY

    kept = image.image
    if kept.fingerprint and kept.fingerprint_version == FINGERPRINT_VERSION:
        return ImageChange(image.entry_id, True, _FINGERPRINT, kept.fingerprint)
    if kept.pdq and kept.pdq_quality >= CUSTOMARY_QUALITY:
        return ImageChange(image.entry_id, True, _PDQ, bytes.fromhex(kept.pdq))
    return ImageChange(image.entry_id, True, _NOTHING)


def _layout() -> numpy.dtype:
    import numpy

    from shared.imaging.fingerprints import FINGERPRINT_BYTES

    return numpy.dtype([("operation", "u1"), ("content", "<u4"), ("row", "u1", (16,)), ("value", "u1", (FINGERPRINT_BYTES,))])


def _newest(packed: bytes) -> numpy.ndarray:
    """The changes as an array, the newest of each image, by content id."""
    import numpy

    changes = numpy.frombuffer(packed, _layout())[::-1]
    _, newest = numpy.unique(changes["content"], return_index=True)
    return changes[newest]
