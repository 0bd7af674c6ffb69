"""The entries of a team's queue: what waits to be decided, the oldest first, so that a reader of the queue needs few rows.

Kind REVIEW_QUEUE: one record for each team, `queue` under the team's generation. Kind REVIEW_QUEUE_ENTRY: one record for each
review that waits, under the queue's generation; id = 12 hex digits of milliseconds, then the review's id. Kind REVIEW_HOLD: one
record for each member who was given a review, under the queue's generation too; id = the member's.
All are made of the reviews: whoever imports or erases leaves a team without a queue, and the next use makes it anew. An entry
repeats what the review's record says, and who meets one that says something else puts it right. So an entry may say too much (its
review is decided, or gone); it never says too little, since a review that is opened again has its entry before, and a new queue is
in place before the reviews are walked.
"""
from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from shared.errors import Conflict, NotFound
from shared.reviews.models import Review, ReviewStatus
from shared.reviews.repository import ReviewRepository
from shared.storage.account_store import AccountStore, Record
from shared.storage.holdings import REVIEW_HOLD, REVIEW_QUEUE, REVIEW_QUEUE_ENTRY
from shared.storage.times import time_or_none, time_text
from shared.teams.models import Member, Team

_ID = "queue"
_AT_ONCE = 100
_TIME_PLACE = slice(7, 19)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class QueueEntry:
    """`holder` has the review at hand until `held_until`. `decided_by` and `skipped_by` are ids of members."""

    review_id: str
    sub_team: str
    holder: str | None = None
    held_until: datetime | None = None
    decided_by: tuple[str, ...] = ()
    skipped_by: tuple[str, ...] = ()
    etag: str | None = field(default=None, compare=False)

    @property
    def created_at(self) -> datetime:
        return _EPOCH + timedelta(milliseconds=int(self.review_id[_TIME_PLACE], 16))

    def is_held(self, now: datetime) -> bool:
        return self.held_until is not None and self.held_until > now

    def is_for(self, member: Member, now: datetime) -> bool:
        """Whether the member may be given it."""
        return not self.is_held(now) and member.sees(self.sub_team) and member.id not in self.decided_by


@dataclass(frozen=True, slots=True)
class Hold:
    review_id: str
    etag: str | None = field(default=None, compare=False)


class TeamQueue:
    """The queue that a team has now. An entry of a review is put only where the review was written before the queue was opened."""

    def __init__(self, account: AccountStore, generation: str, tidied_until: datetime | None = None) -> None:
        """All reviews made before `tidied_until` that wait are in it."""
        self._account = account
        self._generation = generation
        self.tidied_until = tidied_until

    def page(self, after: str | None, size: int) -> tuple[list[QueueEntry], str | None]:
        """The oldest first, after the entry of this review; and the review to go on after."""
        page = self._account.records.page(REVIEW_QUEUE_ENTRY, self._generation,
                                          after=None if after is None else _entry_id(after), size=size)
        return [_entry(record) for record in page.records], page.next_after and page.next_after[12:]

    def pages(self, at_most: int, size: int) -> Iterator[list[QueueEntry]]:
        after = None
        for _ in range(at_most):
            entries, after = self.page(after, size)
            yield entries
            if after is None:
                return

    def find(self, review_id: str) -> QueueEntry | None:
        record = self._account.records.find(REVIEW_QUEUE_ENTRY, _entry_id(review_id), self._generation)
        return None if record is None else _entry(record)

    def among(self, review_ids: Sequence[str]) -> set[str]:
        """Those of these reviews that have an entry."""
        found = self._account.records.find_plain(REVIEW_QUEUE_ENTRY, [_entry_id(review_id) for review_id in review_ids], self._generation)
        return {review_id for review_id, plain in zip(review_ids, found, strict=True) if plain is not None}

    def put(self, reviews: Sequence[Review]) -> None:
        """Let entries say what these reviews say."""
        for start in range(0, len(reviews), _AT_ONCE):
            self._account.records.upsert_all(
                REVIEW_QUEUE_ENTRY, [_record(entry_of(review)) for review in reviews[start:start + _AT_ONCE]], self._generation)

    def insert(self, entry: QueueEntry) -> QueueEntry | None:
        """None where there is one."""
        try:
            return _with_etag(entry, self._account.records.insert(REVIEW_QUEUE_ENTRY, _record(entry), self._generation))
        except Conflict:
            return None

    def replace(self, entry: QueueEntry) -> QueueEntry | None:
        """None where it was changed or deleted since it was read."""
        try:
            return _with_etag(entry, self._account.records.replace(REVIEW_QUEUE_ENTRY, _record(entry), self._generation))
        except (Conflict, NotFound):
            return None

    def delete(self, entry: QueueEntry) -> None:
        """Nothing happens where it was changed since it was read."""
        with suppress(Conflict):
            self._account.records.delete(REVIEW_QUEUE_ENTRY, _entry_id(entry.review_id), self._generation, entry.etag)

    def remove(self, review_id: str) -> None:
        self._account.records.delete(REVIEW_QUEUE_ENTRY, _entry_id(review_id), self._generation)

    def hold_of(self, member_id: str) -> Hold | None:
        """What the member was given last."""
        record = self._account.records.find(REVIEW_HOLD, member_id, self._generation)
        return None if record is None else Hold(record.content["reviewId"], record.etag)

    def note_hold(self, member_id: str, review_id: str, until: datetime, former: Hold | None) -> bool:
        """Whether it is noted; not where the member was given something else since `former` was read."""
        record = Record(member_id, {"reviewId": review_id}, {"expiresAt": until}, None if former is None else former.etag)
        try:
            if former is None:
                self._account.records.insert(REVIEW_HOLD, record, self._generation)
            else:
                self._account.records.replace(REVIEW_HOLD, record, self._generation)
        except (Conflict, NotFound):
            return False
        return True


