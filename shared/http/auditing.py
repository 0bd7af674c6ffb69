"""What a request leaves in an account's audit trail: before its operation runs that it began, afterwards that it failed.

An event names operation, caller, range of addresses and declared ids; nothing else of a request gets into one.
"""
from __future__ import annotations

import ipaddress
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from shared.accounts.audit_trail import CREATION, Deed
from shared.accounts.models import Account, KeyName
from shared.crypto.key_encryption import UnwrapFailed
from shared.errors import Conflict, NotFound, ServiceError, Unauthenticated
from shared.http.operation import Call, Caller, Operation

if TYPE_CHECKING:
    from shared.services import Services
    from shared.storage.account_store import AccountStore

NEW_ADDRESS_OF_KEY = "key_used_from_new_address"
NEW_ADDRESS_OF_IDENTITY = "signed_in_from_new_address"
SIGN_IN = "sign_in"
UNKNOWN_ADDRESS = "unknown"
_log = logging.getLogger(__name__)
_PREFIX_BITS = {4: 24, 6: 48}


def address_range(headers: Mapping[str, str]) -> str:
    """The network that the caller's address is in: /24 of IPv4, /48 of IPv6, `unknown` where nothing says.

    The front end of Azure appends the address, with or without its port, to X-Forwarded-For; what stands before it is
    the caller's own word.
    """
    entry = headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    if entry.startswith("["):
        entry = entry[1:].partition("]")[0]
    elif entry.count(":") == 1:
        entry = entry.partition(":")[0]
    try:
        address = ipaddress.ip_address(entry.partition("%")[0])
    except ValueError:
        return UNKNOWN_ADDRESS
    address = getattr(address, "ipv4_mapped", None) or address
    return str(ipaddress.ip_network((address, _PREFIX_BITS[address.version]), strict=False))


def notice_use(services: Services, caller: Caller, came_from: str, request_id: str) -> None:
    """Leave an event if the account's key or identity is used from a range that is new. Never in the way of the request."""
    if caller.account is None:
        return
    operation = NEW_ADDRESS_OF_KEY if caller.name in set(KeyName) else NEW_ADDRESS_OF_IDENTITY
    try:
        services.key_uses.notice(
            services.accounts.open(caller.account), Deed(operation, caller.name, came_from, request_id))
    except (ServiceError, UnwrapFailed) as error:
        _log.warning("request %s: a new address could not be recorded: %s", request_id, type(error).__name__)


@contextmanager
def audited(operation: Operation, call: Call, arguments: Mapping[str, Any]) -> Iterator[None]:
    """Around a handler: nothing happens unless it was recorded before.

    Raises Unavailable where it cannot be, Unauthenticated where the caller's account ended meanwhile.
    """
    account = _account(call, arguments.get("path")) if operation.audit else None
    if account is None:
        yield
        return
    targets = _targets(operation, arguments.get("path"))
    try:
        call.services.audit.append(account, _deed(operation.name, call, targets=targets))
    except NotFound:
        if call.caller.account is not None:
            raise Unauthenticated("The account has ended meanwhile.") from None
    try:
        yield
    except Exception as error:
        status = error.status if isinstance(error, ServiceError) else 500
        try:
            call.services.audit.append(account, _deed(operation.name, call, outcome=str(status), targets=targets))
        except ServiceError as failure:
            _log.warning("request %s: its failure could not be recorded: %s", call.request_id, type(failure).__name__)
        raise


def record_creation(call: Call, account: Account) -> None:
    """The first event of an account's trail. Raises Unavailable."""
    call.services.audit.append(call.services.accounts.open(account), _deed(CREATION, call))


def record_sign_in(call: Call, account: AccountStore, caller: str, outcome: str) -> None:
    """An attempt to sign in with a browser: `caller` as the trail calls them, or `unknown`; `outcome` is `succeeded` or a status.

    Raises Unavailable; NotFound where the account has ended.
    """
    call.services.audit.append(account, Deed(SIGN_IN, caller, call.address_range, call.request_id, outcome=outcome))


def _deed(operation: str, call: Call, **more: Any) -> Deed:
    return Deed(operation, call.caller.name, call.address_range, call.request_id, **more)


def _account(call: Call, path: Any) -> AccountStore | None:
    """Whose trail it is: the caller's own, or that of the account in the path, also of one that waits for its purge."""
    accounts = call.services.accounts
    if call.caller.account is not None:
        return accounts.open(call.caller.account)
    try:
        return accounts.open(accounts.get_in_any_state(path.account_id)) if hasattr(path, "account_id") else None
    except (NotFound, Conflict):  # the handler says so
        return None


def _targets(operation: Operation, path: Any) -> dict[str, str]:
    if not operation.audit_targets:
        return {}
    values = path.model_dump(mode="json", by_alias=True)
    return {name: str(values[name]) for name in operation.audit_targets}
