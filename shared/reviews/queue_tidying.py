"""What a timer does with the queues of an account: nothing that a worker left in the middle stays so.

Of the reviews it reads those made since it read them last, and of the queue all that wait.
"""
from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import islice

from shared.reviews.changes import ReviewChanges
from shared.reviews.models import ReviewStatus
from shared.reviews.queue_entries import QueueEntries, QueueEntry, TeamQueue
from shared.reviews.repository import ReviewRepository
from shared.storage.account_store import AccountStore
from shared.teams.models import Team

_PAGES = 20
_PAGE = 999
_MET_AT_ONCE = 500
_READ_AT_ONCE = 1_000
_DAY = timedelta(days=1)
"""Later the content of a review that was not made to the end is gone."""
_MARGIN = timedelta(minutes=10)
"""Longer than a request lasts that makes reviews, and by which clocks differ: what was made so lately is read again."""


class QueueTidying:
    def __init__(self, teams: Callable[[AccountStore], list[Team]], reviews: ReviewRepository, entries: QueueEntries,
                 changes: ReviewChanges, now: Callable[[], datetime]) -> None:
        self._teams = teams
        self._reviews = reviews
        self._entries = entries
        self._changes = changes
        self._now = now

    def tidy(self, account: AccountStore) -> None:
        """Work in proportion to what was made since the last time and to what waits; it may be repeated."""
        for team in self._teams(account):
            queue = self._entries.find(account, team)
            if queue is None and self._reviews.page(account, team, None, 1)[0]:
                queue = self._entries.open(account, team)
            if queue is not None:
                self._finish_making(account, team, queue)
                self._settle_lapsed(account, team, queue)

    def _finish_making(self, account: AccountStore, team: Team, queue: TeamQueue) -> None:
        """Reviews that were written, and whose maker died before all else was done."""
        now, was_any = self._now(), False
        made_since = self._reviews.all(account, team, created_from=queue.tidied_until or now - _DAY)
        while new := list(islice(made_since, _READ_AT_ONCE)):
            was_any = True
            waiting = queue.among([review.id for review in new if review.status is ReviewStatus.PENDING])
            self._changes.finish_making(account, team, [
                review for review in new
                if (review.status is ReviewStatus.PENDING and review.id not in waiting)
                or (review.status is ReviewStatus.UNPUBLISHED and now - review.created_at < _DAY)])
        if was_any:
            self._entries.note_tidied(account, team, now - _MARGIN)

    def _settle_lapsed(self, account: AccountStore, team: Team, queue: TeamQueue) -> None:
        """Whoever works on a review has it at hand; where that time is over, the work may not have come to its end."""
        now = self._now()
        lapsed = (entry for page in queue.pages(_PAGES, _PAGE) for entry in page if entry.holder is not None and not entry.is_held(now))
        for entry in list(islice(lapsed, _MET_AT_ONCE)):
            self._settle(account, team, queue, entry)

    def _settle(self, account: AccountStore, team: Team, queue: TeamQueue, entry: QueueEntry) -> None:
        review = self._reviews.find(account, team, entry.review_id)
        if review is None or review.status is ReviewStatus.UNPUBLISHED:  # gone, or it was not published in the end
            queue.delete(entry)
        elif not review.is_held(self._now()):
            self._changes.follow(account, team, review, queue, entry)
