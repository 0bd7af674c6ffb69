"""Which image of a project has which content: a row whose key is a keyed hash of it.

The row comes before the image, and goes after it. A claim whose image is not there, and does not come within some seconds,
is void, and the next claimant takes it over: so that a worker that dies in between blocks no content.
Kind CV_CLAIM: parent = the project's generation.
"""
from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from shared.errors import Conflict, NotFound, Unavailable
from shared.storage.account_store import AccountStore, Record
from shared.storage.holdings import CV_CLAIM
from shared.storage.turns import tries


@dataclass(frozen=True, slots=True)
class Claim:
    """`is_there`: whether the owner's image is written."""

    owner: str
    is_there: bool


class Claims:
    def __init__(self, account: AccountStore, generation: str, holds: Callable[[str, str], bool]) -> None:
        """`holds` says whether an image (its id) really has the content; asked of others' claims alone."""
        self._account = account
        self._generation = generation
        self._holds = holds

    def claim(self, content_hash: str, owner: str, takes_over: bool = False) -> Claim:
        """Who has the content now: `owner`, or another image, which may not be there yet.

        `takes_over` ends the claim of one that is not there.
        """
        key = self._key(content_hash)
        for _ in tries():
            current = self._account.records.find(CV_CLAIM, key, self._generation)
            try:
                if current is None:
                    self._account.records.insert(CV_CLAIM, Record(key, {"owner": owner}), self._generation)
                    return Claim(owner, False)
                other = current.content["owner"]
                if other != owner and self._holds(content_hash, other):
                    return Claim(other, True)
                if other == owner or not takes_over:
                    return Claim(other, False)
                self._account.records.replace(CV_CLAIM, Record(key, {"owner": owner}, etag=current.etag), self._generation)
                return Claim(owner, False)
            except (Conflict, NotFound):
                continue
        raise Unavailable("Many requests bring the same image; try again.")

    def release(self, content_hash: str, owner: str) -> None:
        """Nothing happens where another image has it."""
        key = self._key(content_hash)
        current = self._account.records.find(CV_CLAIM, key, self._generation)
        if current is not None and current.content["owner"] == owner:
            try:
                self._account.records.delete(CV_CLAIM, key, self._generation, current.etag)
            except Conflict:
                return

    def write(self, owners: Mapping[str, str]) -> None:
        """Make the claims anew from each content's hash and image."""
        self._account.records.upsert_all(
            CV_CLAIM, [Record(self._key(content_hash), {"owner": owner}) for content_hash, owner in owners.items()], self._generation)

    def _key(self, content_hash: str) -> str:
        return self._account.keys.keyed_hash("classifier image", self._generation, content_hash).hex()
