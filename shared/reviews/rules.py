"""What a review may hold. What breaks a rule is refused by its place in the request, and not repeated."""
from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.errors import InvalidRequest
from shared.imaging.models import ImageFormat, ImageLimits
from shared.outbound.failures import FetchFailed
from shared.outbound.targets import LONGEST_URL, target_of
from shared.reviews.models import KeyValue, ReviewStatus, ReviewType, TranscriptTerms
from shared.storage.holdings.reviews import SAYABLE, WEB_ADDRESS

REVIEWS_AT_ONCE = 100
"""So many are written in one transaction of the storage, and so all or none."""
PICTURES_AT_ONCE = 100
"""Pictures of one request that lie at URLs."""
FRAMES_AT_ONCE = 500
FRAME_LIMIT = 5_000
"""Frames of a video."""
PICTURES = ImageLimits(
    frozenset({ImageFormat.GIF, ImageFormat.JPEG, ImageFormat.PNG, ImageFormat.BMP, ImageFormat.TIFF}),
    size_bytes=4 * 1024 * 1024, min_side_px=1, max_side_px=30_000)
TEXT_CHARACTERS = 32_768
CONTENT_ID_CHARACTERS = 512
CALLBACK_CHARACTERS = 2_048
PAIRS = 50
KEY_CHARACTERS = 128
VALUE_CHARACTERS = 1_024
PAIRS_BYTES = 16 * 1024
"""Of all pairs together, as JSON in UTF-8: a record must have room for them."""
ANALYSIS_BYTES = 16 * 1024
LAST_TIMESTAMP = 10**18 - 1
MOST_TIMESCALE = 1_000_000_000
TRANSCRIPT_CHARACTERS = 1024 * 1024
TRANSCRIPT_MOMENTS = 10_000
TERMS_AT_ONE_TIME = 100
TERM_CHARACTERS = 256

_SAYABLE, _WEB_ADDRESS = map(re.compile, (SAYABLE, WEB_ADDRESS))
_SURROGATE = re.compile("[\ud800-\udfff]")
# WebVTT, 4.1: a file begins with these letters, alone in their line or with a blank after them; a cue's times stand in one line.
_BEGINNING = re.compile(r"WEBVTT(?:[ \t][^\n]*)?(?:\n|$)")
_MOMENT = r"(?:[0-9]{2,}:)?[0-5][0-9]:[0-5][0-9]\.[0-9]{3}"
_CUE_TIMES = re.compile(rf"[ \t]*{_MOMENT}[ \t]*-->[ \t]*{_MOMENT}(?:[ \t].*)?")


@dataclass(frozen=True, slots=True)
class NewFrame:
    """`picture` is the address of a picture, or the picture itself."""

    timestamp: int
    picture: str | bytes
    metadata: tuple[KeyValue, ...] = ()
    result_tags: tuple[KeyValue, ...] = ()


@dataclass(frozen=True, slots=True)
class NewReview:
    """`content` is a text, the address of a picture or video, or a picture itself. `status` is for videos, others are pending.

    `id` is chosen by who must not make the review twice; a new one where it is empty.
    """

    type: ReviewType
    content: str | bytes
    content_id: str
    metadata: tuple[KeyValue, ...] = ()
    callback_endpoint: str = ""
    status: ReviewStatus = ReviewStatus.PENDING
    timescale: int | None = None
    frames: tuple[NewFrame, ...] = ()
    analysis: Mapping[str, Any] = field(default_factory=dict)
    id: str = ""


class ItemRefused(InvalidRequest):
    """One of several breaks a rule; `target` is its place in the request."""

    def __init__(self, place: str, message: str) -> None:
        super().__init__(f"{place}: {message}", place)


def is_sayable(text: str) -> bool:
    """Whether the text is without control characters but tab and line breaks."""
    return _SAYABLE.fullmatch(text) is not None


def check_reviews(items: Sequence[NewReview]) -> None:
    """Raises InvalidRequest (ItemRefused)."""
    if not 1 <= len(items) <= REVIEWS_AT_ONCE:
        raise InvalidRequest(f"A request makes 1 to {REVIEWS_AT_ONCE} reviews.")
    for number, item in enumerate(items):
        _check_review(item, f"[{number}]")
    frames = sum(len(item.frames) for item in items)
    if frames > FRAMES_AT_ONCE:
        raise InvalidRequest(f"A request has {FRAMES_AT_ONCE} frames at the most.")
    if sum(len(json.dumps(item.analysis, ensure_ascii=False).encode()) for item in items if item.analysis) > ANALYSIS_BYTES:
        raise InvalidRequest(f"The analyses of a request may have {ANALYSIS_BYTES} bytes at the most.")
    addresses = [item.content for item in items if item.type is ReviewType.IMAGE]
    addresses += [frame.picture for item in items for frame in item.frames]
    _check_addresses(addresses)


def check_frames(frames: Sequence[NewFrame]) -> None:
    """Raises InvalidRequest (ItemRefused)."""
    if not 1 <= len(frames) <= FRAMES_AT_ONCE:
        raise InvalidRequest(f"A request has 1 to {FRAMES_AT_ONCE} frames.")
    _check_frames(frames, "")
    _check_addresses([frame.picture for frame in frames])


def check_transcript(transcript: str) -> None:
    """Raises InvalidRequest. Source: WebVTT, 4.1 (W3C)."""
    lines = transcript.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if len(transcript) > TRANSCRIPT_CHARACTERS:
        raise InvalidRequest(f"A transcript has {TRANSCRIPT_CHARACTERS} characters at the most.")
    if not _BEGINNING.match(lines):
        raise InvalidRequest("A transcript is a WebVTT file: its first line begins with WEBVTT.")
    for number, line in enumerate(lines.split("\n"), 1):
        if "-->" in line and not _CUE_TIMES.fullmatch(line):
            raise InvalidRequest(f"Line {number} of the transcript has no times as WebVTT writes them, like 00:00:05.660 --> 00:00:10.240.")


