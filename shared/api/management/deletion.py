"""The end of an account: the wire of deleting and restoring it."""
from __future__ import annotations

from datetime import datetime

from shared.accounts.models import Account, AccountState
from shared.api.management.accounts import AccountBody, AccountPath
from shared.api.management.ownership import AccountOrMePath, account_named_in_any_state
from shared.api.management.wire import Wire, api
from shared.errors import Conflict, NotFound, PermissionDenied
from shared.http.operation import Auth, Call, Reply


class DeletionQuery(Wire):
    purge: bool = False


class DeletedAccount(Wire):
    """The receipt is written when the purge is done; until `purgeAfter` the operator can restore the account."""

    id: str
    state: AccountState
    deleted_at: datetime
    purge_after: datetime
    receipt_id: str

    @classmethod
    def of(cls, account: Account) -> DeletedAccount:
        deletion = account.deletion
        assert deletion is not None
        return cls(id=account.id, state=account.state, deleted_at=deletion.deleted_at, purge_after=deletion.purge_after,
                   receipt_id=deletion.receipt_id)


@api.operation("DELETE", "accounts/{accountId}", auth=Auth.ACCOUNT_OR_OPERATOR, success=(202,), errors=(NotFound,))
def delete_account(call: Call, path: AccountOrMePath, query: DeletionQuery) -> Reply[DeletedAccount]:
    """Delete an account: its keys are refused from the next request on. After the grace all that it has is purged; with
    `purge=true`, which is the operator's, at once. Deleting it again changes nothing but that. The receipt is at
    `Operation-Location`."""
    if query.purge and not call.caller.is_operator:
        raise PermissionDenied("Only the operator can purge an account before its grace is over.", target="purge")
    account = account_named_in_any_state(call, path.account_id)
    deleted = call.services.account_deletion.delete(account.id, call.caller.name, at_once=query.purge)
    body = DeletedAccount.of(deleted)
    return Reply(body, headers={"Operation-Location": f"{call.endpoint}/receipts/{body.receipt_id}"})


@api.operation("POST", "accounts/{accountId}/restore", auth=Auth.OPERATOR, errors=(NotFound, Conflict))
def restore_account(call: Call, path: AccountPath) -> AccountBody:
    """Take a deletion back while the grace lasts; the account's keys and all that it has are as they were. 409 once the
    purge has begun."""
    return AccountBody.of(call.services.account_deletion.restore(path.account_id), call.endpoint)
