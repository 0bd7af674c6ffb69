"""Reviews: what people are asked to judge, with its content, and the queue of what waits for them."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.storage.holdings.holding import Holding, Portability, Shape, generation_of
from shared.storage.holdings.teams import MEMBER_ID, TEAM, TEAM_NAME

SAYABLE = r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ud800-\udfff]*$"
"""Text without control characters of ASCII but tab and line breaks: as JSON it has four bytes a character at the most."""
REVIEW_ID = r"^[0-9]{6}[itv][0-9a-f]{32}$"
WEB_ADDRESS = r"^[Hh][Tt][Tt][Pp][Ss]?://[^\u0000-\u0020\u007f-\u009f\ud800-\udfff]+$"

_TIME = {"type": "string", "format": "date-time"}
_TIME_OR_EMPTY = {"anyOf": [{"const": ""}, _TIME]}
_PAIRS = {"type": "array", "maxItems": 50, "items": {
    "type": "array", "minItems": 2, "maxItems": 2,
    "prefixItems": [{"type": "string", "minLength": 1, "maxLength": 128, "pattern": SAYABLE},
                    {"type": "string", "maxLength": 1024, "pattern": SAYABLE}]}}
_TAGS = {"type": "object", "maxProperties": 100, "additionalProperties": {"type": "boolean"},
         "propertyNames": {"pattern": r"^[a-z]{1,2}$"}}
_OUTCOME = {"enum": ["", "upheld", "overturned"]}
ACTION_ID = r"^[0-9a-f]{32}$"
ACTION_PROPERTIES: Mapping[str, Any] = {
    "kind": {"enum": ["decided", "skipped", "commented", "undone", "opinionAsked", "appealed"]},
    "memberId": {"type": "string", "pattern": MEMBER_ID}, "at": _TIME,
    "comment": {"type": "string", "maxLength": 1024, "pattern": SAYABLE}, "tags": _TAGS, "outcome": _OUTCOME}
"""What a line of a review's history has."""
_OPINION = {"type": "object", "additionalProperties": False, "required": ["memberId", "at", "tags", "outcome"], "properties": {
    name: ACTION_PROPERTIES[name] for name in ("memberId", "at", "tags", "outcome")}}
_PICTURES = ["image/gif", "image/jpeg", "image/png", "image/bmp", "image/tiff"]


def _new_review(seed: str) -> Mapping[str, Any]:
    """Nobody has it at hand."""
    return {"generation": generation_of(seed), "leaseMemberId": "", "leaseUntil": ""}


REVIEW = Holding(
    kind="review", shape=Shape.RECORD, portability=Portability.CONTENT,
    keeps="A review: what sort of content, for which sub-team, what the caller said of it, what machines and people said.",
    key="what is left of time when it was made, and review id, under the team's generation: the newest first",
    content=("subTeam", "type", "status", "contentId", "metadata", "callbackEndpoint", "createdBy", "createdAt", "timescale",
             "resultTags", "completedAt", "leaseMemberId", "leaseUntil", "opinionsWanted", "opinions",
             "skippedBy", "appealed", "lastAction", "analysis"),
    plain=("generation",), parent=TEAM, parent_key="generation",
    schema={"id": {"type": "string", "pattern": r"^[0-9a-f]{12}[0-9]{6}[itv][0-9a-f]{32}$"},
            "subTeam": {"type": "string", "pattern": TEAM_NAME},
            "type": {"enum": ["Image", "Text", "Video"]},
            "status": {"enum": ["Unpublished", "Pending", "Complete"]},
            "contentId": {"type": "string", "minLength": 1, "maxLength": 512, "pattern": SAYABLE},
            "metadata": _PAIRS,
            "callbackEndpoint": {"anyOf": [{"const": ""}, {"type": "string", "maxLength": 2048, "pattern": WEB_ADDRESS}]},
            "createdBy": {"type": "string", "maxLength": 128, "pattern": SAYABLE},
            "createdAt": _TIME,
            "timescale": {"type": ["integer", "null"], "minimum": 1, "maximum": 1_000_000_000},
            "resultTags": _TAGS,
            "completedAt": _TIME_OR_EMPTY,
            "opinionsWanted": {"type": "integer", "minimum": 1, "maximum": 5},
            "opinions": {"type": "array", "maxItems": 5, "items": _OPINION},
            "skippedBy": {"type": "array", "maxItems": 50, "items": {"type": "string", "pattern": MEMBER_ID}},
            "appealed": {"type": "boolean"},
            "lastAction": {"anyOf": [{"type": "null"}, {
                "type": "object", "additionalProperties": False, "required": ["id", *ACTION_PROPERTIES],
                "properties": {"id": {"type": "string", "pattern": ACTION_ID}, **ACTION_PROPERTIES}}]},
            "analysis": {"type": "object"}},
    fresh=_new_review,
    retention="until the owner deletes it, its team or the account")


