"""Reviews put together."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.lifecycle.ownership import delete_under
from shared.outbound.client import GuardedClient
from shared.reviews.contents import ReviewContents
from shared.reviews.queue_entries import QueueEntries
from shared.reviews.repository import ReviewRepository
from shared.reviews.service import ReviewService
from shared.reviews.videos import VideoReviewService
from shared.reviews.writing import ReviewWriter
from shared.settings import Settings
from shared.storage.account_store import AccountStore
from shared.storage.holdings import HOLDINGS, REVIEW, REVIEW_CONTENT, Holding, owned_by
from shared.storage.queues import JobQueue
from shared.teams.service import TeamService


@dataclass(frozen=True, slots=True)
class Reviews:
    service: ReviewService
    videos: VideoReviewService
    records: ReviewRepository
    contents: ReviewContents
    queue: QueueEntries


def reviews_of(settings: Settings, teams: TeamService, outbound: GuardedClient, jobs: JobQueue, now: Callable[[], datetime]) -> Reviews:
    records, contents = ReviewRepository(), ReviewContents(_delete_owned_by(REVIEW_CONTENT))
    queue = QueueEntries(records)
    writer = ReviewWriter(records, contents, outbound, teams.require_still, timedelta(days=settings.review_content_retention_days), now)
    service = ReviewService(teams, records, contents, writer, queue, jobs, _delete_owned_by(REVIEW), now)
    return Reviews(service, VideoReviewService(service, records, contents, writer, queue), records, contents, queue)


def _delete_owned_by(owner: Holding) -> Callable[[AccountStore, str], None]:
    """What deletes all that lies under the generation of such a record, whatever kinds there are."""
    def delete_owned(account: AccountStore, generation: str) -> None:
        for holding in owned_by(owner, HOLDINGS):
            delete_under(account, holding, generation, HOLDINGS)
    return delete_owned
