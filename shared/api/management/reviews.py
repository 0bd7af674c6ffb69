"""Reviews as our own API has them: listed, with what machines and people said, their content, and their deletion."""
from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field

from shared.api.management.team_paths import TEAM, TeamName, TeamPath, team_of
from shared.api.management.wire import Wire, api
from shared.errors import Conflict, NotFound
from shared.http.operation import Auth, Call, Document, Reply
from shared.reviews.models import Review, ReviewFile, ReviewFilter, ReviewStatus, ReviewType
from shared.reviews.rules import CONTENT_ID_CHARACTERS
from shared.storage.holdings.reviews import REVIEW_ID

PAGE_SIZE = 100
_REVIEWS = f"{TEAM}/reviews"
_REVIEW = f"{_REVIEWS}/{{reviewId}}"
_TARGETS = ("teamName", "reviewId")

ReviewId = Annotated[str, Field(pattern=REVIEW_ID)]


class TeamReviewPath(TeamPath):
    review_id: ReviewId


class ReviewFramePath(TeamReviewPath):
    timestamp: int = Field(ge=0, lt=10**18)


class ReviewsQuery(Wire):
    """`createdFrom` is the first moment, `createdBefore` the first one after. `after` goes on from a page, as its `nextLink` says."""

    status: Literal["Unpublished", "Pending", "Complete"] | None = None
    type: Literal["Image", "Text", "Video"] | None = None
    sub_team: TeamName | None = None
    content_id: str | None = Field(None, max_length=CONTENT_ID_CHARACTERS)
    created_from: AwareDatetime | None = None
    created_before: AwareDatetime | None = None
    after: ReviewId | None = None


class KeyValueBody(Wire):
    key: str
    value: str


class TeamReviewBody(Wire):
    """`resultTags` are the tags that were decided on, `decidedBy` ids of members, `analysis` what machines said."""

    id: str
    type: str
    status: str
    sub_team: str
    content_id: str
    metadata: list[KeyValueBody]
    callback_endpoint: str
    created_by: str
    created_at: datetime
    completed_at: datetime | None = None
    result_tags: dict[str, bool]
    decided_by: list[str]
    analysis: dict[str, Any]
    content_url: str

    @classmethod
    def of(cls, review: Review, address: str) -> TeamReviewBody:
        return cls(
            id=review.id, type=review.type, status=review.status, sub_team=review.sub_team, content_id=review.content_id,
            metadata=[KeyValueBody(key=pair.key, value=pair.value) for pair in review.metadata],
            callback_endpoint=review.callback_endpoint, created_by=review.created_by, created_at=review.created_at,
            completed_at=review.completed_at, result_tags=dict(review.result_tags), decided_by=list(review.decided_by),
            analysis=dict(review.analysis), content_url=f"{address}/{review.id}/content")


class TeamReviewPage(Wire):
    value: list[TeamReviewBody]
    next_link: str | None = None


@api.operation("GET", _REVIEWS, auth=Auth.ACCOUNT, errors=(NotFound, Conflict))
def list_team_reviews(call: Call, path: TeamPath, query: ReviewsQuery) -> TeamReviewPage:
    """The reviews of a team, the newest first. A page may have few, even none, though more follow, as `nextLink` says."""
    store, team = team_of(call, path)
    wanted = ReviewFilter(
        query.status and ReviewStatus(query.status), query.type and ReviewType(query.type), query.sub_team, query.content_id,
        created_from=query.created_from, created_before=query.created_before)
    reviews, after = call.services.reviews.page(store, team, query.after, PAGE_SIZE, wanted)
    address = f"{call.endpoint}/accounts/{path.account_id}/teams/{team.name}/reviews"
    return TeamReviewPage(value=[TeamReviewBody.of(review, address) for review in reviews],
                          next_link=None if after is None else f"{address}?{_query_of(query, after)}")


@api.operation("GET", _REVIEW, auth=Auth.ACCOUNT, errors=(NotFound, Conflict))
def get_team_review(call: Call, path: TeamReviewPath) -> TeamReviewBody:
    """One review, with what machines and people said."""
    store, team = team_of(call, path)
    review = call.services.reviews.get(store, team, path.review_id)
    return TeamReviewBody.of(review, f"{call.endpoint}/accounts/{path.account_id}/teams/{team.name}/reviews")


@api.operation("DELETE", _REVIEW, auth=Auth.ACCOUNT, success=(204,), errors=(NotFound, Conflict), audit_targets=_TARGETS)
def delete_review(call: Call, path: TeamReviewPath) -> None:
    """Delete a review with its content and history: it is gone at once, and a job deletes what it owned."""
    store, team = team_of(call, path)
    call.services.reviews.delete(store, team, path.review_id)


@api.operation("GET", f"{_REVIEW}/content", auth=Auth.ACCOUNT, errors=(NotFound, Conflict), audit=True, audit_targets=_TARGETS)
def get_review_content(call: Call, path: TeamReviewPath) -> Reply[Document]:
    """What is kept of a review's content: a picture, a text, or as `text/uri-list` the address of a video."""
    store, team = team_of(call, path)
    return _handed_out(call.services.reviews.content(store, team, path.review_id))


@api.operation("GET", f"{_REVIEW}/frames/{{timestamp}}", auth=Auth.ACCOUNT, errors=(NotFound, Conflict), audit=True,
               audit_targets=_TARGETS)
def get_review_frame(call: Call, path: ReviewFramePath) -> Reply[Document]:
    """The picture of a video's frame, by its timestamp."""
    store, team = team_of(call, path)
    return _handed_out(call.services.review_videos.frame(store, team, path.review_id, path.timestamp))


def _handed_out(file: ReviewFile) -> Reply[Document]:
    media_type = f"{file.media_type}; charset=utf-8" if file.media_type.startswith("text/") else file.media_type
    return Reply(Document(file.data, media_type), headers={"Content-Disposition": f'attachment; filename="{file.name}"'})


def _query_of(query: ReviewsQuery, after: str) -> str:
    from urllib.parse import urlencode

    asked = query.model_dump(by_alias=True, exclude_none=True, mode="json")
    return urlencode({**asked, "after": after})
