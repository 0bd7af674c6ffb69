"""Writes what a checked archive holds so that a record is seen only once all that it owns is there.

What is owned is written first, under the keys that its new owners will have; then the owners are inserted, one by one. An
owner whose id is taken stays as it is in the account, and what was written for the archive's own is deleted again.
"""
from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from enum import IntEnum
from itertools import islice
from typing import TypeVar

from shared.errors import Conflict, NotFound, Unavailable
from shared.lifecycle.archive_format import line_of
from shared.lifecycle.archive_reader import InvalidArchive
from shared.lifecycle.import_contents import ArchiveContents, FileMember
from shared.lifecycle.import_models import Omission, Place
from shared.lifecycle.import_records import ArchiveRecords, Placed
from shared.storage.account_store import AccountStore, Record
from shared.storage.holdings import Holding, Shape, owned_by

Plan = dict[str, bytearray]
Reached = Callable[[Place, int], None]
"""Told where the writing stands, and how many more records or files are behind it. May raise, to stop."""
OMISSIONS_LISTED = 1000
_PARALLEL = 4
_BATCH = 100
_WRITE_TRIES = 3
_PAUSE_SECONDS = 0.5
_ROUND = {Shape.RECORD: 400, Shape.BLOB: 16}
_REASONS = {1: "It exists already.", 3: "It came into being while the import ran."}
T = TypeVar("T")
R = TypeVar("R")


class Status(IntEnum):
    """Of a record or file that nothing owns: to be taken, left because it was there, taken, left because it came meanwhile."""

    WANTED = 0
    EXISTS = 1
    TAKEN = 2
    LOST = 3


