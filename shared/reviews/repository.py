"""The records of reviews.

Kind REVIEW: one record for each, parent = the team's generation, id = what is left of 48 bits of milliseconds when it was made
(12 hex digits), then the review's id, which has the milliseconds too: so the newest come first, and a review is found by its id.
"""
from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

from shared.errors import Conflict, NotFound
from shared.reviews.history import action_of, opinion_of, stored_action, stored_opinion
from shared.reviews.models import KeyValue, Review, ReviewStatus, ReviewType
from shared.storage.account_store import AccountStore, Record
from shared.storage.holdings import REVIEW
from shared.storage.times import time_of, time_or_none, time_text
from shared.storage.turns import busy, tries
from shared.teams.models import Team

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_MILLISECOND = (1 << 48) - 1
_LETTERS = {ReviewType.IMAGE: "i", ReviewType.TEXT: "t", ReviewType.VIDEO: "v"}
_TIME_PLACE = slice(7, 19)
_AT_ONCE = 1_000


class ChangedMeanwhile(Conflict):
    """Another request changed the review since it was read."""


class ReviewRepository:
    def insert_all(self, account: AccountStore, team: Team, reviews: Sequence[Review]) -> None:
        """Up to a hundred, all or none."""
        account.records.insert_all(REVIEW, [_record(review) for review in reviews], team.generation)

    def find(self, account: AccountStore, team: Team, review_id: str) -> Review | None:
        record = account.records.find(REVIEW, record_id_of(review_id), team.generation)
        return None if record is None else _review(record)

    def get(self, account: AccountStore, team: Team, review_id: str) -> Review:
        """Raises NotFound."""
        review = self.find(account, team, review_id)
        if review is None:
            raise NotFound("The team has no such review.")
        return review

    def generation(self, account: AccountStore, team_generation: str, review_id: str) -> str | None:
        """The generation of the review, None where there is none: one small read."""
        (plain,) = account.records.find_plain(REVIEW, [record_id_of(review_id)], team_generation)
        return None if plain is None else plain["generation"]

    def find_all(self, account: AccountStore, team: Team, review_ids: Sequence[str]) -> dict[str, Review]:
        """Those of these reviews that exist, by id, read side by side."""
        found = account.records.find_all(REVIEW, [record_id_of(review_id) for review_id in review_ids], team.generation)
        return {review.id: review for review in map(_review, found.values())}

    def replace(self, account: AccountStore, team: Team, review: Review) -> Review:
        """Raises ChangedMeanwhile if it changed since it was read, NotFound if it is gone."""
        try:
            etag = account.records.replace(REVIEW, _record(review), team.generation)
        except Conflict:
            raise ChangedMeanwhile("The review was changed meanwhile; try again.") from None
        return dataclasses.replace(review, etag=etag)

    def change(self, account: AccountStore, team: Team, review_id: str, changed: Callable[[Review], Review]) -> Review:
        """Change a review whatever others do to it; `changed` may be asked several times. Raises NotFound, and what `changed` raises."""
        for _ in tries():
            try:
                return self.replace(account, team, changed(self.get(account, team, review_id)))
            except ChangedMeanwhile:
                continue
        raise busy("The review")

    def delete(self, account: AccountStore, team: Team, review: Review) -> None:
        """Raises Conflict if it changed since it was read."""
        account.records.delete(REVIEW, record_id_of(review.id), team.generation, review.etag)

    def page(self, account: AccountStore, team: Team, after: str | None, size: int, created_from: datetime | None = None,
             created_before: datetime | None = None) -> tuple[list[Review], str | None]:
        """The newest first, after this review, of a stretch of time; and the id to go on after."""
        first = None if created_before is None else _time_left(_milliseconds(created_before) - 1)
        last = None if created_from is None else f"{_time_left(_milliseconds(created_from))}~"
        page = account.records.page(REVIEW, team.generation, after=None if after is None else record_id_of(after), size=size,
                                    first=first, last=last)
        return [_review(record) for record in page.records], page.next_after and _id_of(page.next_after)

    def all(self, account: AccountStore, team: Team, created_from: datetime | None = None) -> Iterator[Review]:
        """The newest first."""
        after = None
        while True:
            reviews, after = self.page(account, team, after, _AT_ONCE, created_from)
            yield from reviews
            if after is None:
                return


def new_review_id(type: ReviewType, created_at: datetime, chance: str = "") -> str:
    """As the published ones look: year and month, a letter of the type, 32 hex digits; the first twelve are the milliseconds.

    `chance` are the other twenty, random ones where it is empty.
    """
    return f"{created_at:%Y%m}{_LETTERS[type]}{_milliseconds(created_at):012x}{chance or secrets.token_hex(10)}"


def record_id_of(review_id: str) -> str:
    """`review_id` has the form that the API asks of one."""
    return f"{_time_left(int(review_id[_TIME_PLACE], 16))}{review_id}"


def _id_of(record_id: str) -> str:
    return record_id[12:]


def _time_left(milliseconds: int) -> str:
    return f"{min(max(_LAST_MILLISECOND - milliseconds, 0), _LAST_MILLISECOND):012x}"


def _milliseconds(time: datetime) -> int:
    return (time - _EPOCH) // timedelta(milliseconds=1)


def pairs_of(stored: Sequence[Sequence[str]]) -> tuple[KeyValue, ...]:
    return tuple(KeyValue(key, value) for key, value in stored)


def stored_pairs(pairs: Sequence[KeyValue]) -> list[list[str]]:
    return [[pair.key, pair.value] for pair in pairs]


def _record(review: Review) -> Record:
    content = {
        "subTeam": review.sub_team, "type": review.type, "status": review.status, "contentId": review.content_id,
        "metadata": stored_pairs(review.metadata), "callbackEndpoint": review.callback_endpoint, "createdBy": review.created_by,
        "createdAt": time_text(review.created_at), "timescale": review.timescale, "resultTags": dict(review.result_tags),
        "completedAt": time_text(review.completed_at), "leaseMemberId": review.lease_member_id or "",
        "leaseUntil": time_text(review.lease_until), "opinionsWanted": review.opinions_wanted,
        "opinions": [stored_opinion(opinion) for opinion in review.opinions], "skippedBy": list(review.skipped_by),
        "appealed": review.appealed, "lastAction": None if review.last_action is None else stored_action(review.last_action),
        "analysis": dict(review.analysis)}
    return Record(record_id_of(review.id), content, {"generation": review.generation}, review.etag)


def _review(record: Record) -> Review:
    content = record.content
    return Review(
        id=_id_of(record.id), generation=record.plain["generation"], sub_team=content["subTeam"], type=ReviewType(content["type"]),
        status=ReviewStatus(content["status"]), content_id=content["contentId"], metadata=pairs_of(content["metadata"]),
        callback_endpoint=content["callbackEndpoint"], created_by=content["createdBy"],
        created_at=time_of(content["createdAt"]), timescale=content["timescale"], result_tags=content["resultTags"],
        completed_at=time_or_none(content["completedAt"]), lease_member_id=content["leaseMemberId"] or None,
        lease_until=time_or_none(content["leaseUntil"]), opinions_wanted=content["opinionsWanted"],
        opinions=tuple(map(opinion_of, content["opinions"])), skipped_by=tuple(content["skippedBy"]), appealed=content["appealed"],
        last_action=None if content["lastAction"] is None else action_of(content["lastAction"]),
        analysis=content["analysis"], etag=record.etag)
