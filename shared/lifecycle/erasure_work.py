"""What an erasure deletes and counts: all of some kinds, or one record and what it owns."""
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from shared.errors import Conflict, Unavailable
from shared.lifecycle.emptying import Emptying
from shared.lifecycle.erasure_repository import RecordErased
from shared.lifecycle.erasure_run import Run
from shared.lifecycle.inventory import Inventory, Progress
from shared.lifecycle.ownership import all_owned, delete_under, keys_of, keys_under
from shared.storage.account_store import AccountStore
from shared.storage.blobs import Container
from shared.storage.holdings import Holding
from shared.storage.tables import Table

_ROUNDS = 5


class KindsWork:
    def __init__(self, account: AccountStore, stores: tuple[Table, Container], holdings: Sequence[Holding], kinds: Sequence[Holding],
                 erasers: Mapping[str, Callable[[AccountStore], object]], now: Callable[[], datetime]) -> None:
        self.inventory = Inventory(*stores, now, {holding.kind for holding in all_owned(kinds, holdings)})
        self._account = account
        self._holdings = holdings
        self._kinds = kinds
        self._erasers = erasers
        self._now = now

    def erase(self, run: Run) -> None:
        Emptying(self._account, self._holdings, self._kinds, self._erasers, self._now(),
                 note=lambda place, pending: run.note(place=place, pending=tuple(pending)), pause=run.pause,
                 ).run(run.erasure.place, run.erasure.pending)

    def left(self, run: Run) -> Progress:
        """What others wrote meanwhile."""
        *_, left = self.inventory.take(None)
        return left


class RecordWork:
    """The record itself is deleted by the request; what it owned is found by the keys that were noted before."""

    def __init__(self, account: AccountStore, stores: tuple[Table, Container], holdings: Sequence[Holding], erased: RecordErased,
                 now: Callable[[], datetime]) -> None:
        keys = keys_under(account, erased.owned, holdings)
        self.inventory = Inventory(*stores, now, keys, keys)
        self._account = account
        self._holdings = holdings
        self._erased = erased
        self._by_kind = {holding.kind: holding for holding in holdings}

    def record_is_gone(self) -> bool:
        """Whether the record is gone, now at the latest: the request that noted it may have ended before it deleted it.

        False where it is another one since, which nobody asked to delete.
        """
        erased = self._erased
        holding = self._by_kind[erased.kind]
        try:
            self._account.records.delete(holding, erased.id, erased.parent_key, erased.etag)
        except Conflict:
            record = self._account.records.find(holding, erased.id, erased.parent_key)
            return record is None or erased.owned != keys_of(record, holding, self._holdings)
        return True

    def erase(self, run: Run) -> None:
        for kind, key in self._erased.owned:
            delete_under(self._account, self._by_kind[kind], key, self._holdings, run.pause)

    def left(self, run: Run) -> Progress:
        """Nothing: what requests wrote that had read the record before it went is deleted too. Raises Unavailable if it comes back."""
        for _ in range(_ROUNDS):
            *_, left = self.inventory.take(None)
            if not left["kinds"]:
                return left
            self.erase(run)
        raise Unavailable("Something of what was to be erased comes back again and again.")
