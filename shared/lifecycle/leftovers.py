"""Looks for what an account may have left behind anywhere, and takes it away."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.accounts.repository import AccountRepository
from shared.accounts.service import AccountService
from shared.errors import Conflict
from shared.storage.blobs import BlobStore
from shared.storage.queues import JobQueue
from shared.storage.tables import TableStore

_ROUNDS = 5
_PLACES = ["table", "container, and one that was deleted and is kept by the service", "keys and grants in the directory",
           "messages that workers gave up on"]


class LeftoversRemain(Conflict):
    """Something of the account comes back, or the service keeps it for a while; the message says what."""


class Leftovers:
    def __init__(self, accounts: AccountService, directory: AccountRepository, tables: TableStore, blobs: BlobStore,
                 jobs: JobQueue) -> None:
        self._accounts = accounts
        self._directory = directory
        self._tables = tables
        self._blobs = blobs
        self._jobs = jobs

    def destroy_stores(self, account_id: str) -> None:
        """Delete the account's table and container with all that is in them; nothing happens if they are gone."""
        for store in self._accounts.stores(account_id):
            store.destroy()

    def clear(self, account_id: str) -> Mapping[str, Any]:
        """Look until nothing is found, taking away what is; return what a receipt says of it. Raises LeftoversRemain."""
        seen: set[str] = set()
        for number in range(1, _ROUNDS + 1):
            found = self._take_away(account_id)
            seen |= set(found)
            if not found:
                return {"rounds": number, "lookedFor": _PLACES, "foundAndDeleted": sorted(seen),
                        "queuedJobsOfIdsAlone": self._jobs.peek_of(account_id)}
        raise LeftoversRemain(f"Of the account there is still left: {', '.join(sorted(found))}.")

    def _take_away(self, account_id: str) -> list[str]:
        """What was there, in words."""
        table, container = self._accounts.stores(account_id)
        found = []
        if self._tables.has(table.name):
            found.append("table")
            table.destroy()
        if self._blobs.has(container.name):
            found.append("container")
            container.destroy()
        if self._directory.delete_ways_in(account_id):
            found.append("keys or grants")
        if self._jobs.delete_poisoned(account_id):
            found.append("messages")
        return found
