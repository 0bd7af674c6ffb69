"""Which account a path of our own API means: the caller's own, also called `me`, or for the operator any."""
from __future__ import annotations

from typing import Annotated

from pydantic import Field

from shared.accounts.models import Account
from shared.api.management.wire import Wire
from shared.errors import NotFound
from shared.http.operation import Call

OWN_ACCOUNT = "me"

AccountIdOrMe = Annotated[str, Field(pattern=r"^([0-9a-f]{32}|me)$")]


class AccountOrMePath(Wire):
    account_id: AccountIdOrMe


def account_named(call: Call, account_id: str) -> Account:
    """The active account. Raises NotFound, which is also all that one account learns about another."""
    own = call.caller.account
    if own is not None and account_id in (OWN_ACCOUNT, own.id):
        return own
    if own is not None or account_id == OWN_ACCOUNT:
        raise NotFound("There is no such account.")
    return call.services.accounts.get(account_id)
