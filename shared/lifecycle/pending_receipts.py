"""What is known of a receipt that is not written yet: of the account or the erasure that it is for."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from shared.accounts.models import AccountState
from shared.accounts.repository import AccountRepository
from shared.accounts.service import AccountService
from shared.errors import NotFound
from shared.lifecycle.erasure_repository import ErasureRepository
from shared.storage.account_store import AccountStore

MOST_LISTED = 100


@dataclass(frozen=True, slots=True)
class PendingReceipt:
    """`state` is the account's (deleted, purging) or the erasure's (queued, running, failed)."""

    state: str
    created_at: datetime
    updated_at: datetime
    purge_after: datetime | None = None
    error: str = ""


class PendingReceipts:
    def __init__(self, accounts: AccountService, directory: AccountRepository, erasures: ErasureRepository) -> None:
        self._accounts = accounts
        self._directory = directory
        self._erasures = erasures

    def find(self, receipt_id: str) -> PendingReceipt | None:
        """None for a receipt that nobody waits for: never asked for, or its deletion taken back."""
        account_id = self._directory.find_receipt_account_id(receipt_id)
        if account_id is None:
            return None
        try:
            account = self._accounts.get_in_any_state(account_id)
        except NotFound:
            return None
        deletion = account.deletion
        if deletion is not None and deletion.receipt_id == receipt_id:
            return PendingReceipt(account.state.value, deletion.deleted_at, deletion.updated_at, deletion.purge_after)
        if account.state not in (AccountState.ACTIVE, AccountState.DELETED):
            return None  # what was to be erased ends with the account
        erasure = self._erasures.find(self._accounts.open(account), receipt_id)
        if erasure is None:
            return None
        return PendingReceipt(erasure.state.value, erasure.created_at, erasure.updated_at, error=erasure.error)

    def of_account(self, account: AccountStore) -> list[tuple[str, str, PendingReceipt]]:
        """Id, what is erased in a word, and state of the newest MOST_LISTED erasures of an account that have no receipt yet."""
        erasures = sorted(self._erasures.every(account), key=lambda erasure: erasure.created_at, reverse=True)[:MOST_LISTED]
        return [(each.id, each.scope, PendingReceipt(each.state.value, each.created_at, each.updated_at, error=each.error))
                for each in erasures]
