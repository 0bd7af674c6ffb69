"""What a timer does with the queues of an account: nothing that a worker left in the middle stays so."""
from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import islice

from shared.reviews.changes import ReviewChanges
from shared.reviews.models import Review, ReviewStatus
from shared.reviews.queue_entries import QueueEntries, QueueEntry, TeamQueue
from shared.reviews.repository import ReviewRepository
from shared.storage.account_store import AccountStore
from shared.teams.models import Team

_PAGES = 20
_PAGE = 999
_MET_AT_ONCE = 500
_NEWEST = 1_000
_NEW = timedelta(days=1)
"""Later the content of a review that was not made to the end is gone."""


class QueueTidying:
    def __init__(self, teams: Callable[[AccountStore], list[Team]], reviews: ReviewRepository, entries: QueueEntries,
                 changes: ReviewChanges, now: Callable[[], datetime]) -> None:
        self._teams = teams
        self._reviews = reviews
        self._entries = entries
        self._changes = changes
        self._now = now

    def tidy(self, account: AccountStore) -> None:
        """Bounded work, which may be repeated."""
        for team in self._teams(account):
            newest = list(islice(self._reviews.all(account, team), _NEWEST))
            if newest:
                self._tidy(account, team, newest)

    def _tidy(self, account: AccountStore, team: Team, newest: list[Review]) -> None:
        queue, now = self._entries.open(account, team), self._now()
        entries = [entry for page in queue.pages(_PAGES, _PAGE) for entry in page]
        # Whoever works on a review has it at hand; where that time is over, the work may not have come to its end.
        for entry in [entry for entry in entries if entry.holder is not None and not entry.is_held(now)][:_MET_AT_ONCE]:
            self._settle(account, team, queue, entry)
        if len(entries) < _PAGES * _PAGE:
            waiting = {entry.review_id for entry in entries}
            # Written, and their maker died before the queue had them.
            lacking = [review for review in newest if review.status is ReviewStatus.PENDING and review.id not in waiting]
            new = [review for review in newest if review.status is ReviewStatus.UNPUBLISHED and now - review.created_at < _NEW]
            self._changes.finish_making(account, team, [*lacking, *new])

    def _settle(self, account: AccountStore, team: Team, queue: TeamQueue, entry: QueueEntry) -> None:
        review = self._reviews.find(account, team, entry.review_id)
        if review is None:
            queue.delete(entry)
        elif not review.is_held(self._now()):
            self._changes.follow(account, team, review, queue, entry)
