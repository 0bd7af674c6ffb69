"""What the account keeps, and what its owner can do with it: pages for who signed in with a key of the account."""
from __future__ import annotations

from typing import Annotated

from pydantic import Field

from shared.api.review_ui.places import require_owner
from shared.api.review_ui.rendering import document, page
from shared.api.review_ui.wire import Wire, api, redirect
from shared.errors import Conflict, InvalidRequest, NotFound
from shared.http.operation import Auth, Call, Document, FormBody, Reply
from shared.lifecycle.export_models import UNFINISHED
from shared.storage.holdings import HOLDINGS

AUDIT_PAGE = 50
RECEIPTS_PAGE = 20
CONSENT = "Samples that this account gives may be read by the operator's reviewers to improve the service (version 1)."
_LARGEST_NUMBER = 10 ** 15
_PATH = "/review/data"


class DataExportPath(Wire):
    export_id: Annotated[str, Field(pattern="^[0-9a-f]{32}$")]


class AuditQuery(Wire):
    after: int = Field(0, ge=0, le=_LARGEST_NUMBER)


class ReceiptQuery(Wire):
    id: Annotated[str, Field(pattern="^[0-9a-f]{32}$")]


class ReceiptsQuery(Wire):
    after: Annotated[str, Field(pattern="^([0-9]{14}-[0-9a-f]{32})?$")] = ""


class DeleteAccountForm(FormBody):
    """`confirmation` is the account's id, typed."""

    confirmation: str = Field(max_length=64)


@api.operation("GET", "data", auth=Auth.SESSION, errors=(NotFound,))
def page_data(call: Call) -> Document:
    """What is stored by kind, exports, consent, and how to delete the account. The owner's alone."""
    account = require_owner(call)
    overview = call.services.data_overviews.count(account.account_id)
    try:
        consent = call.services.sample_content.consent(account)
    except NotFound:
        consent = None
    return page(call, "data.html", title="Data of the account", active="data",
                overview=overview, keeps={holding.kind: holding.keeps for holding in HOLDINGS},
                most_bytes=max((each.size_bytes for each in overview.kinds), default=0), exports=call.services.exports.list(account),
                unfinished=UNFINISHED,
                consent=consent, consent_statement=CONSENT, account_id=account.account_id)


@api.operation("POST", "data/exports", auth=Auth.SESSION, success=(303,), errors=(NotFound, Conflict))
def page_start_export(call: Call, body: FormBody) -> Reply[None]:
    """Start an export of all that the account holds."""
    call.services.exports.start(require_owner(call))
    return redirect(_PATH)


@api.operation("GET", "data/exports/{exportId}/progress", auth=Auth.SESSION, errors=(NotFound,))
def page_export_progress(call: Call, path: DataExportPath) -> Document:
    """How far an export is: the piece of the page that its script puts in the place of the one before."""
    export = call.services.exports.get(require_owner(call), path.export_id)
    return document("export_progress.html", export=export, is_running=export.state in UNFINISHED)


@api.operation("GET", "data/exports/{exportId}/archive", auth=Auth.SESSION, success=(303,), errors=(NotFound, Conflict), audit=True,
               audit_targets=("exportId",))
def page_download_export(call: Call, path: DataExportPath) -> Reply[None]:
    """To the archive, by a link of some minutes."""
    return redirect(f"/downloads/{call.services.exports.link(require_owner(call), path.export_id)}")


@api.operation("POST", "data/exports/{exportId}/delete", auth=Auth.SESSION, success=(303,), errors=(NotFound, Conflict),
               audit_targets=("exportId",))
def page_delete_export(call: Call, path: DataExportPath, body: FormBody) -> Reply[None]:
    """Delete an export and its archive."""
    account = require_owner(call)
    call.services.exports.delete(account, call.services.exports.get(account, path.export_id).id)
    return redirect(_PATH)


@api.operation("POST", "data/consent", auth=Auth.SESSION, success=(303,), errors=(NotFound, Conflict))
def page_agree(call: Call, body: FormBody) -> Reply[None]:
    """Consent to sample content, in the words that the page shows."""
    call.services.sample_content.agree(require_owner(call), CONSENT, call.caller.name)
    return redirect(_PATH)


@api.operation("POST", "data/consent/revoke", auth=Auth.SESSION, errors=(NotFound, Conflict))
def page_revoke_consent(call: Call, body: FormBody) -> Document:
    """Take the consent back; all samples are erased. The page links to the receipt."""
    receipt_id = call.services.sample_content.revoke(require_owner(call), call.caller.name)
    return page(call, "deleted.html", title="The consent is revoked", active="data", receipt_id=receipt_id, back=_PATH)


@api.operation("GET", "data/audit", auth=Auth.SESSION, errors=(NotFound,))
def page_audit(call: Call, query: AuditQuery) -> Document:
    """Who did what with the account, the oldest first."""
    trail = call.services.audit_reader.page(require_owner(call), query.after, AUDIT_PAGE)
    return page(call, "audit.html", title="Audit trail", active="data", trail=trail)


@api.operation("GET", "data/receipts", auth=Auth.SESSION, errors=(NotFound,))
def page_receipts(call: Call, query: ReceiptsQuery) -> Document:
    """The receipts of the account, the newest first, and what is being erased that has none yet."""
    account = require_owner(call)
    documents, after = call.services.receipts.page(account.account_id, query.after or None, RECEIPTS_PAGE)
    pending = [] if query.after else call.services.pending_receipts.of_account(account)
    return page(call, "receipts.html", title="Receipts", active="data", receipts=[each["receipt"] for each in documents],
                pending=pending, after=after)


@api.operation("GET", "data/receipt", auth=Auth.SESSION, success=(303,), errors=(NotFound,))
def page_receipt(call: Call, query: ReceiptQuery) -> Reply[None]:
    """To a receipt by its id."""
    require_owner(call)
    return redirect(f"/receipts/{query.id}")


@api.operation("POST", "data/delete", auth=Auth.SESSION, errors=(NotFound,))
def page_delete_account(call: Call, body: DeleteAccountForm) -> Document:
    """Delete the account once its id is typed: keys and sessions end at once, all else when the grace is over."""
    account = require_owner(call)
    if body.confirmation != account.account_id:
        raise InvalidRequest("To delete the account, type its id exactly as it is shown. Nothing was deleted.", "confirmation")
    deleted = call.services.account_deletion.delete(account.account_id, call.caller.name)
    assert deleted.deletion is not None
    return page(call, "deleted.html", title="The account is deleted", active="data", receipt_id=deleted.deletion.receipt_id, back="/review")
