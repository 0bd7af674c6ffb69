"""Content Moderator reviews: what is sent and answered."""
from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, RootModel, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from shared.api.content_moderator.wire import Parameters, RequestBody, Wire
from shared.reviews.models import Frame, KeyValue, Review, ReviewStatus, ReviewType, TranscriptTerms
from shared.reviews.rules import (
    CALLBACK_CHARACTERS,
    CONTENT_ID_CHARACTERS,
    FRAMES_AT_ONCE,
    KEY_CHARACTERS,
    LAST_TIMESTAMP,
    MOST_TIMESCALE,
    PAIRS,
    REVIEWS_AT_ONCE,
    TERM_CHARACTERS,
    TERMS_AT_ONE_TIME,
    TRANSCRIPT_CHARACTERS,
    TRANSCRIPT_MOMENTS,
    VALUE_CHARACTERS,
    NewFrame,
    NewReview,
)
from shared.storage.holdings.reviews import REVIEW_ID
from shared.storage.holdings.teams import TEAM_NAME

MOST_FRAMES_ANSWERED = 1_000
_WHOLE_NUMBER = re.compile("[0-9]{1,18}")


def form_of(pattern: str, no_such: str) -> tuple[BeforeValidator, WithJsonSchema]:
    """Of a name or id in a path: what does not have the form becomes `no_such`, which is answered with 404 as any unknown one.

    It is not repeated anywhere.
    """
    form = re.compile(pattern)
    return (BeforeValidator(lambda sent: sent if isinstance(sent, str) and form.fullmatch(sent) else no_such),
            WithJsonSchema({"type": "string", "pattern": pattern}))


def _timestamp_of(sent: int | str) -> int:
    """A number or, as the published examples have it, one in quotes."""
    if isinstance(sent, str):
        if not _WHOLE_NUMBER.fullmatch(sent):
            raise PydanticCustomError("timestamp", f"Input should be a whole number from 0 to {LAST_TIMESTAMP}")
        return int(sent)
    return sent


def _status_of(sent: object) -> object:
    """In any case: the published example has `UnPublished`, the published enumeration `Unpublished`."""
    return sent.capitalize() if isinstance(sent, str) else sent


TeamName = Annotated[str, *form_of(TEAM_NAME, "")]
ReviewId = Annotated[str, *form_of(REVIEW_ID, f"000000i{0:032x}")]
"""The live service wrote ids in lower case too."""
Timestamp = Annotated[int | str, AfterValidator(_timestamp_of)]


class TeamPath(Parameters):
    team_name: TeamName


class ReviewPath(TeamPath):
    review_id: ReviewId


class SubTeamQuery(Parameters):
    """The sub-team that the reviews are for; `public` unless said."""

    sub_team: str = Field("", max_length=64)


class TimescaleQuery(Parameters):
    """Ticks in a second of the video."""

    timescale: int | None = Field(None, ge=1, le=MOST_TIMESCALE)


class FramesQuery(Parameters):
    """`startSeed` is the timestamp to begin with. `filter` has codes of tags with commas between them: frames with one of them."""

    start_seed: int = Field(0, ge=0, le=LAST_TIMESTAMP)
    no_of_records: int = Field(MOST_FRAMES_ANSWERED, ge=1)
    filter: str = Field("", max_length=512)

    @property
    def tags(self) -> tuple[str, ...]:
        return tuple(filter(None, (code.strip() for code in self.filter.split(","))))


class ContentTypeHeader(Parameters):
    content_type: str = Field("", alias="Content-Type")


class UrlContentTypeHeader(Parameters):
    """What type the content at a URL has; not needed, since a picture is looked at."""

    url_content_type: str = Field("", alias="UrlContentType")


class PairItem(RequestBody):
    key: str = Field(max_length=KEY_CHARACTERS)
    value: str = Field(max_length=VALUE_CHARACTERS)


Pairs = Annotated[list[PairItem] | None, Field(max_length=PAIRS)]


class FrameItem(RequestBody):
    """`FrameImage` is a URL, or in a form the name of a file in the archive."""

    timestamp: Timestamp
    frame_image: str
    metadata: Pairs = None
    reviewer_result_tags: Pairs = None

    def frame(self, picture: str | bytes) -> NewFrame:
        # What AfterValidator leaves is a number always.
        return NewFrame(int(self.timestamp), picture, _pairs(self.metadata), _pairs(self.reviewer_result_tags))


