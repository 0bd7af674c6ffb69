"""Reviews: making them, finding them, their content and their end. What is added to videos is in videos.py."""
from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from datetime import datetime

from shared.errors import Conflict, InvalidRequest, NotFound
from shared.reviews.contents import ReviewContents
from shared.reviews.models import Review, ReviewContent, ReviewFile, ReviewFilter, ReviewStatus
from shared.reviews.queue_entries import QueueEntries
from shared.reviews.repository import ReviewRepository
from shared.reviews.rules import NewReview, check_reviews
from shared.reviews.writing import ReviewWriter
from shared.storage.account_store import AccountStore
from shared.storage.queues import JobQueue
from shared.storage.times import NEVER
from shared.storage.turns import busy, tries
from shared.teams.models import PUBLIC, Team
from shared.teams.service import TeamService

DELETE_REVIEW = "delete-review"
DELETION_DELAY_SECONDS = 300
_ROWS_LOOKED_AT = 1_000
_PAGE = 100


class ReviewService:
    def __init__(self, teams: TeamService, reviews: ReviewRepository, contents: ReviewContents, writer: ReviewWriter,
                 queue: QueueEntries, jobs: JobQueue, delete_owned: Callable[[AccountStore, str], None],
                 now: Callable[[], datetime]) -> None:
        """`delete_owned` deletes all that lies under the generation of a review."""
        self._teams = teams
        self._reviews = reviews
        self._contents = contents
        self._writer = writer
        self._queue = queue
        self._jobs = jobs
        self._delete_owned = delete_owned
        self._now = now

    def create(self, account: AccountStore, team: Team, items: Sequence[NewReview], sub_team: str | None = None) -> list[str]:
        """Make all of these reviews or none, and return their ids.

        Pictures are fetched where they lie at an address. Raises InvalidRequest (ItemRefused for one of them), NotFound.
        """
        check_reviews(items)
        found = self._teams.find_sub_team(account, team, sub_team or PUBLIC)
        if found is None:
            raise InvalidRequest("The team has no such sub-team.", "subTeam")
        reviews = self._writer.create(account, team, items, found.name)
        self._queue.add(account, team, [review for review in reviews if review.status is ReviewStatus.PENDING])
        return [review.id for review in reviews]

    def get(self, account: AccountStore, team: Team, review_id: str) -> Review:
        """Raises NotFound."""
        return self._reviews.get(account, team, review_id)

    def page(self, account: AccountStore, team: Team, after: str | None = None, size: int = _PAGE,
             wanted: ReviewFilter | None = None) -> tuple[list[Review], str | None]:
        """Up to `size` reviews, the newest first, after this one; and the id to go on after.

        A page may have fewer, even none, though more follow: a request looks at a bounded number of reviews.
        """
        wanted = wanted or ReviewFilter()
        found: list[Review] = []
        looked_at = 0
        while True:
            reviews, next_after = self._reviews.page(account, team, after, min(_PAGE, size), wanted.created_from, wanted.created_before)
            for review in reviews:
                after, looked_at = review.id, looked_at + 1
                if wanted.takes(review):
                    found.append(review)
                if len(found) == size or looked_at == _ROWS_LOOKED_AT:
                    return found, None if next_after is None and review is reviews[-1] else after
            if next_after is None:
                return found, None

    def content(self, account: AccountStore, team: Team, review_id: str) -> ReviewFile:
        """Raises NotFound, also where the content has ended."""
        review = self.get(account, team, review_id)
        content = self.content_record(account, review)
        if content.url:
            return ReviewFile(content.media_type, content.url.encode(), f"{review.id}.uri")
        return ReviewFile(content.media_type, self._contents.read(account, content), f"{review.id}.{ending_of(content.media_type)}")

    def end_content(self, account: AccountStore, review: Review, completed_at: datetime) -> None:
        """The content is to be deleted some days after this time. To be said once the review is complete."""
        self._writer.set_end(account, review, self._writer.end_of(dataclasses.replace(review, completed_at=completed_at)))

    def keep_content(self, account: AccountStore, review: Review) -> None:
        """The content is to stay. To be said after the review was opened again."""
        self._writer.set_end(account, review, NEVER)

    def delete(self, account: AccountStore, team: Team, review_id: str) -> None:
        """The review is gone at once, and a job deletes what it owned. Raises NotFound."""
        for _ in tries():
            review = self.get(account, team, review_id)
            # Queued before the review is deleted, so that nothing is left behind if this process ends between the two; a job
            # does nothing while the review is there, hence the delay, and the second job for promptness.
            job = (DELETE_REVIEW, account.account_id, f"{team.generation}/{review.id}/{review.generation}")
            self._jobs.send(*job, DELETION_DELAY_SECONDS)
            try:
                self._reviews.delete(account, team, review)
            except Conflict:
                continue
            self._queue.remove(account, team, review_id)
            self._jobs.send(*job)
            return
        raise busy("The review")

    def purge(self, account: AccountStore, team_generation: str, review_id: str, generation: str) -> None:
        """Job: delete what a deleted review left behind. Nothing happens while the review is there."""
        if self._reviews.generation(account, team_generation, review_id) != generation:
            self._delete_owned(account, generation)

    def require_still(self, account: AccountStore, team: Team, review: Review) -> None:
        """To be asked after something was written under the review's generation: whoever deletes the review, or its team, may not have
        seen it. Then all that lies there is deleted. Raises NotFound.

        The team is asked too: its erasure deletes what reviews own before the reviews themselves, and begins when the team is gone.
        """
        try:
            if self._reviews.generation(account, team.generation, review.id) != review.generation:
                raise NotFound("The team has no such review.")
            self._teams.require_still(account, team)
        except NotFound:
            self._delete_owned(account, review.generation)
            raise

    def content_record(self, account: AccountStore, review: Review) -> ReviewContent:
        """What is kept of the content. Raises NotFound, also where the content has ended."""
        content = self._contents.find(account, review)
        if content is None or content.expires_at <= self._now():
            raise NotFound("The content of the review is not there any longer.")
        return content


def ending_of(media_type: str) -> str:
    return "txt" if media_type == "text/plain" else media_type.partition("/")[2]
