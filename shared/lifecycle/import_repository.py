"""The records of imports, and the blobs that an import works by.

Kind IMPORT: one record per import, id = import id. Kind IMPORT_UPLOAD: `<import id>/<number>/<when it came>`, the newest of a
number counts. Kind IMPORT_STATE: `<import id>/<name>`: the list of parts, the plan of an attempt, what was not taken.
"""
from __future__ import annotations

import base64
import dataclasses
import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from shared.errors import NotFound
from shared.lifecycle.import_models import Import, ImportResult, ImportState, Omission, Place, Progress, Stage
from shared.storage.account_store import AccountStore, Record
from shared.storage.holdings import IMPORT, IMPORT_STATE, IMPORT_UPLOAD

_PAGE = 999
_OMISSIONS = "omissions"


class ImportRepository:
    def find(self, account: AccountStore, import_id: str) -> Import | None:
        record = account.records.find(IMPORT, import_id)
        return None if record is None else _import(record)

    def list(self, account: AccountStore) -> list[Import]:
        """All of them, the newest first."""
        records, after = [], None
        while True:
            page = account.records.page(IMPORT, after=after, size=_PAGE)
            records += page.records
            after = page.next_after
            if after is None:
                return sorted(map(_import, records), key=lambda each: (each.created_at, each.id), reverse=True)

    def insert(self, account: AccountStore, entry: Import) -> str:
        """Return the etag."""
        return account.records.insert(IMPORT, _record(entry))

    def replace(self, account: AccountStore, entry: Import) -> str:
        """Return the new etag. Raises Conflict if it changed since it was read, NotFound if it is gone."""
        return account.records.replace(IMPORT, _record(entry))

    def delete(self, account: AccountStore, import_id: str) -> None:
        """Delete an import with all its blobs."""
        account.records.delete(IMPORT, import_id)
        for holding in (IMPORT_UPLOAD, IMPORT_STATE):
            account.blobs.delete_all(holding, f"{import_id}/")

    def delete_upload(self, account: AccountStore, blob_id: str) -> None:
        account.blobs.delete(IMPORT_UPLOAD, blob_id)

    def sweep(self, account: AccountStore) -> None:
        """Delete blobs without a record: those of a process that ended by force while its import was deleted."""
        found = [(holding, blob_id) for holding in (IMPORT_UPLOAD, IMPORT_STATE) for blob_id in account.blobs.ids(holding)]
        known = {entry.id for entry in self.list(account)} if found else set()
        for holding, blob_id in found:
            if blob_id.partition("/")[0] not in known:
                account.blobs.delete(holding, blob_id)

    def delete_working_blobs(self, account: AccountStore, entry: Import) -> None:
        """Delete what was uploaded and what the import worked by; what its result names stays."""
        account.blobs.delete_all(IMPORT_UPLOAD, f"{entry.id}/")
        for blob_id in account.blobs.ids(IMPORT_STATE, f"{entry.id}/"):
            if entry.result is None or blob_id != f"{entry.id}/{_OMISSIONS}":
                account.blobs.delete(IMPORT_STATE, blob_id)

    def write_parts(self, account: AccountStore, import_id: str, name: str, parts: list[tuple[str, int]]) -> None:
        """`parts` are blob ids and sizes in order."""
        account.blobs.write(IMPORT_STATE, f"{import_id}/{name}", [json.dumps(parts).encode()])

    def parts(self, account: AccountStore, entry: Import) -> list[tuple[str, int]]:
        return [(blob_id, size) for blob_id, size in self._read(account, entry.id, entry.parts)]

    def write_plan(self, account: AccountStore, import_id: str, name: str, plan: Mapping[str, bytearray]) -> None:
        """`plan` has a byte for each record or file of a kind that nothing owns."""
        packed = {kind: base64.b64encode(statuses).decode() for kind, statuses in plan.items()}
        account.blobs.write(IMPORT_STATE, f"{import_id}/{name}", [json.dumps(packed).encode()])

    def plan(self, account: AccountStore, import_id: str, name: str) -> dict[str, bytearray]:
        return {kind: bytearray(base64.b64decode(statuses)) for kind, statuses in self._read(account, import_id, name).items()}

    def delete_plan(self, account: AccountStore, import_id: str, name: str) -> None:
        """Delete a plan, and what a run that was killed had not yet made a blob of: writing an empty one drops that."""
        account.blobs.write(IMPORT_STATE, f"{import_id}/{name}", [])
        account.blobs.delete(IMPORT_STATE, f"{import_id}/{name}")

    def write_omissions(self, account: AccountStore, import_id: str, omissions: list[Omission]) -> None:
        account.blobs.write(IMPORT_STATE, f"{import_id}/{_OMISSIONS}",
                            [json.dumps([asdict(omission) for omission in omissions]).encode()])

    def with_omissions(self, account: AccountStore, entry: Import) -> Import:
        """The import with those in its result, which are kept apart from its record."""
        if entry.result is None or not entry.result.omission_count:
            return entry
        try:
            omissions = tuple(Omission(**each) for each in self._read(account, entry.id, _OMISSIONS))
        except NotFound:  # deleted this moment
            omissions = ()
        return dataclasses.replace(entry, result=dataclasses.replace(entry.result, omissions=omissions))

    def _read(self, account: AccountStore, import_id: str, name: str) -> Any:
        return json.loads(b"".join(account.blobs.read(IMPORT_STATE, f"{import_id}/{name}")))


def _record(entry: Import) -> Record:
    result = None if entry.result is None else {**asdict(entry.result), "omissions": ()}
    return Record(
        entry.id,
        {"sizeBytes": entry.size_bytes, "sha256": entry.sha256, "parts": entry.parts, "place": asdict(entry.place),
         "progress": asdict(entry.progress), "result": result, "error": entry.error},
        {"state": entry.state.value, "attempt": entry.attempt, "attempts": entry.attempts, "createdAt": entry.created_at,
         "updatedAt": entry.updated_at, "expiresAt": entry.expires_at,
         "finishedAt": "" if entry.finished_at is None else entry.finished_at.isoformat()},
        entry.etag)


def _import(record: Record) -> Import:
    content, plain, place = record.content, record.plain, record.content["place"]
    return Import(
        id=record.id, state=ImportState(plain["state"]), attempt=plain["attempt"], attempts=plain["attempts"],
        created_at=plain["createdAt"], updated_at=plain["updatedAt"], expires_at=plain["expiresAt"],
        finished_at=datetime.fromisoformat(plain["finishedAt"]) if plain["finishedAt"] else None,
        size_bytes=content["sizeBytes"], sha256=content["sha256"], parts=content["parts"],
        place=Place(**{**place, "stage": Stage(place["stage"]), "subtrees": tuple((size, root) for size, root in place["subtrees"])}),
        progress=Progress(**content["progress"]),
        result=None if content["result"] is None else ImportResult(**{**content["result"], "omissions": ()}),
        error=content["error"], etag=record.etag)
