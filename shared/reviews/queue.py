"""The queue: the next review that waits, to one member at a time, for some minutes.

What decides is the review's record, which names the member and the end of the time, written by compare-and-swap. The queue's entries
repeat that, so that those who look for a review at the same time see of one another without reading the reviews.
"""
from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import Enum

from shared.errors import Conflict, NotFound
from shared.reviews.changes import ReviewChanges, require_decider, require_seen
from shared.reviews.models import Review, ReviewStatus
from shared.reviews.queue_entries import QueueEntries, QueueEntry, TeamQueue
from shared.reviews.repository import ChangedMeanwhile, ReviewRepository
from shared.storage.account_store import AccountStore
from shared.storage.turns import busy, tries
from shared.teams.models import Member, Team

PAGE = 100
MOST_PAGES = 1_000
"""So many entries are looked through for one that is for the member: a hundred thousand."""
_LOST_AT_ONCE = 5
_MET_AT_ONCE = 200
_SKIPPED_AT_ONCE = 100


class _Passed(Enum):
    LOST = "another member was faster"
    STALE = "the entry was wrong, and is right now"


class ReviewQueueService:
    def __init__(self, reviews: ReviewRepository, entries: QueueEntries, changes: ReviewChanges, lease: timedelta,
                 now: Callable[[], datetime]) -> None:
        """`lease` is how long a member has a review at hand."""
        self._reviews = reviews
        self._entries = entries
        self._changes = changes
        self.lease = lease
        self._now = now

    def next(self, account: AccountStore, team: Team, member: Member, sub_team: str | None = None) -> Review | None:
        """The review that the member has at hand already, or the oldest that waits and that nobody has; None where there is none.

        What the member has decided is for others; what the member has skipped comes last. Raises PermissionDenied.
        """
        require_decider(member)
        queue = self._entries.open(account, team)
        for _ in tries():
            hold = queue.hold_of(member.id)
            if hold is not None:
                held = self._reviews.find(account, team, hold.review_id)
                if held is not None and self._has_at_hand(held, member):
                    return held
            taken, is_contended = self._first_free(account, team, queue, member, sub_team)
            if taken is None and not is_contended:
                return None
            if taken is not None and taken.lease_until is not None:
                if queue.note_hold(member.id, taken.id, taken.lease_until, hold):
                    return taken
                self._give_back(account, team, taken, member)  # the same member asked twice at the same time
        raise busy("The queue")

    def extend(self, account: AccountStore, team: Team, review_id: str, member: Member) -> Review:
        """The member's time with the review begins anew. Raises NotFound; Conflict where the member does not have it at hand."""
        require_decider(member)
        until = self._now() + self.lease

        def extended(review: Review) -> Review:
            require_seen(review, member)
            if review.status is not ReviewStatus.PENDING or review.lease_member_id != member.id:
                raise Conflict("The member does not have the review at hand.")
            return dataclasses.replace(review, lease_until=until)
        review = self._reviews.change(account, team, review_id, extended)
        self.note(account, team, review, member)
        return review

    def release(self, account: AccountStore, team: Team, review_id: str, member: Member) -> None:
        """The review is for anybody again; nothing happens where the member does not have it at hand. Raises NotFound."""
        require_decider(member)
        self._give_back(account, team, self._reviews.get(account, team, review_id), member)

    def note(self, account: AccountStore, team: Team, review: Review, member: Member) -> None:
        """The member has this review at hand: it is what asking again finds, and what was at hand before is for anybody."""
        queue = self._entries.open(account, team)
        queue.put([review])
        for _ in tries():
            hold = queue.hold_of(member.id)
            if review.lease_until is None or queue.note_hold(member.id, review.id, review.lease_until, hold):
                break
        if hold is not None and hold.review_id != review.id:
            former = self._reviews.find(account, team, hold.review_id)
            if former is not None:
                self._give_back(account, team, former, member)

    def _has_at_hand(self, review: Review, member: Member) -> bool:
        return (review.status is ReviewStatus.PENDING and review.lease_member_id == member.id and review.is_held(self._now())
                and member.sees(review.sub_team))

    def _first_free(self, account: AccountStore, team: Team, queue: TeamQueue, member: Member,
                    sub_team: str | None) -> tuple[Review | None, bool]:
        """The review that the member has from now on, or whether it is worth looking again."""
        now, skipped, lost, met = self._now(), list[QueueEntry](), 0, 0
        pages = queue.pages(MOST_PAGES, PAGE)
        while True:
            entries = next(pages, None)
            waiting = skipped if entries is None else []
            for entry in entries or ():
                if entry.is_for(member, now) and (sub_team is None or entry.sub_team.lower() == sub_team.lower()):
                    (waiting if member.id not in entry.skipped_by else skipped).append(entry)
            while waiting:
                passed = self._take(account, team, queue, waiting.pop(0), member)
                if isinstance(passed, Review):
                    return passed, False
                lost, met = lost + (passed is _Passed.LOST), met + 1
                if lost == _LOST_AT_ONCE or met == _MET_AT_ONCE:
                    return None, True
                if passed is _Passed.LOST:  # many look at the same time: they go apart
                    random.shuffle(waiting)
            if entries is None:
                return None, lost > 0
            del skipped[_SKIPPED_AT_ONCE:]

    def _take(self, account: AccountStore, team: Team, queue: TeamQueue, entry: QueueEntry, member: Member) -> Review | _Passed:
        now = self._now()
        claimed = queue.replace(dataclasses.replace(entry, holder=member.id, held_until=now + self.lease))
        if claimed is None:
            return _Passed.LOST
        for _ in range(3):
            review = self._reviews.find(account, team, entry.review_id)
            if review is None:
                queue.delete(claimed)
                return _Passed.STALE
            if review.status is not ReviewStatus.PENDING:
                # Its worker died before the end; or it is being published, and who does that puts the entry right.
                self._changes.follow(account, team, review, queue, claimed)
                return _Passed.STALE
            is_elsewhere = review.is_held(now) and review.lease_member_id != member.id
            if is_elsewhere or member.id in review.decided_by or not member.sees(review.sub_team):
                queue.put([review])
                return _Passed.STALE
            try:
                return self._reviews.replace(account, team, dataclasses.replace(
                    review, lease_member_id=member.id, lease_until=now + self.lease))
            except (ChangedMeanwhile, NotFound):
                continue
        return _Passed.LOST

    def _give_back(self, account: AccountStore, team: Team, review: Review, member: Member) -> None:
        def given_back(current: Review) -> Review:
            if current.lease_member_id != member.id:
                raise NotFound("The member does not have the review at hand.")
            return dataclasses.replace(current, lease_member_id=None, lease_until=None)
        try:
            review = self._reviews.change(account, team, review.id, given_back)
        except NotFound:
            return
        if review.status is ReviewStatus.PENDING:
            self._entries.add(account, team, [review])
