"""A worker with teams and reviews, and what tests ask of it."""
from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any

from shared.accounts.models import Account
from shared.bootstrap import services_of
from shared.jobs.declaration import JobMessage
from shared.jobs.work import QUEUE_JOBS
from shared.reviews.models import KeyValue, Review, ReviewFilter, ReviewStatus, ReviewType
from shared.reviews.queue_entries import QueueEntries
from shared.reviews.repository import ReviewRepository
from shared.reviews.rules import NewFrame, NewReview
from shared.settings import Settings
from shared.storage.holdings import HOLDINGS, Shape
from shared.teams.models import Team
from tests.integration.storage.wire import Wire
from tests.pictures import encoded, pixels

VIDEO = "https://videos.example/manifest?token=aubergine-5521"
TRANSCRIPT = "WEBVTT\n\n00:00:05.660 --> 00:00:10.240\nThis is all of it.\n"


@cache
def png(number: int = 1) -> bytes:
    return encoded(pixels(number, 40, 32))


def text(content: str = "kohlrabi-8841", **more: Any) -> NewReview:
    return NewReview(ReviewType.TEXT, content, more.pop("content_id", "an id"), **more)


def image(content: str | bytes, **more: Any) -> NewReview:
    return NewReview(ReviewType.IMAGE, content, more.pop("content_id", "an id"), **more)


def video(*frames: NewFrame, status: ReviewStatus = ReviewStatus.UNPUBLISHED, **more: Any) -> NewReview:
    return NewReview(ReviewType.VIDEO, VIDEO, more.pop("content_id", "an id"), status=status, frames=frames, **more)


def frame(timestamp: int, picture: str | bytes | None = None, **said: str) -> NewFrame:
    return NewFrame(timestamp, png(timestamp % 7) if picture is None else picture, pairs(**said))


def pairs(**said: str) -> tuple[KeyValue, ...]:
    return tuple(KeyValue(key, value) for key, value in said.items())


class Worker:
    """One process, for one account with a team."""

    def __init__(self, settings: Settings, account: Account, clock: Callable[[], datetime] | None = None, wire: Wire | None = None) -> None:
        options = {} if wire is None else wire.options
        self.services = services_of(settings, **({} if clock is None else {"now": clock}), **options)
        self.store = self.services.accounts.open(account)
        self.reviews, self.videos, self.teams = self.services.reviews, self.services.review_videos, self.services.teams

    def team(self, name: str = "Gardeners") -> Team:
        return self.teams.find(self.store, name) or self.teams.create(self.store, name)

    def create(self, *items: NewReview, sub_team: str | None = None, team: str = "Gardeners") -> list[Review]:
        ids = self.reviews.create(self.store, self.team(team), items, sub_team)
        return [self.get(review_id, team) for review_id in ids]

    def get(self, review_id: str, team: str = "Gardeners") -> Review:
        return self.reviews.get(self.store, self.team(team), review_id)

    def all(self, **wanted: Any) -> list[str]:
        found, after = [], None
        while True:
            page, after = self.reviews.page(self.store, self.team(), after, 3, ReviewFilter(**wanted))
            found += [review.id for review in page]
            if after is None:
                return found

    def content(self, review: Review) -> tuple[str, bytes]:
        file = self.reviews.content(self.store, self.team(), review.id)
        return file.media_type, file.data

    def waiting(self) -> set[str]:
        """The ids of the reviews that are in the team's queue."""
        entries, after = QueueEntries(ReviewRepository()).open(self.store, self.team()).page(None, 500)
        assert after is None
        return {entry.review_id for entry in entries}

    def frames(self, review: Review, *arguments: Any, **options: Any) -> list[int]:
        return [each.timestamp for each in self.videos.frames(self.store, self.team(), review.id, *arguments, **options)]

    def complete(self, review: Review, at: datetime) -> None:
        """As a decision does."""
        records = ReviewRepository()
        self.reviews.end_content(self.store, review, at)
        records.replace(self.store, self.team(), dataclasses.replace(
            records.get(self.store, self.team(), review.id), status=ReviewStatus.COMPLETE, completed_at=at, result_tags={"a": True}))
        QueueEntries(records).remove(self.store, self.team(), review.id)

    def expire(self) -> None:
        """What the timer does with the account; not with all others of the emulator."""
        self.services.retention.visit(self.services.accounts.get(self.store.account_id))

    def run(self, kind: str, subject_id: str) -> None:
        message = JobMessage(kind=kind, accountId=self.store.account_id, id=subject_id)
        next(job for job in QUEUE_JOBS if job.kind == kind).run(self.services, message)

    def stored(self, prefix: str = "review") -> dict[str, int]:
        """Rows and blobs by kind, whether anybody sees them or not."""
        kinds = [holding for holding in HOLDINGS if holding.kind.startswith(prefix)]
        counts = {holding.kind: self._count(holding.kind, holding.shape) for holding in kinds}
        return {kind: count for kind, count in counts.items() if count}

    def _count(self, kind: str, shape: Shape) -> int:
        if shape is Shape.BLOB:
            return sum(1 for _ in self.store.blobs.of_kind(kind))
        places, after = self.store.records.places(kind, None, 999)
        counted = len(places)
        while places and after is not None:
            places, after = self.store.records.places(kind, after, 999)
            counted += len(places)
        return counted
