"""The entries of a team's queue: what waits to be decided, the oldest first, so that a reader of the queue needs few rows.

Kind REVIEW_QUEUE: one record for each team, `queue` under the team's generation. Kind REVIEW_QUEUE_ENTRY: one record for each
review that waits, under the queue's generation; id = 12 hex digits of milliseconds, then the review's id.
Both are made of the reviews: whoever imports or erases leaves a team without a queue, and the next use makes it anew. An entry
may say too much (its review is decided, or gone) and is then deleted by who meets it; it never says too little, since a review is
written before its entry and a new queue is in place before the reviews are walked.
"""
from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

from shared.errors import Conflict, NotFound
from shared.reviews.models import Review, ReviewStatus
from shared.reviews.repository import ReviewRepository
from shared.storage.account_store import AccountStore, Record
from shared.storage.holdings import REVIEW_QUEUE, REVIEW_QUEUE_ENTRY
from shared.teams.models import Team

_ID = "queue"
_AT_ONCE = 100
_TIME_PLACE = slice(7, 19)


@dataclass(frozen=True, slots=True)
class QueueEntry:
    review_id: str
    sub_team: str


class QueueEntries:
    def __init__(self, reviews: ReviewRepository) -> None:
        self._reviews = reviews

    def add(self, account: AccountStore, team: Team, reviews: Sequence[Review]) -> None:
        """Let these reviews wait. They are written already."""
        generation = self._generation(account, team)
        for start in range(0, len(reviews), _AT_ONCE):
            account.records.upsert_all(REVIEW_QUEUE_ENTRY, [_record(review) for review in reviews[start:start + _AT_ONCE]], generation)

    def remove(self, account: AccountStore, team: Team, review_id: str) -> None:
        """Nothing happens where it does not wait."""
        account.records.delete(REVIEW_QUEUE_ENTRY, _entry_id(review_id), self._generation(account, team))

    def page(self, account: AccountStore, team: Team, after: str | None, size: int) -> tuple[list[QueueEntry], str | None]:
        """The oldest first, after the entry of this review; and the review to go on after."""
        page = account.records.page(REVIEW_QUEUE_ENTRY, self._generation(account, team),
                                    after=None if after is None else _entry_id(after), size=size)
        return [_entry(record) for record in page.records], page.next_after and page.next_after[12:]

    def _generation(self, account: AccountStore, team: Team) -> str:
        """What the entries lie under; where there is no queue it is made first."""
        record = account.records.find(REVIEW_QUEUE, _ID, team.generation)
        if record is None:
            record = Record(_ID, {"isMade": False}, {"generation": secrets.token_hex(16)})
            with suppress(Conflict):  # another request was faster
                account.records.insert(REVIEW_QUEUE, record, team.generation)
            record = account.records.find(REVIEW_QUEUE, _ID, team.generation)
            if record is None:
                raise NotFound("There is no such team.")
        if not record.content["isMade"]:
            self._make(account, team, record)
        return record.plain["generation"]

    def _make(self, account: AccountStore, team: Team, queue: Record) -> None:
        """Of several that do so at the same time each writes the same."""
        waiting = (review for review in self._reviews.all(account, team) if review.status is ReviewStatus.PENDING)
        for some in _stretches(waiting):
            account.records.upsert_all(REVIEW_QUEUE_ENTRY, [_record(review) for review in some], queue.plain["generation"])
        with suppress(Conflict, NotFound):  # made by another, or taken away with what it was made of
            account.records.replace(REVIEW_QUEUE, Record(_ID, {"isMade": True}, queue.plain, queue.etag), team.generation)


def _stretches(reviews: Iterable[Review]) -> Iterable[list[Review]]:
    each = iter(reviews)
    while some := list(islice(each, _AT_ONCE)):
        yield some


def _entry_id(review_id: str) -> str:
    return f"{review_id[_TIME_PLACE]}{review_id}"


def _record(review: Review) -> Record:
    return Record(_entry_id(review.id), {"subTeam": review.sub_team})


def _entry(record: Record) -> QueueEntry:
    return QueueEntry(record.id[12:], record.content["subTeam"])