def check_terms(found: Sequence[TranscriptTerms]) -> None:
    """Raises InvalidRequest (ItemRefused)."""
    if len(found) > TRANSCRIPT_MOMENTS:
        raise InvalidRequest(f"A request has terms of {TRANSCRIPT_MOMENTS} timestamps at the most.")
    for number, each in enumerate(found):
        if not 0 <= each.timestamp <= LAST_TIMESTAMP:
            raise ItemRefused(f"[{number}].Timestamp", f"a timestamp is a whole number from 0 to {LAST_TIMESTAMP}.")
        if len(each.terms) > TERMS_AT_ONE_TIME:
            raise ItemRefused(f"[{number}].Terms", f"there may be {TERMS_AT_ONE_TIME} terms at the most.")
        for place, (index, term) in enumerate(each.terms):
            if not 0 <= index <= TRANSCRIPT_CHARACTERS:
                raise ItemRefused(f"[{number}].Terms[{place}].Index", f"an index is a whole number from 0 to {TRANSCRIPT_CHARACTERS}.")
            if not 1 <= len(term) <= TERM_CHARACTERS or not is_sayable(term):
                raise ItemRefused(f"[{number}].Terms[{place}].Term",
                                  f"a term has 1 to {TERM_CHARACTERS} characters, none of them a control character.")


def check_timescale(timescale: int | None, place: str = "timescale") -> None:
    """Raises ItemRefused."""
    if timescale is not None and not 1 <= timescale <= MOST_TIMESCALE:
        raise ItemRefused(place, f"a timescale is a whole number from 1 to {MOST_TIMESCALE}.")


def check_pairs(pairs: Sequence[KeyValue], place: str) -> None:
    """Raises ItemRefused."""
    if len(pairs) > PAIRS:
        raise ItemRefused(place, f"there may be {PAIRS} pairs at the most.")
    for number, pair in enumerate(pairs):
        if not 1 <= len(pair.key) <= KEY_CHARACTERS or not is_sayable(pair.key):
            raise ItemRefused(f"{place}[{number}].Key", f"a key has 1 to {KEY_CHARACTERS} characters, none of them a control character.")
        if len(pair.value) > VALUE_CHARACTERS or not is_sayable(pair.value):
            raise ItemRefused(f"{place}[{number}].Value",
                              f"a value has {VALUE_CHARACTERS} characters at the most, none of them a control character.")
    if len(json.dumps([[pair.key, pair.value] for pair in pairs], ensure_ascii=False).encode()) > PAIRS_BYTES:
        raise ItemRefused(place, f"the pairs together may have {PAIRS_BYTES} bytes at the most.")


def check_callback(address: str, place: str) -> None:
    """Raises ItemRefused. Whether the host may be reached is looked at when a callback is sent."""
    if address:
        _check_web_address(address, CALLBACK_CHARACTERS, place)


def _check_review(item: NewReview, place: str) -> None:
    if not 1 <= len(item.content_id) <= CONTENT_ID_CHARACTERS or not is_sayable(item.content_id):
        raise ItemRefused(f"{place}.ContentId",
                          f"a content id has 1 to {CONTENT_ID_CHARACTERS} characters, none of them a control character.")
    check_pairs(item.metadata, f"{place}.Metadata")
    check_callback(item.callback_endpoint, f"{place}.CallbackEndpoint")
    if item.type is ReviewType.TEXT:
        _check_text(item.content, f"{place}.Content")
    elif isinstance(item.content, str):
        _check_web_address(item.content, LONGEST_URL, f"{place}.Content")
    check_timescale(item.timescale, f"{place}.Timescale")
    _check_frames(item.frames, f"{place}.VideoFrames")


def _check_text(text: str | bytes, place: str) -> None:
    if not isinstance(text, str) or not 1 <= len(text) <= TEXT_CHARACTERS or _SURROGATE.search(text):
        raise ItemRefused(place, f"a text has 1 to {TEXT_CHARACTERS} characters (Unicode code points).")


def _check_frames(frames: Sequence[NewFrame], place: str) -> None:
    seen: set[int] = set()
    for number, frame in enumerate(frames):
        here = f"{place}[{number}]"
        if not 0 <= frame.timestamp <= LAST_TIMESTAMP:
            raise ItemRefused(f"{here}.Timestamp", f"a timestamp is a whole number from 0 to {LAST_TIMESTAMP}.")
        if frame.timestamp in seen:
            raise ItemRefused(f"{here}.Timestamp", "another frame of the request has this timestamp.")
        seen.add(frame.timestamp)
        check_pairs(frame.metadata, f"{here}.Metadata")
        check_pairs(frame.result_tags, f"{here}.ReviewerResultTags")
        if isinstance(frame.picture, str):
            _check_web_address(frame.picture, LONGEST_URL, f"{here}.FrameImage")


def _check_addresses(contents: Iterable[str | bytes]) -> None:
    if sum(isinstance(content, str) for content in contents) > PICTURES_AT_ONCE:
        raise InvalidRequest(f"A request has {PICTURES_AT_ONCE} pictures at URLs at the most.")


def _check_web_address(address: str, longest: int, place: str) -> None:
    if len(address) > longest:
        raise ItemRefused(place, f"an address has {longest} characters at the most.")
    if not _WEB_ADDRESS.fullmatch(address):
        raise ItemRefused(place, "the address must begin with http:// or https:// and a host, and have no blanks or control characters.")
    try:
        target_of(address)
    except FetchFailed as refused:
        raise ItemRefused(place, refused.message) from None
