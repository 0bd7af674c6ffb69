"""Exports of an account: the wire."""
from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from pydantic import Field

from shared.api.management.ownership import AccountOrMePath, account_named
from shared.api.management.wire import Wire, api
from shared.errors import Conflict, NotFound
from shared.http.operation import Auth, Call, Reply
from shared.lifecycle.export_models import Export, ExportState


class ExportPath(AccountOrMePath):
    export_id: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]


class ProgressBody(Wire):
    """How much of what was counted at the start is done."""

    done: int
    total: int
    unit: str


class ArchiveBody(Wire):
    """`sha256` is the file's; `merkleRoot` is that of all that an import would bring back; `counts` are by kind of data."""

    size_bytes: int
    sha256: str
    merkle_root: str
    counts: Mapping[str, int]


class ExportBody(Wire):
    """`progress` counts records and files, `fileProgress` the bytes of the files."""

    id: str
    state: ExportState
    created_at: datetime
    updated_at: datetime
    finished_at: datetime | None = None
    expires_at: datetime
    progress: ProgressBody
    file_progress: ProgressBody
    archive: ArchiveBody | None = None
    error: str | None = None

    @classmethod
    def of(cls, export: Export) -> ExportBody:
        done, archive = export.progress, export.archive
        return cls(
            id=export.id, state=export.state, created_at=export.created_at, updated_at=export.updated_at,
            finished_at=export.finished_at, expires_at=export.expires_at,
            progress=ProgressBody(done=done.items_done, total=done.items_total, unit="items"),
            file_progress=ProgressBody(done=done.file_bytes_done, total=done.file_bytes_total, unit="bytes"),
            archive=None if archive is None else ArchiveBody(
                size_bytes=archive.size_bytes, sha256=archive.sha256, merkle_root=archive.merkle_root, counts=archive.counts),
            error=export.error if export.state is ExportState.FAILED else None)


class ExportList(Wire):
    value: list[ExportBody]


@api.operation("POST", "accounts/{accountId}/exports", auth=Auth.ACCOUNT_OR_OPERATOR, success=(202,),
               errors=(NotFound, Conflict))
def start_export(call: Call, path: AccountOrMePath) -> Reply[ExportBody]:
    """Export all that the account holds; the status says how far it is. 409 while another export is queued or running."""
    account = account_named(call, path.account_id)
    export = call.services.exports.start(call.services.accounts.open(account))
    return Reply(ExportBody.of(export),
                 headers={"Operation-Location": f"{call.endpoint}/accounts/{account.id}/exports/{export.id}"})


@api.operation("GET", "accounts/{accountId}/exports", auth=Auth.ACCOUNT_OR_OPERATOR, errors=(NotFound, Conflict))
def list_exports(call: Call, path: AccountOrMePath) -> ExportList:
    """The account's exports that have not expired, the newest first; 50 at the most."""
    account = call.services.accounts.open(account_named(call, path.account_id))
    return ExportList(value=[ExportBody.of(export) for export in call.services.exports.list(account)])


@api.operation("GET", "accounts/{accountId}/exports/{exportId}", auth=Auth.ACCOUNT_OR_OPERATOR, errors=(NotFound, Conflict))
def get_export(call: Call, path: ExportPath) -> ExportBody:
    """State and progress of an export; once it succeeded, size, hash, Merkle root and counts of its archive."""
    account = call.services.accounts.open(account_named(call, path.account_id))
    return ExportBody.of(call.services.exports.get(account, path.export_id))


@api.operation("DELETE", "accounts/{accountId}/exports/{exportId}", auth=Auth.ACCOUNT_OR_OPERATOR, success=(204,),
               errors=(NotFound, Conflict), audit_targets=("exportId",))
def delete_export(call: Call, path: ExportPath) -> None:
    """Delete an export and its archive; one that is running stops. Nothing happens if it is gone."""
    account = call.services.accounts.open(account_named(call, path.account_id))
    call.services.exports.delete(account, path.export_id)


@api.operation("GET", "accounts/{accountId}/exports/{exportId}/archive", auth=Auth.ACCOUNT_OR_OPERATOR, success=(302,),
               errors=(NotFound, Conflict), audit=True, audit_targets=("exportId",))
def get_export_archive(call: Call, path: ExportPath) -> Reply[None]:
    """A redirect to a read-only link to the archive, which works for 15 minutes. 409 unless the export has succeeded."""
    account = call.services.accounts.open(account_named(call, path.account_id))
    token = call.services.exports.link(account, path.export_id)
    return Reply(None, headers={"Location": f"{call.endpoint}/downloads/{token}"})
