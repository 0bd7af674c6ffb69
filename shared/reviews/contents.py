"""What is kept of the content of reviews.

Kind REVIEW_CONTENT: one record for each review, with the review's id, under its generation; it owns the rest, and all of that
ends with it, at its time. Kind REVIEW_FRAME: one record for each timestamp under the content's generation. Kind REVIEW_MEDIA: the
blobs `<generation>/content`, `transcript`, `terms`, and the pictures that frames name, each written before its frame.
"""
from __future__ import annotations

import dataclasses
import json
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress

from shared.errors import Conflict, NotFound
from shared.reviews.models import Frame, Review, ReviewContent, TranscriptTerms
from shared.reviews.repository import pairs_of, stored_pairs
from shared.storage.account_store import AccountStore, Record
from shared.storage.holdings import REVIEW_CONTENT, REVIEW_FRAME, REVIEW_MEDIA

_CONTENT, _TRANSCRIPT, _TERMS = "content", "transcript", "terms"
_PICTURE = "frame-"
"""What names of frames' pictures begin with."""


class ReviewContents:
    def __init__(self, delete_owned: Callable[[AccountStore, str], None]) -> None:
        """`delete_owned` deletes all that lies under the generation of a content."""
        self.delete_owned = delete_owned

    def find(self, account: AccountStore, review: Review) -> ReviewContent | None:
        record = account.records.find(REVIEW_CONTENT, review.id, review.generation)
        return None if record is None else _content(record)

    def insert(self, account: AccountStore, review: Review, content: ReviewContent) -> ReviewContent:
        return dataclasses.replace(content, etag=account.records.insert(REVIEW_CONTENT, _record(review, content), review.generation))

    def replace(self, account: AccountStore, review: Review, content: ReviewContent) -> ReviewContent:
        """Raises Conflict if it changed since it was read, NotFound if it is gone."""
        return dataclasses.replace(content, etag=account.records.replace(REVIEW_CONTENT, _record(review, content), review.generation))

    def delete(self, account: AccountStore, review: Review) -> None:
        """With all that it owns, of which it is the last to go. Nothing happens where it is gone."""
        content = self.find(account, review)
        if content is None:
            return
        self.delete_owned(account, content.generation)
        account.records.delete(REVIEW_CONTENT, review.id, review.generation)

    def write(self, account: AccountStore, content: ReviewContent, data: bytes) -> None:
        account.blobs.write(REVIEW_MEDIA, f"{content.generation}/{_CONTENT}", [data])

    def read(self, account: AccountStore, content: ReviewContent) -> bytes:
        """Raises NotFound."""
        return _read(account, f"{content.generation}/{_CONTENT}")

    def write_transcript(self, account: AccountStore, content: ReviewContent, transcript: str) -> None:
        account.blobs.write(REVIEW_MEDIA, f"{content.generation}/{_TRANSCRIPT}", [transcript.encode()])

    def transcript(self, account: AccountStore, content: ReviewContent) -> str | None:
        try:
            return _read(account, f"{content.generation}/{_TRANSCRIPT}").decode()
        except NotFound:
            return None

    def write_terms(self, account: AccountStore, content: ReviewContent, found: Sequence[TranscriptTerms]) -> None:
        stored = [[each.timestamp, [list(term) for term in each.terms]] for each in found]
        account.blobs.write(REVIEW_MEDIA, f"{content.generation}/{_TERMS}", [json.dumps(stored, ensure_ascii=False).encode()])

    def terms(self, account: AccountStore, content: ReviewContent) -> list[TranscriptTerms]:
        """Those of the transcript, none where none were given."""
        try:
            stored = json.loads(_read(account, f"{content.generation}/{_TERMS}"))
        except NotFound:
            return []
        return [TranscriptTerms(timestamp, tuple((place, term) for place, term in terms)) for timestamp, terms in stored]

    def count_frames(self, account: AccountStore, content: ReviewContent) -> int:
        return sum(1 for _ in account.records.all_ids(REVIEW_FRAME, content.generation))

    def missing_frames(self, account: AccountStore, content: ReviewContent, timestamps: Sequence[int]) -> list[int]:
        """Those of these timestamps that there is no frame for."""
        there = account.records.find_all(REVIEW_FRAME, [_frame_id(timestamp) for timestamp in timestamps], content.generation)
        return [timestamp for timestamp in timestamps if _frame_id(timestamp) not in there]

    def take_back_frames(self, account: AccountStore, content: ReviewContent, frames: Sequence[Frame]) -> None:
        """Delete frames that were just put, but those that others have put theirs in the place of."""
        there = account.records.find_all(REVIEW_FRAME, [_frame_id(frame.timestamp) for frame in frames], content.generation)
        for frame in frames:
            record = there.get(_frame_id(frame.timestamp))
            if record is None or record.content["picture"] != frame.picture:
                continue
            with suppress(Conflict):  # another's, since then
                account.records.delete(REVIEW_FRAME, record.id, content.generation, record.etag)
                self.delete_picture(account, content, frame.picture)

    def frames(self, account: AccountStore, content: ReviewContent, from_timestamp: int, size: int) -> tuple[list[Frame], int | None]:
        """Up to `size` frames in the order of time, and the last one's timestamp where there are more."""
        page = account.records.page(REVIEW_FRAME, content.generation, first=_frame_id(from_timestamp), size=size)
        return [_frame(record) for record in page.records], page.next_after and int(page.next_after)

    def find_frame(self, account: AccountStore, content: ReviewContent, timestamp: int) -> Frame | None:
        record = account.records.find(REVIEW_FRAME, _frame_id(timestamp), content.generation)
        return None if record is None else _frame(record)

    def put_frames(self, account: AccountStore, content: ReviewContent, frames: Sequence[Frame]) -> None:
        """Frames whose pictures are there; one with the timestamp of another takes its place."""
        former = account.records.find_all(REVIEW_FRAME, [_frame_id(frame.timestamp) for frame in frames], content.generation)
        account.records.upsert_all(REVIEW_FRAME, [_frame_record(frame) for frame in frames], content.generation)
        for record in former.values():
            self.delete_picture(account, content, record.content["picture"])

    def write_picture(self, account: AccountStore, content: ReviewContent, data: bytes) -> str:
        """Keep the picture of a frame, and return its name."""
        picture = f"{_PICTURE}{secrets.token_hex(16)}"
        account.blobs.write(REVIEW_MEDIA, f"{content.generation}/{picture}", [data])
        return picture

    def picture(self, account: AccountStore, content: ReviewContent, frame: Frame) -> bytes:
        """Raises NotFound."""
        return _read(account, f"{content.generation}/{frame.picture}")

    def delete_picture(self, account: AccountStore, content: ReviewContent, picture: str) -> None:
        account.blobs.delete(REVIEW_MEDIA, f"{content.generation}/{picture}")


