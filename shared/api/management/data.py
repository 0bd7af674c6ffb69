"""Erasing all that an account keeps of one kind: the wire."""
from __future__ import annotations

from typing import Annotated

from pydantic import Field

from shared.api.management.ownership import AccountOrMePath, account_named
from shared.api.management.wire import Wire, api
from shared.errors import Conflict, NotFound
from shared.http.operation import Auth, Call, Reply
from shared.lifecycle.erasure import SCOPE_KIND


class KindPath(AccountOrMePath):
    kind: Annotated[str, Field(pattern=r"^[a-z]+(-[a-z]+)*$", max_length=63)]


class StartedErasure(Wire):
    """The state is at `/receipts/{receiptId}`, and in the end the receipt."""

    receipt_id: str
    kinds: list[str]


@api.operation("DELETE", "accounts/{accountId}/data/{kind}", auth=Auth.ACCOUNT_OR_OPERATOR, success=(202,),
               errors=(NotFound, Conflict), audit_targets=("kind",))
def erase_account_data(call: Call, path: KindPath) -> Reply[StartedErasure]:
    """Erase all records and blobs of a kind (see the kinds of data below) and what they own, and first of all the archives of
    exports that hold some of it. The receipt is at `Operation-Location` when that is done. 409 while too many erasures wait."""
    account = call.services.accounts.open(account_named(call, path.account_id))
    receipt_id = call.services.erasures.erase_kinds(account, [path.kind], SCOPE_KIND, call.caller.name)
    return Reply(StartedErasure(receipt_id=receipt_id, kinds=[path.kind]),
                 headers={"Operation-Location": f"{call.endpoint}/receipts/{receipt_id}"})