def _new_content(seed: str) -> Mapping[str, Any]:
    return {"generation": generation_of(seed)}


REVIEW_CONTENT = Holding(
    kind="review-content", shape=Shape.RECORD, portability=Portability.CONTENT,
    keeps="What is kept of a review's content: its format and size, or the address of a video; it owns the content itself.",
    key="review id under the review's generation", content=("mediaType", "sizeBytes", "url"), plain=("generation", "expiresAt"),
    parent=REVIEW, parent_key="generation", expires="expiresAt",
    schema={"id": {"type": "string", "pattern": REVIEW_ID},
            "mediaType": {"enum": [*_PICTURES, "text/plain", "text/uri-list"]},
            "sizeBytes": {"type": "integer", "minimum": 0, "maximum": 1_000_000_000},
            "url": {"anyOf": [{"const": ""}, {"type": "string", "maxLength": 8192, "pattern": WEB_ADDRESS}]},
            "expiresAt": _TIME},
    fresh=_new_content,
    retention="REVIEW_CONTENT_RETENTION_DAYS after its review is complete, or as long as its review")

REVIEW_FRAME = Holding(
    kind="review-frame", shape=Shape.RECORD, portability=Portability.CONTENT,
    keeps="A frame of a video that is reviewed: its time, and what the caller said of it.",
    key="timestamp, 20 digits, under the content's generation", content=("picture", "mediaType", "metadata", "resultTags"),
    parent=REVIEW_CONTENT, parent_key="generation",
    schema={"id": {"type": "string", "pattern": r"^0[0-9]{19}$"},
            "picture": {"type": "string", "pattern": r"^frame-[0-9a-f]{32}$"},
            "mediaType": {"enum": _PICTURES}, "metadata": _PAIRS, "resultTags": _PAIRS},
    retention="as long as the content of its review")

REVIEW_MEDIA = Holding(
    kind="review-media", shape=Shape.BLOB, portability=Portability.CONTENT,
    keeps="The content that people are to judge, a picture or a text; of a video the frames, the transcript, and the terms found in it.",
    key="content generation and `content`, `transcript`, `terms` or a frame's picture", parent=REVIEW_CONTENT, parent_key="generation",
    retention="as long as the content of its review")

REVIEW_QUEUE = Holding(
    kind="review-queue", shape=Shape.RECORD, portability=Portability.DERIVED,
    keeps="That a team has its queue, and until when it was looked over: where it lacks, it is made anew of the reviews.",
    key="`queue` under the team's generation", content=("isMade", "tidiedUntil"), plain=("generation",),
    parent=TEAM, parent_key="generation",
    retention="as long as its team")

REVIEW_QUEUE_ENTRY = Holding(
    kind="review-queue-entry", shape=Shape.RECORD, portability=Portability.DERIVED,
    keeps="That a review waits to be decided: for which sub-team, who has it at hand, who has decided or skipped it.",
    key="time and review id under the queue's generation", content=("subTeam", "holder", "heldUntil", "decidedBy", "skippedBy"),
    parent=REVIEW_QUEUE, parent_key="generation",
    retention="until the review is decided, or as long as its team")
