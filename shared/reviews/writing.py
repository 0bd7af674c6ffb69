"""Writing reviews and frames: all that a request has, or nothing.

What people are to see is written first, side by side, under the content's record, which ends within a day: so whatever a worker
leaves behind that dies is deleted by the retention. The reviews follow in one transaction, and then their contents are to stay.
"""
from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from shared.errors import Conflict, NotFound, ServiceError, Unavailable
from shared.outbound.client import GuardedClient
from shared.reviews.contents import ReviewContents
from shared.reviews.intake import PictureIntake
from shared.reviews.models import Frame, Review, ReviewContent, ReviewStatus, ReviewType
from shared.reviews.repository import ReviewRepository, new_review_id
from shared.reviews.rules import NewFrame, NewReview
from shared.storage.account_store import AccountStore
from shared.storage.times import NEVER
from shared.storage.turns import busy, tries
from shared.teams.models import Team

_UNFINISHED = timedelta(days=1)
_PARALLEL = 8


class _MadeAlready(Unavailable):
    """Another run wrote the record with this id."""


class ReviewWriter:
    def __init__(self, reviews: ReviewRepository, contents: ReviewContents, outbound: GuardedClient,
                 require_still: Callable[[AccountStore, Team], None], retention: timedelta, now: Callable[[], datetime]) -> None:
        """`require_still` raises NotFound where the team has ended; `retention` is how long the content of a complete review stays."""
        self._reviews = reviews
        self._contents = contents
        self._outbound = outbound
        self._require_still = require_still
        self._retention = retention
        self._now = now

    def create(self, account: AccountStore, team: Team, items: Sequence[NewReview], sub_team: str) -> list[Review]:
        """Write checked items. Raises ItemRefused, NotFound where the team ends meanwhile."""
        reviews = [self._review(item, team, sub_team) for item in items]
        intake = PictureIntake(self._outbound)
        try:
            with ThreadPoolExecutor(_PARALLEL) as pool:
                places = [f"[{number}]" for number in range(len(items))]
                contents = list(pool.map(
                    lambda review, item, place: self._write_content(account, review, item, f"{place}.Content", intake),
                    reviews, items, places))
                for item, content, place in zip(items, contents, places, strict=True):
                    self._write_frames(account, content, item.frames, f"{place}.VideoFrames", intake, pool)
            try:
                self._reviews.insert_all(account, team, reviews)
            except Conflict:
                if not all(self._is_ours(account, team, review) for review in reviews):  # another run made it: its own stays
                    for review in reviews:
                        self._contents.delete(account, review)
                    raise _MadeAlready("The review is being created by another run; try again.") from None
            self._require_still(account, team)
        except _MadeAlready:
            raise
        except ServiceError:
            self._take_back(account, team, reviews)
            raise
        with ThreadPoolExecutor(_PARALLEL) as pool:
            list(pool.map(lambda review: self.set_end(account, review, self.end_of(review)), reviews))
        return reviews

    def add_frames(self, account: AccountStore, content: ReviewContent, frames: Sequence[NewFrame]) -> list[Frame]:
        """Write checked frames. Raises ItemRefused."""
        with ThreadPoolExecutor(_PARALLEL) as pool:
            return self._write_frames(account, content, frames, "", PictureIntake(self._outbound), pool)

    def end_of(self, review: Review) -> datetime:
        """When the review's content is to be deleted."""
        return NEVER if review.completed_at is None else review.completed_at + self._retention

    def set_end(self, account: AccountStore, review: Review, ends_at: datetime) -> None:
        """Nothing happens where the content is gone."""
        for _ in tries():
            content = self._contents.find(account, review)
            if content is None or content.expires_at == ends_at:
                return
            try:
                self._contents.replace(account, review, dataclasses.replace(content, expires_at=ends_at))
            except Conflict:
                continue
            except NotFound:
                return
            return
        raise busy("The content of the review")

    def _review(self, item: NewReview, team: Team, sub_team: str) -> Review:
        now = self._now()
        status = item.status if item.type is ReviewType.VIDEO else ReviewStatus.PENDING
        return Review(
            item.id or new_review_id(item.type, now), secrets.token_hex(16), sub_team, item.type, status, item.content_id, item.metadata,
            item.callback_endpoint, team.name, now, item.timescale, analysis=item.analysis,
            completed_at=now if status is ReviewStatus.COMPLETE else None)

    def _write_content(self, account: AccountStore, review: Review, item: NewReview, place: str, intake: PictureIntake) -> ReviewContent:
        data, media_type, url = b"", "text/uri-list", ""
        if review.type is ReviewType.VIDEO:
            url = str(item.content)
        elif review.type is ReviewType.TEXT:
            data, media_type = str(item.content).encode(), "text/plain"
        else:
            data, media_type = intake.take(item.content, place)
        content = self._contents.insert(account, review, ReviewContent(
            secrets.token_hex(16), media_type, len(data), url, self._now() + _UNFINISHED))
        if not url:
            self._contents.write(account, content, data)
        return content

    def _write_frames(self, account: AccountStore, content: ReviewContent, frames: Sequence[NewFrame], place: str, intake: PictureIntake,
                      pool: ThreadPoolExecutor) -> list[Frame]:
        """The pictures first: where one is refused those that were written are taken back, and no frame has changed."""
        def write(number: int, frame: NewFrame) -> Frame:
            data, media_type = intake.take(frame.picture, f"{place}[{number}].FrameImage")
            picture = self._contents.write_picture(account, content, data)
            return Frame(frame.timestamp, picture, media_type, frame.metadata, frame.result_tags)
        tasks = [pool.submit(write, number, frame) for number, frame in enumerate(frames)]
        try:
            written = [task.result() for task in tasks]
        except ServiceError:
            for task in tasks:
                if not task.cancel() and task.exception() is None:
                    self._contents.delete_picture(account, content, task.result().picture)
            raise
        if written:
            self._contents.put_frames(account, content, written)
        return written

    def _take_back(self, account: AccountStore, team: Team, reviews: Sequence[Review]) -> None:
        """Their contents go as those of deleted reviews do, and those that nobody gets to by their time."""
        for review in reviews:
            if self._is_ours(account, team, review):
                self._reviews.delete(account, team, review)
            self._contents.delete(account, review)

    def _is_ours(self, account: AccountStore, team: Team, review: Review) -> bool:
        """Whether what is kept under the id is this review, and not one of another run."""
        return self._reviews.generation(account, team.generation, review.id) == review.generation