class FrameItems(RootModel[Annotated[list[FrameItem], Field(min_length=1, max_length=FRAMES_AT_ONCE)]]):
    """A bare array."""


class ReviewItem(RequestBody):
    """`Type` decides what else counts: `Status`, `Timescale` and `VideoFrames` belong to a video, which has to have the first."""

    type: Literal["Image", "Text", "Video"]
    content: str
    content_id: str = Field(max_length=CONTENT_ID_CHARACTERS)
    callback_endpoint: str | None = Field(None, max_length=CALLBACK_CHARACTERS)
    metadata: Pairs = None
    status: Annotated[Literal["Complete", "Unpublished", "Pending"] | None, BeforeValidator(_status_of)] = None
    timescale: int | None = Field(None, ge=1, le=MOST_TIMESCALE)
    video_frames: list[FrameItem] | None = Field(None, max_length=FRAMES_AT_ONCE)

    @model_validator(mode="after")
    def _whole(self) -> ReviewItem:
        if self.type == ReviewType.VIDEO and self.status is None:
            raise PydanticCustomError("missing_status", "A video needs a Status: Complete, Unpublished or Pending")
        return self

    def review(self) -> NewReview:
        common: dict[str, Any] = {
            "type": ReviewType(self.type), "content": self.content, "content_id": self.content_id, "metadata": _pairs(self.metadata),
            "callback_endpoint": self.callback_endpoint or ""}
        if self.status is None or self.type != ReviewType.VIDEO:
            return NewReview(**common)
        frames = tuple(frame.frame(frame.frame_image) for frame in self.video_frames or ())
        return NewReview(**common, status=ReviewStatus(self.status), timescale=self.timescale, frames=frames)


class ReviewItems(RootModel[Annotated[list[ReviewItem], Field(min_length=1, max_length=REVIEWS_AT_ONCE)]]):
    """A bare array."""


class TranscriptTermItem(RequestBody):
    index: int = Field(ge=0, le=TRANSCRIPT_CHARACTERS)
    term: str = Field(min_length=1, max_length=TERM_CHARACTERS)


class TranscriptTermsItem(RequestBody):
    timestamp: Timestamp
    terms: list[TranscriptTermItem] = Field(max_length=TERMS_AT_ONE_TIME)

    def found(self) -> TranscriptTerms:
        return TranscriptTerms(int(self.timestamp), tuple((each.index, each.term) for each in self.terms))


class TranscriptTermsItems(RootModel[Annotated[list[TranscriptTermsItem], Field(max_length=TRANSCRIPT_MOMENTS)]]):
    """A bare array."""


class Pair(Wire):
    key: str
    value: str

    @classmethod
    def all_of(cls, pairs: tuple[KeyValue, ...]) -> list[Pair]:
        return [cls(key=pair.key, value=pair.value) for pair in pairs]


class ReviewIds(RootModel[list[str]]):
    """A bare array, in the order of the request."""


class ReviewBody(Wire):
    """`Content` is the address of what is kept; the account's key opens it. Tags are there once the review is complete."""

    review_id: str
    sub_team: str
    status: str
    reviewer_result_tags: list[Pair]
    created_by: str
    metadata: list[Pair]
    type: str
    content: str
    content_id: str
    callback_endpoint: str

    @classmethod
    def of(cls, review: Review, content: str) -> ReviewBody:
        tags = review.result_tags if review.status is ReviewStatus.COMPLETE else {}
        return cls(review_id=review.id, sub_team=review.sub_team, status=review.status,
                   reviewer_result_tags=[Pair(key=code, value=str(is_set)) for code, is_set in tags.items()],
                   created_by=review.created_by, metadata=Pair.all_of(review.metadata), type=review.type, content=content,
                   content_id=review.content_id, callback_endpoint=review.callback_endpoint)


class FrameBody(Wire):
    timestamp: str
    frame_image: str
    metadata: list[Pair]
    reviewer_result_tags: list[Pair]

    @classmethod
    def of(cls, frame: Frame, address: str) -> FrameBody:
        return cls(timestamp=str(frame.timestamp), frame_image=address, metadata=Pair.all_of(frame.metadata),
                   reviewer_result_tags=Pair.all_of(frame.result_tags))


class FramesBody(Wire):
    review_id: str
    video_frames: list[FrameBody]


def _pairs(items: list[PairItem] | None) -> tuple[KeyValue, ...]:
    return tuple(KeyValue(item.key, item.value) for item in items or ())
