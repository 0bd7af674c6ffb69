"""Content Moderator reviews and their videos: the wire. Jobs, which make reviews too, are in review_jobs.py."""
from __future__ import annotations

from shared.api.content_moderator.review_bodies import (
    MOST_FRAMES_ANSWERED,
    ContentTypeHeader,
    FrameBody,
    FramesBody,
    FramesQuery,
    ReviewBody,
    ReviewIds,
    ReviewItems,
    ReviewPath,
    SubTeamQuery,
    TeamPath,
    TimescaleQuery,
    TranscriptTermsItems,
    UrlContentTypeHeader,
)
from shared.api.content_moderator.video_frames import FORM, JSON, frames_of
from shared.api.content_moderator.wire import api
from shared.errors import Conflict, NotFound
from shared.http.operation import Auth, Call, Reply, TextBody
from shared.reviews.rules import TRANSCRIPT_CHARACTERS
from shared.teams.models import Team

REVIEWS_LIMIT_BYTES = 16 * 1024 * 1024
FRAMES_LIMIT_BYTES = 100 * 1024 * 1024
"""As much as Azure Functions takes in one request."""
_TRANSCRIPT_LIMIT_BYTES = 4 * TRANSCRIPT_CHARACTERS
_REVIEWS = "review/v1.0/teams/{teamName}/reviews"
_REVIEW = f"{_REVIEWS}/{{reviewId}}"
_TARGETS = ("teamName", "reviewId")


class Transcript(TextBody):
    """A WebVTT file."""

    longest = TRANSCRIPT_CHARACTERS


@api.operation("GET", _REVIEW, auth=Auth.ACCOUNT, errors=(NotFound,))
def reviews_get_review(call: Call, path: ReviewPath) -> ReviewBody:
    """One review. Source: Reviews_GetReview, v1.0."""
    team = _team(call, path)
    review = call.services.reviews.get(call.account, team, path.review_id)
    return ReviewBody.of(review, f"{_address(call, team, review.id)}/content")


@api.operation("POST", _REVIEWS, auth=Auth.ACCOUNT, errors=(NotFound,), body_limit_bytes=REVIEWS_LIMIT_BYTES, audit_targets=("teamName",))
def reviews_create_reviews(call: Call, path: TeamPath, query: SubTeamQuery, header: UrlContentTypeHeader,
                           body: ReviewItems) -> ReviewIds:
    """Create reviews of pictures, texts or videos: all of them, or none where one is refused.

    A picture is fetched from its URL at once, and a copy is kept; of a video its URL alone.
    Source: Reviews_CreateReviews and Reviews_CreateVideoReviews, v1.0.
    """
    items = [item.review() for item in body.root]
    return ReviewIds(call.services.reviews.create(call.account, _team(call, path), items, query.sub_team))


@api.operation("POST", f"{_REVIEW}/frames", auth=Auth.ACCOUNT, success=(200, 204), errors=(NotFound, Conflict), media_types=(JSON, FORM),
               body_limit_bytes=FRAMES_LIMIT_BYTES, audit_targets=_TARGETS)
def reviews_add_video_frame(call: Call, path: ReviewPath, query: TimescaleQuery, header: ContentTypeHeader,
                            body: bytes | None) -> Reply[None]:
    """Add frames to a video: 204 for a list with URLs, or a form with the parts `frameImageZip` and `frameMetadata`.

    A frame takes the place of another one with its timestamp. Without a body, as one form of the operation is published, it sets
    the timescale alone and is answered with 200.
    Source: Reviews_AddVideoFrame, Reviews_AddVideoFrameUrl and Reviews_AddVideoFrameStream, v1.0.
    """
    team, videos = _team(call, path), call.services.review_videos
    if body is None:
        videos.set_timescale(call.account, team, path.review_id, query.timescale)
        return Reply(None, 200)
    videos.add_frames(call.account, team, path.review_id, frames_of(header.content_type, body), query.timescale)
    return Reply(None, 204)


@api.operation("GET", f"{_REVIEW}/frames", auth=Auth.ACCOUNT, errors=(NotFound,))
def reviews_get_video_frames(call: Call, path: ReviewPath, query: FramesQuery) -> FramesBody:
    """The frames of a video in the order of time, up to 1,000. Source: Reviews_GetVideoFrames, v1.0."""
    team = _team(call, path)
    frames = call.services.review_videos.frames(
        call.account, team, path.review_id, query.start_seed, min(query.no_of_records, MOST_FRAMES_ANSWERED), query.tags)
    address = f"{_address(call, team, path.review_id)}/frames"
    return FramesBody(review_id=path.review_id, video_frames=[FrameBody.of(frame, f"{address}/{frame.timestamp}") for frame in frames])


@api.operation("POST", f"{_REVIEW}/publish", auth=Auth.ACCOUNT, success=(204,), errors=(NotFound, Conflict), audit_targets=_TARGETS)
def reviews_publish_video_review(call: Call, path: ReviewPath) -> None:
    """Let a video wait for its reviewers. Source: Reviews_PublishVideoReview, v1.0."""
    call.services.review_videos.publish(call.account, _team(call, path), path.review_id)


@api.operation("PUT", f"{_REVIEW}/transcriptmoderationresult", auth=Auth.ACCOUNT, success=(204,), errors=(NotFound, Conflict),
               audit_targets=_TARGETS)
def reviews_add_video_transcript_moderation_result(call: Call, path: ReviewPath, body: TranscriptTermsItems) -> None:
    """Keep the terms that were found in a video's transcript. Source: Reviews_AddVideoTranscriptModerationResult, v1.0."""
    found = [item.found() for item in body.root]
    call.services.review_videos.set_transcript_terms(call.account, _team(call, path), path.review_id, found)


@api.operation("PUT", f"{_REVIEW}/transcript", auth=Auth.ACCOUNT, success=(204,), errors=(NotFound, Conflict),
               media_types=("text/plain", "text/vtt"), body_limit_bytes=_TRANSCRIPT_LIMIT_BYTES, audit_targets=_TARGETS)
def reviews_add_video_transcript(call: Call, path: ReviewPath, body: Transcript) -> None:
    """Keep the transcript of a video, in the place of a former one. Source: Reviews_AddVideoTranscript, v1.0."""
    call.services.review_videos.set_transcript(call.account, _team(call, path), path.review_id, body.text)


def _team(call: Call, path: TeamPath) -> Team:
    return call.services.teams.get(call.account, path.team_name)


def _address(call: Call, team: Team, review_id: str) -> str:
    """Where our own API has the review, with what is kept of it."""
    return f"{call.endpoint}/accounts/{call.own_account.id}/teams/{team.name}/reviews/{review_id}"
