"""What people are asked to judge: a picture, a text or a video, for one sub-team."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from shared.reviews.decision_models import Action, Opinion


class ReviewType(StrEnum):
    IMAGE = "Image"
    TEXT = "Text"
    VIDEO = "Video"


class ReviewStatus(StrEnum):
    UNPUBLISHED = "Unpublished"
    PENDING = "Pending"
    COMPLETE = "Complete"


@dataclass(frozen=True, slots=True)
class KeyValue:
    key: str
    value: str


@dataclass(frozen=True, slots=True)
class Review:
    """`id` is the year and month, a letter of the type, and hex digits that begin with the milliseconds of its creation.

    Its content, and all else that it owns, lies under its `generation`. `created_by` is a name that is shown, the team's.
    `result_tags` are the codes of the tags that people set or did not. `opinions` are the decisions that stand, the last of which
    prevails; an appeal is open where it is `appealed`. `skipped_by` are ids of members. `last_action` is the newest change that the
    history tells, whether it is there already or not. `analysis` is what machines said, shown to people: names and scores, no
    content. `timescale` is a video's ticks in a second.
    """

    id: str
    generation: str
    sub_team: str
    type: ReviewType
    status: ReviewStatus
    content_id: str
    metadata: tuple[KeyValue, ...]
    callback_endpoint: str
    created_by: str
    created_at: datetime
    timescale: int | None = None
    result_tags: Mapping[str, bool] = field(default_factory=dict)
    completed_at: datetime | None = None
    lease_member_id: str | None = None
    lease_until: datetime | None = None
    opinions_wanted: int = 1
    opinions: tuple[Opinion, ...] = ()
    skipped_by: tuple[str, ...] = ()
    appealed: bool = False
    last_action: Action | None = None
    analysis: Mapping[str, Any] = field(default_factory=dict)
    etag: str | None = field(default=None, compare=False)

    @property
    def decided_by(self) -> tuple[str, ...]:
        """Ids of members."""
        return tuple(opinion.member_id for opinion in self.opinions)

    def is_held(self, now: datetime) -> bool:
        """Whether a member has it at hand."""
        return self.lease_member_id is not None and self.lease_until is not None and self.lease_until > now


@dataclass(frozen=True, slots=True)
class ReviewContent:
    """What is kept of a review's content. A video is not kept, only its `url`; `media_type` is then `text/uri-list`.

    From `expires_at` on, NEVER where its review is not complete, there is no content any longer.
    """

    generation: str
    media_type: str
    size_bytes: int
    url: str
    expires_at: datetime
    etag: str | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame of a video. `timestamp` is in ticks; a review has one frame for each. `picture` names what is kept of it."""

    timestamp: int
    picture: str
    media_type: str
    metadata: tuple[KeyValue, ...] = ()
    result_tags: tuple[KeyValue, ...] = ()


@dataclass(frozen=True, slots=True)
class TranscriptTerms:
    """Terms that a machine found in the transcript at a time, in ticks; `terms` are pairs of place and term."""

    timestamp: int
    terms: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class ReviewFile:
    """A content as it is handed out: a picture, a text, or the address of a video."""

    media_type: str
    data: bytes
    name: str


@dataclass(frozen=True, slots=True)
class ReviewFilter:
    """What reviews a page has; None and empty leave it open.

    `content_id` is the whole id, `content_id_part` something in it, in any case; `tag` one that is set, `member_id` one who decided.
    """

    status: ReviewStatus | None = None
    type: ReviewType | None = None
    sub_team: str | None = None
    content_id: str | None = None
    content_id_part: str | None = None
    tag: str | None = None
    member_id: str | None = None
    created_from: datetime | None = None
    created_before: datetime | None = None

    def takes(self, review: Review) -> bool:
        return all((self.status in (None, review.status), self.type in (None, review.type),
                    self.sub_team is None or self.sub_team.lower() == review.sub_team.lower(),
                    self.content_id in (None, review.content_id),
                    (self.content_id_part or "").lower() in review.content_id.lower(),
                    self.tag is None or review.result_tags.get(self.tag, False),
                    self.member_id is None or self.member_id in review.decided_by))
