"""The parts of an archive as they were uploaded, and the archive that they make together.

Each upload of a part makes a blob of its own, never written again; starting the import settles which blobs count. So what is
checked is what is written, whatever is uploaded in between.
"""
from __future__ import annotations

import threading
import uuid
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.errors import Conflict, PayloadTooLarge
from shared.storage.account_store import AccountStore
from shared.storage.holdings import IMPORT_UPLOAD

PART_LIMIT_BYTES = 32 << 20
PART_NUMBERS = 10_000
_BLOCK_BYTES = 4 << 20
_BLOCKS = 6
_STAMP_DIGITS = 20


@dataclass(frozen=True, slots=True)
class Part:
    number: int
    blob_id: str
    size_bytes: int


def parts_of(account: AccountStore, import_id: str) -> list[Part]:
    """The newest upload of each part, in order."""
    newest = {}
    for blob in account.blobs.list(IMPORT_UPLOAD, f"{import_id}/"):
        number = int(blob.id.split("/")[1])
        newest[number] = Part(number, blob.id, blob.size_bytes)
    return [newest[number] for number in sorted(newest)]


def put_part(account: AccountStore, import_id: str, number: int, content: bytes, size_bytes: int, now: datetime) -> str:
    """Keep a part of an archive of `size_bytes` and return its blob's id. Raises PayloadTooLarge where the parts are too long together.

    Uploads of the same part that came before are still there: `forget_older` deletes them.
    """
    parts = {part.number: part for part in parts_of(account, import_id)}
    before = parts.pop(number, None)
    if sum(part.size_bytes for part in parts.values()) + len(content) > size_bytes:
        raise PayloadTooLarge(f"The parts would have more than the {size_bytes} bytes that were announced.")
    # Later than the one before it, whatever the clock says.
    stamp = max(int(now.timestamp() * 1e6), 0 if before is None else _stamp(before.blob_id) + 1)
    blob_id = f"{_folder(import_id, number)}{stamp:0{_STAMP_DIGITS}}{uuid.uuid4().hex}"
    account.blobs.write(IMPORT_UPLOAD, blob_id, [content])
    return blob_id


def forget_older(account: AccountStore, blob_id: str) -> None:
    for older in account.blobs.ids(IMPORT_UPLOAD, f"{blob_id.rpartition('/')[0]}/"):
        if older < blob_id:
            account.blobs.delete(IMPORT_UPLOAD, older)


def settled_parts(account: AccountStore, import_id: str, size_bytes: int) -> list[tuple[str, int]]:
    """Ids and sizes of the blobs that make the archive. Raises Conflict where parts are missing."""
    parts = parts_of(account, import_id)
    missing = next((wanted for wanted, part in enumerate(parts, 1) if part.number != wanted), None)
    if missing is not None or not parts:
        raise Conflict(f"Part {missing or 1} is missing.")
    uploaded = sum(part.size_bytes for part in parts)
    if uploaded != size_bytes:
        raise Conflict(f"The parts have {uploaded} bytes; {size_bytes} were announced.")
    return [(part.blob_id, part.size_bytes) for part in parts]


class UploadedArchive:
    """The bytes of an archive, read where they are asked for, in little memory."""

    def __init__(self, account: AccountStore, parts: Sequence[tuple[str, int]]) -> None:
        self._account = account
        self._parts: list[tuple[int, str, int]] = []
        self.size_bytes = 0
        for blob_id, size_bytes in parts:
            self._parts.append((self.size_bytes, blob_id, size_bytes))
            self.size_bytes += size_bytes
        self._blocks: OrderedDict[int, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def pieces(self) -> Iterator[bytes]:
        """All of it, from the first byte to the last."""
        for _, blob_id, _ in self._parts:
            yield from self._account.blobs.read(IMPORT_UPLOAD, blob_id)

    def read(self, offset: int, size: int) -> bytes:
        end = offset + size
        if not 0 <= offset <= end <= self.size_bytes:
            raise ValueError("beyond the end of the archive")
        read = [self._block(number)[max(0, offset - number * _BLOCK_BYTES):end - number * _BLOCK_BYTES]
                for number in range(offset // _BLOCK_BYTES, -(-end // _BLOCK_BYTES))]
        return read[0] if len(read) == 1 else b"".join(read)

    def _block(self, number: int) -> bytes:
        with self._lock:
            block = self._blocks.get(number)
            if block is not None:
                self._blocks.move_to_end(number)
                return block
        start = number * _BLOCK_BYTES
        block = b"".join(self._read(start, min(start + _BLOCK_BYTES, self.size_bytes)))
        with self._lock:
            self._blocks[number] = block
            if len(self._blocks) > _BLOCKS:
                self._blocks.popitem(last=False)
        return block

    def _read(self, start: int, end: int) -> Iterator[bytes]:
        for begins, blob_id, size_bytes in self._parts:
            first, last = max(start, begins), min(end, begins + size_bytes)
            if first < last:
                yield self._account.blobs.read_range(IMPORT_UPLOAD, blob_id, first - begins, last - begins)


def _folder(import_id: str, number: int) -> str:
    return f"{import_id}/{number:05d}/"


def _stamp(blob_id: str) -> int:
    return int(blob_id.rpartition("/")[2][:_STAMP_DIGITS])
