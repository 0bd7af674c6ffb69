"""Which account a path of our own API means: the caller's own, also called `me`, or for the operator any."""
from __future__ import annotations

from typing import Annotated

from pydantic import Field

from shared.accounts.models import Account, require_active
from shared.api.management.wire import Wire
from shared.errors import NotFound
from shared.http.operation import Call

OWN_ACCOUNT = "me"

AccountIdOrMe = Annotated[str, Field(pattern=r"^([0-9a-f]{32}|me)$")]


class AccountOrMePath(Wire):
    account_id: AccountIdOrMe


def account_named(call: Call, account_id: str) -> Account:
    """The active account. Raises NotFound, which is also all that one account learns about another; Conflict if it was deleted."""
    return require_active(account_named_in_any_state(call, account_id))


def account_named_in_any_state(call: Call, account_id: str) -> Account:
    """As `account_named`; for the operator also one that was deleted."""
    own = call.caller.account
    if own is not None and account_id in (OWN_ACCOUNT, own.id):
        return own
    if own is not None or account_id == OWN_ACCOUNT:
        raise NotFound("There is no such account.")
    return call.services.accounts.get_in_any_state(account_id)
