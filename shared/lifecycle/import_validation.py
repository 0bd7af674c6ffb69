"""Checks a whole archive before anything of it is written: every byte against the manifest, every record against its kind."""
from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from shared.errors import InvalidRequest
from shared.lifecycle.archive_format import records_path
from shared.lifecycle.archive_reader import InvalidArchive, shown
from shared.lifecycle.import_contents import ArchiveContents, FileMember, Member
from shared.lifecycle.import_models import Place
from shared.lifecycle.import_records import ArchiveRecords, Placed
from shared.lifecycle.merkle import MerkleTree
from shared.storage.holdings import Holding, owned_by

RecordCheck = Callable[[Mapping[str, Any]], Callable[[Sequence[Mapping[str, Any]]], None]]
"""What a kind asks beyond its schema: takes an owner's values, and returns what is given the values of that owner's records,
some hundred at a time, and raises InvalidRequest, whose `target` is the number of the one that is wrong among them."""
_CHECKED_AT_ONCE = 500
_LINES_A_SIGN = 1000


class Validation:
    def __init__(self, contents: ArchiveContents, records: ArchiveRecords, holdings: Sequence[Holding],
                 checks: Mapping[str, RecordCheck], alive: Callable[[int], None]) -> None:
        """`alive` is told how many bytes more were read."""
        self._contents = contents
        self._records = records
        self._holdings = holdings
        self._checks = checks
        self._alive = alive

    def run(self, place: Place, reached: Callable[[Place], None]) -> None:
        """Go on from `place`, which is where `reached` was called with it. Raises InvalidArchive."""
        tree = MerkleTree([(size, bytes.fromhex(root)) for size, root in place.subtrees])
        imported = self._contents.imported_paths
        paths = [*imported, *self._contents.others]
        for step in range(place.step, len(paths)):
            path = paths[step]
            member = self._contents.members[path]
            if path.startswith("records/"):
                self._check_records(path, member, tree)
            else:
                digest = self._check_bytes(path, member)
                if step < len(imported):
                    tree.add(path.encode() + b"\n", digest)
            reached(replace(place, step=step + 1, subtrees=tuple((size, root.hex()) for size, root in tree.subtrees)))
        if tree.root() != self._contents.merkle_root:
            raise InvalidArchive("The Merkle root of the manifest is not that of the records and files.")
        for holding, files in self._contents.files.values():
            self._check_owners(holding, files)

    def _check_bytes(self, path: str, member: Member) -> bytes:
        digest, lines, last = hashlib.sha256(), 0, b"\n"
        for piece in self._contents.reader.read(member.entry):
            digest.update(piece)
            lines += piece.count(b"\n")
            last = piece[-1:] or last
            self._alive(len(piece))
        if member.lines is not None and last != b"\n":
            raise InvalidArchive(f"The last line of {shown(path)} does not end in a newline.")
        _agree(path, member, digest.digest(), None if member.lines is None else lines)
        return digest.digest()

    def _check_records(self, path: str, member: Member, tree: MerkleTree) -> None:
        holding = self._contents.records[path.removeprefix("records/").removesuffix(".jsonl")][0]
        digest, prefix, lines = hashlib.sha256(), path.encode() + b"\n", 0

        def pieces() -> Iterator[bytes]:
            for piece in self._contents.reader.read(member.entry):
                digest.update(piece)
                self._alive(len(piece))
                yield piece
        for placed in self._checked(holding, self._in_order(holding, self._records.placed(holding, pieces()))):
            tree.add(prefix, placed.line)
            lines += 1
            if not lines % _LINES_A_SIGN:
                self._alive(0)
        _agree(path, member, digest.digest(), lines)

    def _in_order(self, holding: Holding, records: Iterable[Placed]) -> Iterator[Placed]:
        """Ids grow below each owner, so that none is there twice; those of owners are unique whoever owns them."""
        is_owner = holding.parent is not None and bool(owned_by(holding, self._holdings))
        seen: set[bytes] = set()
        last: Placed | None = None
        for number, placed in enumerate(records):
            if last is not None and last.owner is placed.owner and placed.record.id <= last.record.id:
                raise _wrong(holding, number, "its id is not after that of the line before")
            if is_owner:
                digest = hashlib.sha256(placed.record.id.encode()).digest()[:16]
                if digest in seen:
                    raise _wrong(holding, number, "another line has its id, and it owns others")
                seen.add(digest)
            last = placed
            yield placed

    def _checked(self, holding: Holding, records: Iterable[Placed]) -> Iterator[Placed]:
        new_check = self._checks.get(holding.kind)
        if new_check is None:
            yield from records
            return
        waiting: list[Placed] = []
        owner: Placed | None = None
        check = new_check({})
        first = 0

        def settle() -> None:
            try:
                check([placed.values for placed in waiting])
            except InvalidRequest as error:
                raise _wrong(holding, first + int(error.target or 0), error.message.rstrip(".")) from None
        for number, placed in enumerate(records):
            if waiting and (placed.owner is not owner or len(waiting) == _CHECKED_AT_ONCE):
                settle()
                waiting, first = [], number
            if placed.owner is not owner:
                owner = placed.owner
                check = new_check(owner.values if owner else {})
            waiting.append(placed)
            yield placed
        if waiting:
            settle()

    def _check_owners(self, holding: Holding, files: Sequence[FileMember]) -> None:
        """Every file that a record owns has that record in the archive."""
        if holding.parent is None:
            return
        missing = {file.owner_id for file in files}
        for owner in self._records.placed(holding.parent):
            missing.discard(owner.record.id)
        if missing:
            path = next(file.path for file in files if file.owner_id in missing)
            raise InvalidArchive(f"The owner of the file {shown(path)} is not in the archive.")


def _agree(path: str, member: Member, digest: bytes, lines: int | None) -> None:
    if lines != member.lines:
        raise InvalidArchive(f"The member {shown(path)} has {lines} lines instead of {member.lines}.")
    if digest != member.sha256:
        raise InvalidArchive(f"The SHA-256 of the member {shown(path)} is not that of the manifest.")


def _wrong(holding: Holding, number: int, cause: str) -> InvalidArchive:
    return InvalidArchive(f"{records_path(holding.kind)}, line {number + 1}: {cause}.")