class QueueEntries:
    def __init__(self, reviews: ReviewRepository) -> None:
        self._reviews = reviews

    def add(self, account: AccountStore, team: Team, reviews: Sequence[Review]) -> None:
        """Let these reviews wait. They are written already."""
        if reviews:
            self.open(account, team).put(reviews)

    def remove(self, account: AccountStore, team: Team, review_id: str) -> None:
        """Nothing happens where it does not wait."""
        self.open(account, team).remove(review_id)

    def find(self, account: AccountStore, team: Team) -> TeamQueue | None:
        """The team's queue, None where there is none yet."""
        record = account.records.find(REVIEW_QUEUE, _ID, team.generation)
        return None if record is None else self._opened(account, team, record)

    def open(self, account: AccountStore, team: Team) -> TeamQueue:
        """The team's queue, which is made first where there is none."""
        record = account.records.find(REVIEW_QUEUE, _ID, team.generation)
        if record is None:
            record = Record(_ID, {"isMade": False, "tidiedUntil": ""}, {"generation": secrets.token_hex(16)})
            with suppress(Conflict):  # another request was faster
                account.records.insert(REVIEW_QUEUE, record, team.generation)
            record = account.records.find(REVIEW_QUEUE, _ID, team.generation)
            if record is None:
                raise NotFound("There is no such team.")
        return self._opened(account, team, record)

    def note_tidied(self, account: AccountStore, team: Team, until: datetime) -> None:
        record = account.records.find(REVIEW_QUEUE, _ID, team.generation)
        if record is not None:
            self._replace(account, team, record, {**record.content, "tidiedUntil": time_text(until)})

    def _opened(self, account: AccountStore, team: Team, record: Record) -> TeamQueue:
        tidied_until = time_or_none(record.content.get("tidiedUntil", ""))  # an earlier version had none
        queue = TeamQueue(account, record.plain["generation"], tidied_until)
        if not record.content["isMade"]:
            self._make(account, team, record, queue)
        return queue

    def _make(self, account: AccountStore, team: Team, record: Record, queue: TeamQueue) -> None:
        """Of several that do so at the same time each writes the same."""
        for some in _stretches(review for review in self._reviews.all(account, team) if review.status is ReviewStatus.PENDING):
            queue.put(some)
        self._replace(account, team, record, {**record.content, "isMade": True})

    def _replace(self, account: AccountStore, team: Team, record: Record, content: Mapping[str, Any]) -> None:
        with suppress(Conflict, NotFound):  # made by another, or taken away with what it was made of
            account.records.replace(REVIEW_QUEUE, Record(_ID, content, record.plain, record.etag), team.generation)


def entry_of(review: Review) -> QueueEntry:
    return QueueEntry(review.id, review.sub_team, review.lease_member_id, review.lease_until, review.decided_by, review.skipped_by)


def _stretches(reviews: Iterable[Review]) -> Iterator[list[Review]]:
    each = iter(reviews)
    while some := list(islice(each, _AT_ONCE)):
        yield some


def _entry_id(review_id: str) -> str:
    return f"{review_id[_TIME_PLACE]}{review_id}"


def _with_etag(entry: QueueEntry, etag: str) -> QueueEntry:
    return QueueEntry(entry.review_id, entry.sub_team, entry.holder, entry.held_until, entry.decided_by, entry.skipped_by, etag)


def _record(entry: QueueEntry) -> Record:
    return Record(_entry_id(entry.review_id), {
        "subTeam": entry.sub_team, "holder": entry.holder or "",
        "heldUntil": time_text(entry.held_until),
        "decidedBy": list(entry.decided_by), "skippedBy": list(entry.skipped_by)}, {}, entry.etag)


def _entry(record: Record) -> QueueEntry:
    content = record.content
    return QueueEntry(record.id[12:], content["subTeam"], content["holder"] or None,
                      time_or_none(content["heldUntil"]),
                      tuple(content["decidedBy"]), tuple(content["skippedBy"]), record.etag)
