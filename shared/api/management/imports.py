"""Imports into an account: the wire."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated

from pydantic import Field

from shared.api.management.exports import ProgressBody
from shared.api.management.ownership import AccountOrMePath, account_named
from shared.api.management.wire import Wire, api
from shared.errors import Conflict, NotFound
from shared.http.operation import Auth, Call, Reply
from shared.lifecycle.import_models import Import, ImportState
from shared.lifecycle.import_upload import PART_LIMIT_BYTES, PART_NUMBERS, Part
from shared.storage.account_store import AccountStore


class ImportPath(AccountOrMePath):
    import_id: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]


class ImportPartPath(ImportPath):
    number: Annotated[int, Field(ge=1, le=PART_NUMBERS)]


class NewImport(Wire):
    """Size and SHA-256 (hex) of the whole archive, which is uploaded in parts next."""

    size_bytes: int = Field(ge=1, le=1 << 50)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class PartBody(Wire):
    number: int
    size_bytes: int

    @classmethod
    def of(cls, part: Part) -> PartBody:
        return cls(number=part.number, size_bytes=part.size_bytes)


class OmissionBody(Wire):
    """A record or file that was not taken, nor anything that it owns."""

    kind: str
    id: str
    reason: str


class ImportResultBody(Wire):
    """`taken` and `notTaken` count records and files by kind; `omissions` are the first thousand of `omissionCount`."""

    taken: Mapping[str, int]
    not_taken: Mapping[str, int]
    omission_count: int
    omissions: Sequence[OmissionBody] | None = None


class ImportSummary(Wire):
    """`error` says what is wrong with the archive, or why the import did not finish."""

    id: str
    state: ImportState
    created_at: datetime
    updated_at: datetime
    finished_at: datetime | None = None
    expires_at: datetime
    size_bytes: int
    sha256: str
    progress: ProgressBody
    result: ImportResultBody | None = None
    error: str | None = None


class ImportBody(ImportSummary):
    """`uploadedParts` are there until the import is started."""

    uploaded_parts: Sequence[PartBody] | None = None


class ImportList(Wire):
    value: list[ImportSummary]


@api.operation("POST", "accounts/{accountId}/imports", auth=Auth.ACCOUNT_OR_OPERATOR, success=(201,), errors=(NotFound, Conflict))
def create_import(call: Call, path: AccountOrMePath, body: NewImport) -> Reply[ImportBody]:
    """Begin an import; the archive is uploaded in parts next. 413 for one that is larger than this service takes."""
    store = _store(call, path)
    entry = call.services.imports.create(store, body.size_bytes, body.sha256)
    return Reply(_body(entry), headers={"Location": _address(call, store, entry)})


@api.operation("PUT", "accounts/{accountId}/imports/{importId}/parts/{number}", auth=Auth.ACCOUNT_OR_OPERATOR, success=(204,),
               errors=(NotFound, Conflict), media_types=("application/octet-stream",), body_limit_bytes=PART_LIMIT_BYTES,
               audit_targets=("importId", "number"))
def put_import_part(call: Call, path: ImportPartPath, body: bytes) -> None:
    """Upload one part of the archive, of up to 32 MiB; parts are numbered from 1. The newest upload of a number counts."""
    call.services.imports.put_part(_store(call, path), path.import_id, path.number, body)


@api.operation("POST", "accounts/{accountId}/imports/{importId}/start", auth=Auth.ACCOUNT_OR_OPERATOR, success=(202,),
               errors=(NotFound, Conflict), audit_targets=("importId",))
def start_import(call: Call, path: ImportPath) -> Reply[ImportBody]:
    """Check the whole archive, then write what it holds. What exists already is left as it is and listed in the result.

    409 where parts are missing or another import is queued or running.
    """
    store = _store(call, path)
    entry = call.services.imports.start(store, path.import_id)
    return Reply(_body(entry), headers={"Operation-Location": _address(call, store, entry)})


@api.operation("GET", "accounts/{accountId}/imports", auth=Auth.ACCOUNT_OR_OPERATOR, errors=(NotFound, Conflict))
def list_imports(call: Call, path: AccountOrMePath) -> ImportList:
    """The account's imports that have not expired, the newest first; 50 at the most."""
    return ImportList(value=[ImportSummary(**_fields(entry)) for entry in call.services.imports.list(_store(call, path))])


@api.operation("GET", "accounts/{accountId}/imports/{importId}", auth=Auth.ACCOUNT_OR_OPERATOR, errors=(NotFound, Conflict))
def get_import(call: Call, path: ImportPath) -> ImportBody:
    """State and progress of an import; once it ended, what was taken, and what was not and why."""
    store = _store(call, path)
    entry = call.services.imports.get(store, path.import_id)
    return _body(entry, call.services.imports.uploaded(store, entry))


@api.operation("DELETE", "accounts/{accountId}/imports/{importId}", auth=Auth.ACCOUNT_OR_OPERATOR, success=(204,),
               errors=(NotFound, Conflict), audit_targets=("importId",))
def delete_import(call: Call, path: ImportPath) -> None:
    """Delete an import and what was uploaded for it; one that is running stops. Nothing happens if it is gone.

    What a running one has taken by then stays; what it had half written is taken away.
    """
    call.services.imports.delete(_store(call, path), path.import_id)


def _store(call: Call, path: AccountOrMePath) -> AccountStore:
    return call.services.accounts.open(account_named(call, path.account_id))


def _address(call: Call, store: AccountStore, entry: Import) -> str:
    return f"{call.endpoint}/accounts/{store.account_id}/imports/{entry.id}"


def _body(entry: Import, parts: Sequence[Part] = ()) -> ImportBody:
    is_uploading = entry.state is ImportState.UPLOADING
    return ImportBody(**_fields(entry), uploaded_parts=[PartBody.of(part) for part in parts] if is_uploading else None)


def _fields(entry: Import) -> dict[str, object]:
    result = entry.result
    return {
        "id": entry.id, "state": entry.state, "created_at": entry.created_at, "updated_at": entry.updated_at,
        "finished_at": entry.finished_at, "expires_at": entry.expires_at, "size_bytes": entry.size_bytes, "sha256": entry.sha256,
        "progress": ProgressBody(done=entry.progress.done, total=entry.progress.total or entry.size_bytes, unit="bytes"),
        "result": None if result is None else ImportResultBody(
            taken=result.taken, not_taken=result.not_taken, omission_count=result.omission_count,
            omissions=[OmissionBody(kind=each.kind, id=each.id, reason=each.reason) for each in result.omissions] or None),
        "error": entry.error if entry.state is ImportState.FAILED else None}
