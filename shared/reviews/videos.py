"""Reviews of videos: their frames, their transcript, and publishing them. A video itself is not kept, only its address."""
from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from shared.errors import Conflict, InvalidRequest, NotFound
from shared.reviews.contents import ReviewContents
from shared.reviews.models import Frame, Review, ReviewContent, ReviewFile, ReviewStatus, ReviewType, TranscriptTerms
from shared.reviews.queue_entries import QueueEntries
from shared.reviews.repository import ReviewRepository
from shared.reviews.rules import FRAME_LIMIT, NewFrame, check_frames, check_terms, check_timescale, check_transcript
from shared.reviews.service import ReviewService, ending_of
from shared.reviews.writing import ReviewWriter
from shared.storage.account_store import AccountStore
from shared.teams.models import Team

_PAGE = 100


class VideoReviewService:
    def __init__(self, reviews: ReviewService, records: ReviewRepository, contents: ReviewContents, writer: ReviewWriter,
                 queue: QueueEntries, frame_limit: int = FRAME_LIMIT) -> None:
        self._reviews = reviews
        self._records = records
        self._contents = contents
        self._writer = writer
        self._queue = queue
        self._frame_limit = frame_limit

    def frames(self, account: AccountStore, team: Team, review_id: str, from_timestamp: int = 0, size: int = _PAGE,
               tags: Sequence[str] = ()) -> list[Frame]:
        """Up to `size` frames of a video from a timestamp on, in the order of time; with `tags`, those that have one of them.

        Raises NotFound, InvalidRequest where it is no video.
        """
        content = self._video(account, team, review_id)[1]
        found: list[Frame] = []
        while True:
            frames, last = self._contents.frames(account, content, from_timestamp, _PAGE)
            found += [frame for frame in frames if not tags or _has_tag(frame, tags)]
            if last is None or len(found) >= size:
                return found[:size]
            from_timestamp = last + 1

    def frame(self, account: AccountStore, team: Team, review_id: str, timestamp: int) -> ReviewFile:
        """The picture of a frame. Raises NotFound, InvalidRequest where it is no video."""
        review, content = self._video(account, team, review_id)
        frame = self._contents.find_frame(account, content, timestamp)
        if frame is None:
            raise NotFound("The review has no frame with this timestamp.")
        return ReviewFile(frame.media_type, self._contents.picture(account, content, frame),
                          f"{review.id}-{timestamp}.{ending_of(frame.media_type)}")

    def add_frames(self, account: AccountStore, team: Team, review_id: str, frames: Sequence[NewFrame],
                   timescale: int | None = None) -> None:
        """Add all of these frames or none; one takes the place of another with its timestamp.

        Raises NotFound, InvalidRequest, Conflict where the review is complete.
        """
        check_frames(frames)
        check_timescale(timescale)
        review, content = self._open_video(account, team, review_id)
        new = self._contents.missing_frames(account, content, [frame.timestamp for frame in frames])
        self._check_room(account, content, len(new))
        written = self._writer.add_frames(account, content, frames)
        self._require_still(account, team, review, content)
        try:
            self._check_room(account, content, 0)  # of requests at the same time, none goes over the limit
        except InvalidRequest:
            self._contents.take_back_frames(account, content, [frame for frame in written if frame.timestamp in new])
            raise
        self.set_timescale(account, team, review_id, timescale)

    def set_timescale(self, account: AccountStore, team: Team, review_id: str, timescale: int | None) -> None:
        """None leaves it. Raises NotFound, InvalidRequest, Conflict where the review is complete."""
        check_timescale(timescale)
        review, _ = self._open_video(account, team, review_id)
        if timescale not in (None, review.timescale):
            self._records.change(account, team, review_id, lambda current: dataclasses.replace(current, timescale=timescale))

    def transcript(self, account: AccountStore, team: Team, review_id: str) -> str | None:
        """Raises NotFound, InvalidRequest where it is no video."""
        return self._contents.transcript(account, self._video(account, team, review_id)[1])

    def set_transcript(self, account: AccountStore, team: Team, review_id: str, transcript: str) -> None:
        """Keep a WebVTT file, in the place of a former one. Raises NotFound, InvalidRequest, Conflict where the review is complete."""
        check_transcript(transcript)
        review, content = self._open_video(account, team, review_id)
        self._contents.write_transcript(account, content, transcript)
        self._require_still(account, team, review, content)

    def transcript_terms(self, account: AccountStore, team: Team, review_id: str) -> list[TranscriptTerms]:
        """Raises NotFound, InvalidRequest where it is no video."""
        return self._contents.terms(account, self._video(account, team, review_id)[1])

    def set_transcript_terms(self, account: AccountStore, team: Team, review_id: str, found: Sequence[TranscriptTerms]) -> None:
        """Keep what was found in the transcript, in the place of what was before. Raises as `set_transcript`."""
        check_terms(found)
        review, content = self._open_video(account, team, review_id)
        self._contents.write_terms(account, content, found)
        self._require_still(account, team, review, content)

    def publish(self, account: AccountStore, team: Team, review_id: str) -> None:
        """Let a video wait for its reviewers; one that waits already goes on waiting.

        Raises NotFound, InvalidRequest where it is no video, Conflict where the review is complete.
        """
        def published(current: Review) -> Review:
            if current.type is not ReviewType.VIDEO:
                raise _no_video()
            if current.status is ReviewStatus.COMPLETE:
                raise _complete()
            return dataclasses.replace(current, status=ReviewStatus.PENDING)
        review = self._reviews.get(account, team, review_id)
        if published(review).status is not review.status:  # its entry before: who dies in the middle has not left it waiting for nobody
            self._queue.add(account, team, [review])
        self._queue.add(account, team, [self._records.change(account, team, review_id, published)])

    def _check_room(self, account: AccountStore, content: ReviewContent, more: int) -> None:
        if self._contents.count_frames(account, content) + more > self._frame_limit:
            raise InvalidRequest(f"A video has {self._frame_limit} frames at the most.")

    def _video(self, account: AccountStore, team: Team, review_id: str) -> tuple[Review, ReviewContent]:
        review = self._reviews.get(account, team, review_id)
        if review.type is not ReviewType.VIDEO:
            raise _no_video()
        return review, self._reviews.content_record(account, review)

    def _open_video(self, account: AccountStore, team: Team, review_id: str) -> tuple[Review, ReviewContent]:
        review, content = self._video(account, team, review_id)
        if review.status is ReviewStatus.COMPLETE:
            raise _complete()
        return review, content

    def _require_still(self, account: AccountStore, team: Team, review: Review, content: ReviewContent) -> None:
        """After something was written: whoever deletes the content, or its team, may not have seen it. Raises NotFound."""
        try:
            self._reviews.require_still(account, team, review)
            current = self._contents.find(account, review)
            if current is None or current.generation != content.generation:
                raise NotFound("The content of the review is not there any longer.")
        except NotFound:
            self._contents.delete_owned(account, content.generation)
            raise


def _has_tag(frame: Frame, tags: Sequence[str]) -> bool:
    """Whether one of the tags is set: as the results of reviewers say, or else what the caller said of the frame."""
    said = {pair.key.lower(): pair.value.strip().lower() for pair in (*frame.metadata, *frame.result_tags)}
    return any(said.get(tag.lower()) == "true" for tag in tags)


def _no_video() -> InvalidRequest:
    return InvalidRequest("The review is none of a video.", "reviewId")


def _complete() -> Conflict:
    return Conflict("The review is complete.", "reviewId")
