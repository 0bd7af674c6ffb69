"""Changes of a review that its history tells: one compare-and-swap of its record, and what must follow.

The record is the truth, and has the newest line of the history in it. Before it is written, the line before is in the history, and
the queue has an entry that says who is at work, so that whatever dies from then on is met by who reads the queue, at the latest
when that member's time is over. What follows may be done again: the line, the end of the content, the callback, the entry.
"""
from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from shared.callbacks.service import CallbackService
from shared.errors import Conflict, NotFound, PermissionDenied
from shared.reviews.decision_models import ACTION_LIMIT, Action, ActionKind
from shared.reviews.history import ReviewHistory, new_action_id
from shared.reviews.models import Review, ReviewStatus
from shared.reviews.queue_entries import QueueEntries, QueueEntry, TeamQueue, entry_of
from shared.reviews.repository import ChangedMeanwhile, ReviewRepository
from shared.reviews.service import ReviewService
from shared.storage.account_store import AccountStore
from shared.storage.times import time_text
from shared.storage.turns import busy, tries
from shared.teams.models import Member, Team

_OPENED_AGAIN = (ActionKind.UNDONE, ActionKind.OPINION_ASKED, ActionKind.APPEALED)


class ReviewChanges:
    def __init__(self, service: ReviewService, reviews: ReviewRepository, entries: QueueEntries, history: ReviewHistory,
                 callbacks: CallbackService, lease: timedelta, now: Callable[[], datetime]) -> None:
        """`lease` is how long a member has a review at hand."""
        self._service = service
        self._reviews = reviews
        self._entries = entries
        self._history = history
        self._callbacks = callbacks
        self._lease = lease
        self._now = now

    def change(self, account: AccountStore, team: Team, review_id: str, action: Action,
               changed: Callable[[Review, Action], Review]) -> Review:
        """Change a review, by whatever `changed` makes of it and of the line of its history, which is its new `last_action`.

        It may be asked several times; nothing is changed where it returns the review itself. The action's id is made here.
        Raises NotFound, and what `changed` raises.
        """
        queue, mark = self._entries.open(account, team), secrets.token_hex(10)
        for _ in tries():
            review = self._reviews.get(account, team, review_id)
            if review.last_action is not None and review.last_action.id.endswith(mark):  # written, and the answer was lost
                return self._followed(account, team, review, queue)
            new = changed(review, dataclasses.replace(action, id=new_action_id(action.at, review.last_action, mark)))
            if new is review:
                return self._followed(account, team, review, queue)
            if review.last_action is not None:
                self._history.add(account, review, review.last_action)
            entry = self._entry_of_worker(queue, review, action.member_id)
            try:
                new = self._reviews.replace(account, team, new)
                self.follow(account, team, new, queue, entry)
                self._service.require_still(account, team, new)
            except ChangedMeanwhile:
                continue
            except NotFound:  # deleted meanwhile: what was written goes with it
                self._forget(account, team, review, queue)
                raise
            return new
        raise busy("The review")

    def follow(self, account: AccountStore, team: Team, review: Review, queue: TeamQueue, entry: QueueEntry | None) -> None:
        """What must follow the newest change of a review; `entry` was read before the review was."""
        if review.last_action is not None:
            self._history.add(account, review, review.last_action)
        if review.status is ReviewStatus.COMPLETE and review.completed_at is not None:
            self._service.end_content(account, review, review.completed_at)
            if self._reviews.get(account, team, review.id).status is ReviewStatus.PENDING:  # opened again meanwhile
                self._service.keep_content(account, review)
            if review.callback_endpoint:
                self._callbacks.send(account, team, review.callback_endpoint, completed_event(review), review.id)
            if entry is not None:
                queue.delete(entry)  # which stays where the review was opened again meanwhile
        elif review.status is ReviewStatus.PENDING:
            if review.last_action is not None and review.last_action.kind in _OPENED_AGAIN:
                self._service.keep_content(account, review)
            self._entries.add(account, team, [review])  # into the queue of now: it may have been made anew

    def finish_making(self, account: AccountStore, team: Team, reviews: Sequence[Review]) -> None:
        """Do what their maker may not have got to: their contents, which were to end within a day, stay, and they wait in the queue."""
        for review in reviews:
            self._service.keep_content(account, review)
        self._entries.add(account, team, [review for review in reviews if review.status is ReviewStatus.PENDING])

    def require_room(self, account: AccountStore, review: Review) -> None:
        """Raises Conflict where the history of the review is full."""
        if self._history.count(account, review, ACTION_LIMIT) >= ACTION_LIMIT:
            raise Conflict(f"The history of the review has {ACTION_LIMIT} lines and takes no more but decisions.")

    def _forget(self, account: AccountStore, team: Team, review: Review, queue: TeamQueue) -> None:
        queue.remove(review.id)
        self._service.purge(account, team.generation, review.id, review.generation)

    def _followed(self, account: AccountStore, team: Team, review: Review, queue: TeamQueue) -> Review:
        entry = queue.find(review.id)
        if entry is not None:  # whoever changed it did not come to the end, or is about to
            review = self._reviews.get(account, team, review.id)
            self.follow(account, team, review, queue, entry)
        return review

    def _entry_of_worker(self, queue: TeamQueue, review: Review, member_id: str) -> QueueEntry | None:
        """The entry of the review, which says that the member has it at hand; None where others are faster."""
        now = self._now()
        entry = queue.find(review.id)
        if entry is not None and entry.holder == member_id and entry.is_held(now):
            return entry
        mine = dataclasses.replace(entry or entry_of(review), holder=member_id, held_until=now + self._lease)
        return queue.insert(mine) if entry is None else queue.replace(mine)


def completed_event(review: Review) -> Mapping[str, Any]:
    """The published callback of a review. It is the same whenever it is made; who decided is said by the member's id.

    Source: ReviewAPIs, CreateReviews, "CallBack Schemas".
    """
    assert review.completed_at is not None
    return {"ReviewId": review.id, "ModifiedOn": time_text(review.completed_at),
            "ModifiedBy": review.opinions[-1].member_id if review.opinions else "", "CallBackType": "Review",
            "ContentId": review.content_id, "Metadata": {pair.key: pair.value for pair in review.metadata},
            "ReviewerResultTags": {code: str(is_set) for code, is_set in review.result_tags.items()}}


def require_decider(member: Member) -> None:
    """Raises PermissionDenied for a reader."""
    if not member.role.may_decide:
        raise PermissionDenied("A reader of the team sees its reviews; moderators and admins decide.", "memberId")


def require_seen(review: Review, member: Member) -> None:
    """Raises NotFound where the review is for a sub-team that the member is not in."""
    if not member.sees(review.sub_team):
        raise NotFound("The team has no such review.")
