"""Accounts, their keys and grants: the wire. The operator's, and for reading the account's own."""
from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from shared.accounts.models import Account, AccountState, Deletion, Grant, KeyName
from shared.api.management.ownership import AccountOrMePath, account_named_in_any_state
from shared.api.management.wire import Wire, api
from shared.errors import Conflict, NotFound
from shared.http.auditing import record_creation
from shared.http.operation import Auth, Call, Reply

PAGE_SIZE = 100
_FINGERPRINT_CHARACTERS = 12

DisplayName = Annotated[str, Field(min_length=1, max_length=128)]
AccountId = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]


class AccountPath(Wire):
    account_id: AccountId


class GrantPath(AccountPath):
    object_id: str = Field(pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")


class NewAccount(Wire):
    display_name: DisplayName


class AccountPatch(Wire):
    display_name: DisplayName


class KeyInfo(Wire):
    """The fingerprint is the beginning of the key's SHA-256 in hex: enough to tell keys apart, not to guess one."""

    name: KeyName
    fingerprint: str


class DataKeyInfo(Wire):
    """The fingerprint is derived from the data key; the receipt of a deletion names the keys that were destroyed by it."""

    version: int
    fingerprint: str


class DeletionInfo(Wire):
    """Until `purgeAfter` the operator can restore the account. The receipt is under `/receipts/{receiptId}`."""

    deleted_at: datetime
    purge_after: datetime
    receipt_id: str
    requested_by: str

    @classmethod
    def of(cls, deletion: Deletion) -> DeletionInfo:
        return cls(deleted_at=deletion.deleted_at, purge_after=deletion.purge_after, receipt_id=deletion.receipt_id,
                   requested_by=deletion.requested_by)


class AccountBody(Wire):
    """An account that is `purging` or `purged` has lost its data keys, a purged one its name and its keys too."""

    id: str
    display_name: str | None = None
    region: str
    endpoint: str
    state: AccountState
    created_at: datetime
    keys: list[KeyInfo]
    data_key_version: int | None = None
    data_key_rotation: str
    data_keys: list[DataKeyInfo]
    deletion: DeletionInfo | None = None

    @classmethod
    def of(cls, account: Account, endpoint: str) -> AccountBody:
        return cls(**_fields(account, endpoint))


class CreatedAccount(AccountBody):
    """With both keys, which are not shown again."""

    key1: str
    key2: str


class AccountPage(Wire):
    value: list[AccountBody]
    next_link: str | None = None


class AccountsQuery(Wire):
    after: AccountId | None = None


class RegenerateKey(Wire):
    key_name: KeyName


class RegeneratedKey(Wire):
    key_name: KeyName
    key: str


class GrantBody(Wire):
    object_id: str
    created_at: datetime

    @classmethod
    def of(cls, grant: Grant) -> GrantBody:
        return cls(object_id=grant.object_id, created_at=grant.created_at)


class GrantList(Wire):
    value: list[GrantBody]


@api.operation("POST", "accounts", auth=Auth.OPERATOR, success=(201,))
def create_account(call: Call, body: NewAccount) -> Reply[CreatedAccount]:
    """Create an account in this region. The answer is the only place where its keys can be read."""
    account, keys = call.services.accounts.create(body.display_name, lambda account: record_creation(call, account))
    created = CreatedAccount(**_fields(account, call.endpoint), key1=keys[KeyName.KEY1], key2=keys[KeyName.KEY2])
    return Reply(created, headers={"Location": f"{call.endpoint}/accounts/{account.id}"})


@api.operation("GET", "accounts", auth=Auth.OPERATOR)
def list_accounts(call: Call, query: AccountsQuery) -> AccountPage:
    """The accounts of this region, page by page, deleted ones too until they are purged."""
    accounts, after = call.services.accounts.page(query.after, PAGE_SIZE)
    next_link = None if after is None else f"{call.endpoint}/accounts?after={after}"
    return AccountPage(value=[AccountBody.of(account, call.endpoint) for account in accounts], next_link=next_link)


@api.operation("GET", "accounts/{accountId}", auth=Auth.ACCOUNT_OR_OPERATOR, errors=(NotFound,))
def get_account(call: Call, path: AccountOrMePath) -> AccountBody:
    """One account; with an account's key the caller's own, which is also called `me`. The operator sees deleted ones too."""
    return AccountBody.of(account_named_in_any_state(call, path.account_id), call.endpoint)


@api.operation("PATCH", "accounts/{accountId}", auth=Auth.OPERATOR, errors=(NotFound, Conflict),
               media_types=("application/merge-patch+json", "application/json"))
def update_account(call: Call, path: AccountPath, body: AccountPatch) -> AccountBody:
    """Change an account's display name."""
    return AccountBody.of(call.services.accounts.rename(path.account_id, body.display_name), call.endpoint)


@api.operation("POST", "accounts/{accountId}/regenerateKey", auth=Auth.OPERATOR, errors=(NotFound, Conflict))
def regenerate_account_key(call: Call, path: AccountPath, body: RegenerateKey) -> RegeneratedKey:
    """Replace one of the two keys; the old one stops working at once, the other one goes on."""
    key = call.services.accounts.regenerate_key(path.account_id, body.key_name)
    return RegeneratedKey(key_name=body.key_name, key=key)


@api.operation("POST", "accounts/{accountId}/rotateDataKey", auth=Auth.OPERATOR, success=(202,),
               errors=(NotFound, Conflict))
def rotate_account_data_key(call: Call, path: AccountPath) -> Reply[AccountBody]:
    """Write under a new data key from now on; a timer encrypts all older data again and then drops the old key."""
    account = call.services.key_rotation.rotate(path.account_id)
    return Reply(AccountBody.of(account, call.endpoint),
                 headers={"Operation-Location": f"{call.endpoint}/accounts/{account.id}"})


@api.operation("GET", "accounts/{accountId}/grants", auth=Auth.OPERATOR, errors=(NotFound, Conflict))
def list_account_grants(call: Call, path: AccountPath) -> GrantList:
    """The Microsoft Entra ID identities that may use the account."""
    return GrantList(value=[GrantBody.of(grant) for grant in call.services.accounts.grants(path.account_id)])


@api.operation("PUT", "accounts/{accountId}/grants/{objectId}", auth=Auth.OPERATOR, success=(200, 201),
               errors=(NotFound, Conflict))
def grant_account(call: Call, path: GrantPath) -> Reply[GrantBody]:
    """Let an identity (its object id in the tenant) use the account with its own tokens."""
    grant, is_new = call.services.accounts.grant(path.account_id, path.object_id.lower())
    return Reply(GrantBody.of(grant), 201 if is_new else 200)


@api.operation("DELETE", "accounts/{accountId}/grants/{objectId}", auth=Auth.OPERATOR, success=(204,),
               errors=(NotFound, Conflict))
def revoke_account_grant(call: Call, path: GrantPath) -> None:
    """Take a grant back; nothing happens if there is none."""
    call.services.accounts.revoke(path.account_id, path.object_id.lower())


def _fields(account: Account, endpoint: str) -> dict[str, object]:
    keys = account.data_keys
    return {
        "id": account.id, "display_name": account.display_name or None, "region": account.region, "endpoint": endpoint,
        "state": account.state, "created_at": account.created_at,
        "keys": [KeyInfo(name=name, fingerprint=key_hash[:_FINGERPRINT_CHARACTERS])
                 for name, key_hash in sorted(account.key_hashes.items())],
        "data_key_version": None if keys.are_destroyed else keys.current_version,
        "data_key_rotation": "running" if account.rewrite else "idle",
        "data_keys": [] if keys.are_destroyed else [DataKeyInfo(version=version, fingerprint=fingerprint)
                                                    for version, fingerprint in sorted(keys.fingerprints.items())],
        "deletion": None if account.deletion is None else DeletionInfo.of(account.deletion)}
