"""Numbers for what the service names itself: each is given once in an account, whoever asks at the same time.

Kind LIST_NUMBER: one record for each kind that has numbers, id = that kind, with the number that was given last.
"""
from __future__ import annotations

import dataclasses

from shared.errors import Conflict, InvalidRequest, NotFound
from shared.indexing.kept_indexes import busy
from shared.storage.account_store import AccountStore, Record
from shared.storage.holdings import LIST_NUMBER, Holding
from shared.storage.turns import tries

LARGEST_NUMBER = 999_999_999
"""Clients of other languages keep an id in 32 bits."""


class ListNumbers:
    def __init__(self, numbered: Holding) -> None:
        self._kind = numbered.kind

    def next(self, account: AccountStore) -> int:
        """A number that was not given before. Raises InvalidRequest once there are no more."""
        return self.reserve(account, 1)[0]

    def reserve(self, account: AccountStore, count: int) -> range:
        """So many numbers that were not given before, one after the other. Raises InvalidRequest once there are no more."""
        for _ in tries():
            current = account.records.find(LIST_NUMBER, self._kind)
            last = current.content["last"] if current else 0
            if last + count > LARGEST_NUMBER:
                raise InvalidRequest("The account has used up the numbers of its lists.")
            if self._store(account, current, last + count):
                return range(last + 1, last + count + 1)
        raise busy()

    def skip_to(self, account: AccountStore, number: int) -> None:
        """From now on give larger numbers than this, which came with an import."""
        for _ in tries():
            current = account.records.find(LIST_NUMBER, self._kind)
            if current is not None and current.content["last"] >= number:
                return
            if self._store(account, current, number):
                return
        raise busy()

    def _store(self, account: AccountStore, current: Record | None, number: int) -> bool:
        """Whether nobody else came first."""
        try:
            if current is None:
                account.records.insert(LIST_NUMBER, Record(self._kind, {"last": number}))
            else:
                account.records.replace(LIST_NUMBER, dataclasses.replace(current, content={"last": number}))
        except (Conflict, NotFound):
            return False
        return True