class ImportWriter:
    def __init__(self, account: AccountStore, contents: ArchiveContents, records: ArchiveRecords, holdings: Sequence[Holding],
                 plan: Plan) -> None:
        self._account = account
        self._contents = contents
        self._records = records
        self._holdings = holdings
        self.plan = plan

    def make_plan(self, alive: Callable[[], None]) -> None:
        """Find out what of the archive exists already; what it owns is left out with it."""
        for holding in self._outermost():
            statuses = bytearray()
            for ids in _rounds(self._ids(holding), _ROUND[holding.shape]):
                statuses += bytes(Status.EXISTS if exists else Status.WANTED for exists in self._exist(holding, ids))
                alive()
            self.plan[holding.kind] = statuses

    def require_room(self, limits: Mapping[str, int]) -> None:
        """Raises InvalidArchive where the account would have more records of a kind than it may; asked once the plan is made."""
        for holding in self._outermost():
            wanted = self.plan[holding.kind].count(Status.WANTED)
            limit = limits.get(holding.kind)
            if limit is not None and wanted and sum(1 for _ in self._account.records.all_ids(holding)) + wanted > limit:
                raise InvalidArchive(f"The account would have more than {limit} records of the kind {holding.kind}.")

    def write_owned(self, place: Place, reached: Reached) -> None:
        """Write all that wanted records own, the innermost first, from `place` on."""
        kinds = self._owned()
        with ThreadPoolExecutor(_PARALLEL) as pool:
            for step in range(place.step, len(kinds)):
                place = place if step == place.step else replace(place, step=step, line=0)
                place = self._over(kinds[step], place, reached, pool, Status.WANTED, self._upsert, 1)

    def show(self, place: Place, reached: Reached) -> None:
        """Insert the records that nothing owns, after the files that nothing owns."""
        kinds = self._outermost()
        with ThreadPoolExecutor(_PARALLEL) as pool:
            for step in range(place.step, len(kinds)):
                line = place.line if step == place.step else 0
                entries = self._entries(kinds[step], line)
                for some in _rounds(entries, _ROUND[kinds[step].shape]):
                    statuses = self.plan[kinds[step].kind]
                    wanted = [(number, entry) for number, entry in enumerate(some, line) if statuses[number] == Status.WANTED]
                    for (number, _), status in zip(wanted, pool.map(lambda each, holding=kinds[step]: self._take(holding, each[1]),
                                                                    wanted), strict=True):
                        statuses[number] = status
                    line += len(some)
                    reached(replace(place, step=step, line=line), len(some))

    def settle(self) -> None:
        """Of an import that stops: what it inserted stays, all else that it wanted counts as lost."""
        for holding in self._outermost():
            statuses = self.plan[holding.kind]
            for number, entry in enumerate(self._entries(holding)):
                if statuses[number] == Status.WANTED:
                    statuses[number] = Status.TAKEN if self._is_ours(holding, entry) else Status.LOST

    def clear(self, place: Place, reached: Reached) -> None:
        """Delete what was written for records that were lost, from `place` on."""
        kinds = self._owned()
        if not any(Status.LOST in statuses for statuses in self.plan.values()):
            return
        with ThreadPoolExecutor(_PARALLEL) as pool:
            for step in range(place.step, len(kinds)):
                place = place if step == place.step else replace(place, step=step, line=0)
                place = self._over(kinds[step], place, reached, pool, Status.LOST, self._delete, -1)

    def taken_ids(self, kind: str) -> Iterator[str]:
        """Of the records of a kind that nothing owns, those that were taken."""
        holding = self._contents.records[kind][0] if kind in self._contents.records else None
        for number, record_id in enumerate(self._ids(holding) if holding else ()):
            if self.plan[kind][number] == Status.TAKEN:
                yield record_id

    def taken(self, owned: Mapping[str, int]) -> dict[str, int]:
        """Records and files by kind; `owned` are those below an owner."""
        outermost = {kind: sum(status == Status.TAKEN for status in statuses) for kind, statuses in self.plan.items()}
        return dict(sorted({**{holding.kind: owned.get(holding.kind, 0) for holding in self._owned()}, **outermost}.items()))

    def not_taken(self, taken: Mapping[str, int]) -> dict[str, int]:
        sizes = {kind: member.lines or 0 for kind, (_, member) in self._contents.records.items()}
        sizes |= {kind: len(files) for kind, (_, files) in self._contents.files.items()}
        return {kind: sizes[kind] - count for kind, count in taken.items() if sizes[kind] > count}

    def omissions(self) -> tuple[int, list[Omission]]:
        """How many records and files that nothing owns were not taken, and the first thousand of them."""
        count = sum(statuses.count(Status.EXISTS) + statuses.count(Status.LOST) for statuses in self.plan.values())
        listed = (Omission(holding.kind, each, _REASONS[self.plan[holding.kind][number]]) for holding in self._outermost()
                  if Status.EXISTS in self.plan[holding.kind] or Status.LOST in self.plan[holding.kind]
                  for number, each in enumerate(self._ids(holding)) if self.plan[holding.kind][number] in _REASONS)
        return count, list(islice(listed, OMISSIONS_LISTED))

    def _kinds(self) -> list[Holding]:
        """Of the archive: files before records, the innermost first."""
        kinds = [holding for holding, _ in (*self._contents.files.values(), *self._contents.records.values())]
        return sorted(kinds, key=lambda holding: (-_depth(holding), holding.shape is Shape.RECORD, holding.kind))

    def _outermost(self) -> list[Holding]:
        return [holding for holding in self._kinds() if holding.parent is None]

    def _owned(self) -> list[Holding]:
        return [holding for holding in self._kinds() if holding.parent is not None]

    def _entries(self, holding: Holding, first: int = 0) -> Iterator[Placed | FileMember]:
        if holding.shape is Shape.BLOB:
            yield from self._contents.files[holding.kind][1][first:]
        else:
            yield from self._records.placed(holding, first=first)

    def _ids(self, holding: Holding) -> Iterator[str]:
        return (entry.blob_id if isinstance(entry, FileMember) else entry.record.id for entry in self._entries(holding))

    def _exist(self, holding: Holding, ids: Sequence[str]) -> list[bool]:
        if holding.shape is Shape.RECORD:
            return [plain is not None for plain in self._account.records.find_plain(holding, ids)]
        return [self._has_file(holding, blob_id) for blob_id in ids]

    def _has_file(self, holding: Holding, blob_id: str) -> bool:
        try:
            self._account.blobs.size_bytes(holding, blob_id)
        except NotFound:
            return False
        return True

    def _over(self, holding: Holding, place: Place, reached: Reached, pool: ThreadPoolExecutor, wanted: Status,
              act: Callable[[Holding, str, Sequence[Record | FileMember]], None], sign: int) -> Place:
        """Let `act` have what a kind's owners of a status own, by owner, and return the place behind it."""
        line, taken = place.line, dict(place.taken)
        owned = self._owned_files(holding, line) if holding.shape is Shape.BLOB else self._owned_records(holding, line)
        for some in _rounds(owned, _ROUND[holding.shape]):
            chosen = [(key, entry) for status, key, entry in some if status == wanted]
            list(pool.map(lambda batch: _again(lambda: act(holding, *batch)), _by_owner(chosen)))
            line += len(some)
            taken[holding.kind] = max(0, taken.get(holding.kind, 0) + sign * len(chosen))
            place = replace(place, line=line, taken=dict(taken))
            reached(place, len(some))
        return place

    def _owned_records(self, holding: Holding, first: int) -> Iterator[tuple[int, str, Record | FileMember]]:
        statuses = self.plan[_outermost_of(holding).kind]
        for placed in self._records.placed(holding, first=first):
            yield statuses[placed.top], placed.parent_key or "", placed.record

    def _owned_files(self, holding: Holding, first: int) -> Iterator[tuple[int, str, Record | FileMember]]:
        assert holding.parent is not None
        files = self._contents.files[holding.kind][1][first:]
        wanted = {file.owner_id for file in files}
        statuses = self.plan[_outermost_of(holding).kind]
        owners = {owner.record.id: (statuses[owner.top], self._records.key_for(holding, owner))
                  for owner in self._records.placed(holding.parent) if owner.record.id in wanted}
        for file in files:
            yield *owners[file.owner_id or ""], file

    def _upsert(self, holding: Holding, key: str, entries: Sequence[Record | FileMember]) -> None:
        records = [entry for entry in entries if isinstance(entry, Record)]
        if records:
            self._account.records.upsert_all(holding, records, parent=key)
        for file in entries:
            if isinstance(file, FileMember):
                self._write_file(holding, f"{key}/{file.blob_id}", file)

    def _delete(self, holding: Holding, key: str, entries: Sequence[Record | FileMember]) -> None:
        self._account.records.delete_all(
            holding, [entry.id for entry in entries if isinstance(entry, Record)], parent=key)
        for file in entries:
            if isinstance(file, FileMember):
                self._account.blobs.delete(holding, f"{key}/{file.blob_id}")

    def _write_file(self, holding: Holding, blob_id: str, file: FileMember) -> None:
        self._account.blobs.write(holding, blob_id, self._contents.reader.read(self._contents.members[file.path].entry))

    def _take(self, holding: Holding, entry: Placed | FileMember) -> Status:
        if isinstance(entry, FileMember):
            self._write_file(holding, entry.blob_id, entry)
            return Status.TAKEN
        try:
            _again(lambda: self._account.records.insert(holding, entry.record))
        except Conflict:
            return Status.TAKEN if self._is_ours(holding, entry) else Status.LOST
        return Status.TAKEN

    def _is_ours(self, holding: Holding, entry: Placed | FileMember) -> bool:
        """Whether what is there under this id is what this import wrote, in an attempt that could not say so any more.

        The keys that were made anew tell; ids of kinds whose own id is the key are made up by the service, so that one
        that was not there at the beginning has come with the import.
        """
        if isinstance(entry, FileMember):
            return self._has_file(holding, entry.blob_id)
        stored = self._account.records.find(holding, entry.record.id)
        if stored is None:
            return False
        owned = owned_by(holding, self._holdings)
        keys = {each.parent_key for each in owned if each.parent_key in holding.derived}
        if keys:
            return all(stored.plain[key] == entry.record.plain[key] for key in keys if key)
        return bool(owned) or line_of(holding, dataclasses.replace(stored, etag=None), None) == entry.line + b"\n"


def _again(write: Callable[[], R]) -> R:
    """Once more where the line dropped: the SDK does not repeat what it does not know to be repeatable."""
    for tries_left in reversed(range(_WRITE_TRIES)):
        try:
            return write()
        except Unavailable:
            if not tries_left:
                raise
            time.sleep(_PAUSE_SECONDS)
    raise AssertionError("the loop returns or raises")


def _depth(holding: Holding) -> int:
    return 0 if holding.parent is None else 1 + _depth(holding.parent)


def _outermost_of(holding: Holding) -> Holding:
    return holding if holding.parent is None else _outermost_of(holding.parent)


def _rounds(entries: Iterable[T], size: int) -> Iterator[list[T]]:
    entries = iter(entries)
    while some := list(islice(entries, size)):
        yield some


def _by_owner(entries: Iterable[tuple[str, R]]) -> Iterator[tuple[str, list[R]]]:
    """Neighbours of one owner together, a hundred at the most."""
    batch: list[R] = []
    owner = ""
    for key, entry in entries:
        if batch and (key != owner or len(batch) == _BATCH):
            yield owner, batch
            batch = []
        owner = key
        batch.append(entry)
    if batch:
        yield owner, batch
