"""What waits, what was decided and by whom, and how far reviewers agree: counted over the newest reviews of a team."""
from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from shared.reviews.agreement import PairAgreement, agreement_of
from shared.reviews.decision_models import set_tags
from shared.reviews.models import Review, ReviewStatus
from shared.reviews.queue import MOST_PAGES
from shared.reviews.queue_entries import QueueEntries, QueueEntry
from shared.reviews.repository import ReviewRepository
from shared.storage.account_store import AccountStore
from shared.teams.models import Member, Team

REVIEWS_COUNTED = 10_000
ENTRIES_COUNTED = 500
_FIRST_LOOKED_AT = 5
_OLDEST_LOOKED_AT = 50


@dataclass(frozen=True, slots=True)
class ReviewCounts:
    """Of the newest REVIEWS_COUNTED reviews, and of all where `is_whole`; `waiting` and `at_hand` are of the whole queue.

    `by_tag` counts complete reviews with that tag set, `by_reviewer` decisions that stand.
    """

    reviews: int
    is_whole: bool
    by_status: Mapping[ReviewStatus, int]
    by_sub_team: Mapping[str, Mapping[ReviewStatus, int]]
    by_tag: Mapping[str, int]
    by_reviewer: Mapping[str, int]
    waiting: int
    waiting_by_sub_team: Mapping[str, int]
    at_hand: int
    oldest_waiting_since: datetime | None


@dataclass(frozen=True, slots=True)
class WaitingCounts:
    """What waits that a member sees, of the oldest ENTRIES_COUNTED entries of the queue, and all of it where `is_whole`."""

    waiting: int
    at_hand: int
    is_whole: bool
    oldest_waiting_since: datetime | None


@dataclass(frozen=True, slots=True)
class ReviewAgreement:
    """`reviews` are those looked at; of them `judged_twice` have two or more opinions."""

    reviews: int
    is_whole: bool
    judged_twice: int
    pairs: list[PairAgreement]


class ReviewStatistics:
    def __init__(self, reviews: ReviewRepository, entries: QueueEntries, now: Callable[[], datetime]) -> None:
        self._reviews = reviews
        self._entries = entries
        self._now = now

    def counts(self, account: AccountStore, team: Team) -> ReviewCounts:
        by_status: Counter[ReviewStatus] = Counter()
        by_sub_team: dict[str, Counter[ReviewStatus]] = {}
        by_tag, by_reviewer = Counter[str](), Counter[str]()
        for review in self._newest(account, team):
            by_status[review.status] += 1
            by_sub_team.setdefault(review.sub_team, Counter())[review.status] += 1
            by_reviewer.update(review.decided_by)
            if review.status is ReviewStatus.COMPLETE:
                by_tag.update(set_tags(review.result_tags))
        queue, now = self._entries.open(account, team), self._now()
        waiting, at_hand, oldest = Counter[str](), 0, list[QueueEntry]()
        for entries in queue.pages(MOST_PAGES, 999):
            waiting.update(entry.sub_team for entry in entries)
            at_hand += sum(entry.is_held(now) for entry in entries)
            oldest += entries[:_OLDEST_LOOKED_AT - len(oldest)]
        counted = by_status.total()
        return ReviewCounts(
            counted, counted < REVIEWS_COUNTED, dict(by_status), {name: dict(each) for name, each in by_sub_team.items()},
            dict(by_tag), dict(by_reviewer), waiting.total(), dict(waiting), at_hand, self._oldest_waiting(account, team, oldest))

    def waiting(self, account: AccountStore, team: Team, member: Member) -> WaitingCounts:
        """At the cost of one page of the queue, however much waits and was decided."""
        entries, after = self._entries.open(account, team).page(None, ENTRIES_COUNTED)
        seen = [entry for entry in entries if member.sees(entry.sub_team)]
        now = self._now()
        return WaitingCounts(len(seen), sum(entry.is_held(now) for entry in seen), after is None,
                             self._oldest_waiting(account, team, seen[:_FIRST_LOOKED_AT]))

    def agreement(self, account: AccountStore, team: Team) -> ReviewAgreement:
        looked_at, judged = 0, []
        for review in self._newest(account, team):
            looked_at += 1
            if len(review.opinions) > 1:
                judged.append(review.opinions)
        return ReviewAgreement(looked_at, looked_at < REVIEWS_COUNTED, len(judged), agreement_of(judged))

    def _newest(self, account: AccountStore, team: Team) -> Iterator[Review]:
        return islice(self._reviews.all(account, team), REVIEWS_COUNTED)

    def _oldest_waiting(self, account: AccountStore, team: Team, entries: list[QueueEntry]) -> datetime | None:
        """When the oldest review was made that waits: the first entries may be of reviews that do not any longer."""
        found = self._reviews.find_all(account, team, [entry.review_id for entry in entries])
        waiting = (found[entry.review_id] for entry in entries if entry.review_id in found)
        return next((review.created_at for review in waiting if review.status is ReviewStatus.PENDING), None)