def erase_frames(account: AccountStore) -> None:
    """All frames of an account, with their pictures; transcripts stay. It may be done again."""
    after = None
    while True:
        contents, after = account.records.walk_plain(REVIEW_CONTENT, after, 999)
        for placed in contents:
            generation = placed.record.plain["generation"]
            while ids := account.records.ids(REVIEW_FRAME, generation)[0]:
                account.records.delete_all(REVIEW_FRAME, ids, generation)
            account.blobs.delete_all(REVIEW_MEDIA, f"{generation}/{_PICTURE}")
        if after is None:
            return


def _read(account: AccountStore, blob_id: str) -> bytes:
    try:
        return b"".join(account.blobs.read(REVIEW_MEDIA, blob_id))
    except NotFound:
        raise NotFound("The content of the review is not there any longer.") from None


def _frame_id(timestamp: int) -> str:
    return f"{timestamp:020d}"


def _record(review: Review, content: ReviewContent) -> Record:
    return Record(review.id, {"mediaType": content.media_type, "sizeBytes": content.size_bytes, "url": content.url},
                  {"generation": content.generation, "expiresAt": content.expires_at}, content.etag)


def _content(record: Record) -> ReviewContent:
    return ReviewContent(record.plain["generation"], record.content["mediaType"], record.content["sizeBytes"], record.content["url"],
                         record.plain["expiresAt"], record.etag)


def _frame_record(frame: Frame) -> Record:
    return Record(_frame_id(frame.timestamp), {
        "picture": frame.picture, "mediaType": frame.media_type, "metadata": stored_pairs(frame.metadata),
        "resultTags": stored_pairs(frame.result_tags)})


def _frame(record: Record) -> Frame:
    content = record.content
    return Frame(int(record.id), content["picture"], content["mediaType"], pairs_of(content["metadata"]), pairs_of(content["resultTags"]))
