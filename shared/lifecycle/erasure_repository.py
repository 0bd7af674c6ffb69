"""The records of erasures that were asked for and have no receipt yet.

Kind ERASURE: one record per erasure, id = id of the receipt. What it is about to empty is content, since the keys that
records are kept under may be names that the owner gave.
"""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from shared.errors import Conflict
from shared.storage.account_store import AccountStore, Record
from shared.storage.holdings import ERASURE


class ErasureState(StrEnum):
    """A failed one is tried again all the same: what was asked to be erased must be."""

    QUEUED = "queued"
    RUNNING = "running"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class RecordErased:
    """Where the record is that an erasure is about, as it was when it was to go, and under which keys it keeps what it owns."""

    kind: str
    parent_key: str | None
    id: str
    etag: str
    owned: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Erasure:
    """Of whole kinds, or of one `record` and what it owns; `named` is what a receipt may say of that.

    `place` is how far the work on `kinds` has come, `pending` what lies under keys that no record has any longer.

    `exports` are the ids of those whose archives go, since they hold some of it. `tries` counts failures since the work
    last moved.
    """

    id: str
    kinds: tuple[str, ...]
    scope: str
    requested_by: str
    created_at: datetime
    updated_at: datetime
    state: ErasureState = ErasureState.QUEUED
    tries: int = 0
    error: str = ""
    steps: Mapping[str, str] = field(default_factory=dict)
    exports: tuple[str, ...] = ()
    inventory: Mapping[str, Any] | None = None
    place: Mapping[str, Any] = field(default_factory=dict)
    pending: tuple[tuple[str, str], ...] = ()
    record: RecordErased | None = None
    named: Mapping[str, str] = field(default_factory=dict)
    etag: str | None = field(default=None, compare=False)


class ErasureRepository:
    def find(self, account: AccountStore, erasure_id: str) -> Erasure | None:
        record = account.records.find(ERASURE, erasure_id)
        return None if record is None else _erasure(record)

    def every(self, account: AccountStore) -> Iterator[Erasure]:
        return map(_erasure, account.records.all(ERASURE))

    def insert(self, account: AccountStore, erasure: Erasure) -> str:
        """Return the etag."""
        return account.records.insert(ERASURE, _record(erasure))

    def replace(self, account: AccountStore, erasure: Erasure) -> str:
        """Return the new etag. Raises Conflict if it changed since it was read, NotFound if it is gone."""
        return account.records.replace(ERASURE, _record(erasure))

    def delete(self, account: AccountStore, erasure_id: str) -> None:
        account.records.delete(ERASURE, erasure_id)

    def take_back(self, account: AccountStore, erasure: Erasure) -> None:
        """Delete it where nobody has changed it since it was read."""
        with suppress(Conflict):
            account.records.delete(ERASURE, erasure.id, etag=erasure.etag)


def _record(erasure: Erasure) -> Record:
    values = asdict(erasure)
    content = {"kinds": values["kinds"], "scope": values["scope"], "requestedBy": values["requested_by"],
               "tries": values["tries"], "error": values["error"], "steps": values["steps"],
               "exports": values["exports"], "inventory": values["inventory"], "place": values["place"], "pending": values["pending"],
               "record": values["record"], "named": values["named"]}
    return Record(erasure.id, content, {"state": erasure.state.value, "createdAt": erasure.created_at,
                                        "updatedAt": erasure.updated_at}, erasure.etag)


def _erasure(record: Record) -> Erasure:
    content, plain = record.content, record.plain
    return Erasure(
        id=record.id, kinds=tuple(content["kinds"]), scope=content["scope"], requested_by=content["requestedBy"],
        created_at=plain["createdAt"], updated_at=plain["updatedAt"], state=ErasureState(plain["state"]),
        tries=content["tries"], error=content["error"], steps=content["steps"],
        exports=tuple(content.get("exports", ())),  # an earlier version noted none, and what it began goes on
        inventory=content["inventory"], place=content["place"],
        pending=_pairs(content["pending"]), record=_record_erased(content.get("record")), named=content.get("named", {}),
        etag=record.etag)


def _record_erased(values: Mapping[str, Any] | None) -> RecordErased | None:
    return None if values is None else RecordErased(**{**values, "owned": _pairs(values["owned"])})


def _pairs(values: Iterable[Sequence[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((kind, key) for kind, key in values)
