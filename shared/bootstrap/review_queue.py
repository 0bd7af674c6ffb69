"""The queue of reviews put together, with what members do with reviews."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.bootstrap.reviews import Reviews
from shared.bootstrap.teams import Teams
from shared.callbacks.service import CallbackService
from shared.reviews.changes import ReviewChanges
from shared.reviews.decisions import DecisionService
from shared.reviews.history import ReviewHistory
from shared.reviews.queue import ReviewQueueService
from shared.reviews.queue_tidying import QueueTidying
from shared.reviews.statistics import ReviewStatistics
from shared.settings import Settings


@dataclass(frozen=True, slots=True)
class ReviewQueue:
    service: ReviewQueueService
    decisions: DecisionService
    statistics: ReviewStatistics
    tidying: QueueTidying
    changes: ReviewChanges


def review_queue_of(settings: Settings, teams: Teams, reviews: Reviews, callbacks: CallbackService,
                    now: Callable[[], datetime]) -> ReviewQueue:
    history, lease = ReviewHistory(), timedelta(minutes=settings.review_lease_minutes)
    changes = ReviewChanges(reviews.service, reviews.records, reviews.queue, history, callbacks, lease, now)
    queue = ReviewQueueService(reviews.records, reviews.queue, changes, lease, now)
    return ReviewQueue(
        service=queue,
        decisions=DecisionService(reviews.service, reviews.records, queue, changes, history, teams.tags, now),
        statistics=ReviewStatistics(reviews.records, reviews.queue, now),
        tidying=QueueTidying(teams.service.list, reviews.records, reviews.queue, changes, now),
        changes=changes)
