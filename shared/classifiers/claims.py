"""What only one may have: a name, a content. A claim is a row whose key is a keyed hash of what is claimed.

The row comes before what it names, and goes after it. A claim whose owner has not what it claims, and does not come to have
it within some seconds, is void, and the next claimant takes it over: so that a worker that dies in between blocks no name.
"""
from __future__ import annotations

from collections.abc import Callable

from shared.errors import Conflict, NotFound, Unavailable
from shared.storage.account_store import AccountStore, Record
from shared.storage.holdings import Holding
from shared.storage.turns import tries

_PATIENT_TRIES = 12
"""About two seconds: longer than a worker needs from a claim to what it claims."""


class Claims:
    def __init__(self, account: AccountStore, holding: Holding, parent: str | None, purpose: str,
                 holds: Callable[[str, str], bool]) -> None:
        """`holds` says whether an owner (its id) really has what is claimed; asked of others' claims alone."""
        self._account = account
        self._holding = holding
        self._parent = parent
        self._purpose = purpose
        self._holds = holds

    def claim(self, claimed: str, owner: str) -> str:
        """Return who has it now: `owner`, or the other one that has it already."""
        key = self._key(claimed)
        for attempt in tries():
            current = self._account.records.find(self._holding, key, self._parent)
            try:
                if current is None:
                    self._account.records.insert(self._holding, Record(key, {"owner": owner}), self._parent)
                    return owner
                if current.content["owner"] == owner or self._holds(claimed, current.content["owner"]):
                    return current.content["owner"]
                if attempt < _PATIENT_TRIES:
                    continue
                self._account.records.replace(self._holding, Record(key, {"owner": owner}, etag=current.etag), self._parent)
                return owner
            except (Conflict, NotFound):
                continue
        raise Unavailable("Many requests ask for the same name or content; try again.")

    def release(self, claimed: str, owner: str) -> None:
        """Nothing happens where another one has it."""
        key = self._key(claimed)
        current = self._account.records.find(self._holding, key, self._parent)
        if current is not None and current.content["owner"] == owner:
            try:
                self._account.records.delete(self._holding, key, self._parent, current.etag)
            except Conflict:
                return

    def _key(self, claimed: str) -> str:
        return f"{self._purpose.replace(' ', '-')}-{self._account.keys.keyed_hash(self._purpose, self._parent or '', claimed).hex()}"
