"""The history of a review.

Kind REVIEW_ACTION: one record for each line, under the review's generation; id = 12 hex digits of milliseconds, then chance.
Lines are added, never changed. One that changed the review is in the review's record first and comes here after, perhaps by
whoever changes the review next: so there is no change without its line.
"""
from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from itertools import islice
from typing import Any

from shared.errors import Conflict
from shared.reviews.decision_models import Action, ActionKind, Opinion, Outcome
from shared.reviews.models import Review
from shared.storage.account_store import AccountStore, Record
from shared.storage.holdings import REVIEW_ACTION
from shared.storage.times import time_of, time_text


class ReviewHistory:
    def add(self, account: AccountStore, review: Review, action: Action) -> None:
        """Nothing happens where it is there."""
        with suppress(Conflict):
            account.records.insert(REVIEW_ACTION, Record(action.id, _content(action)), review.generation)

    def page(self, account: AccountStore, review: Review, after: str | None, size: int) -> tuple[list[Action], str | None]:
        """The oldest first, after the line of this id; and the id to go on after."""
        page = account.records.page(REVIEW_ACTION, review.generation, after=after, size=size)
        return [action_of({"id": record.id, **record.content}) for record in page.records], page.next_after

    def newest(self, account: AccountStore, review: Review, before: str | None, size: int) -> tuple[list[Action], str | None]:
        """The newest first, from before the line of this id; and the id to go on before. Lines are read, of the others only ids."""
        ids = [each for each in account.records.all_ids(REVIEW_ACTION, review.generation) if before is None or each < before]
        start = max(0, len(ids) - size)
        actions, _ = self.page(account, review, ids[start - 1] if start else None, len(ids) - start) if ids else ([], None)
        return actions[::-1], ids[start] if start else None

    def count(self, account: AccountStore, review: Review, at_most: int) -> int:
        """How many lines there are; counting ends at one more than `at_most`."""
        return sum(1 for _ in islice(account.records.all_ids(REVIEW_ACTION, review.generation), at_most + 1))


def new_action_id(at: datetime, last: Action | None, mark: str) -> str:
    """After the id of `last`, whatever the clocks of two workers say; 20 hex digits of chance, the `mark`, end it."""
    milliseconds = int(at.timestamp() * 1000)
    if last is not None:
        milliseconds = max(milliseconds, int(last.id[:12], 16) + 1)
    return f"{milliseconds:012x}{mark}"


def stored_action(action: Action) -> dict[str, Any]:
    return {"id": action.id, **_content(action)}


def action_of(stored: Mapping[str, Any]) -> Action:
    return Action(stored["id"], ActionKind(stored["kind"]), stored["memberId"], time_of(stored["at"]), stored["comment"],
                  stored["tags"], _outcome(stored["outcome"]))


def stored_opinion(opinion: Opinion) -> dict[str, Any]:
    return {"memberId": opinion.member_id, "at": time_text(opinion.at), "tags": dict(opinion.tags), "outcome": opinion.outcome or ""}


def opinion_of(stored: Mapping[str, Any]) -> Opinion:
    return Opinion(stored["memberId"], time_of(stored["at"]), stored["tags"], _outcome(stored["outcome"]))


def _content(action: Action) -> dict[str, Any]:
    return {"kind": action.kind.value, "memberId": action.member_id, "at": time_text(action.at), "comment": action.comment,
            "tags": dict(action.tags), "outcome": action.outcome or ""}


def _outcome(stored: str) -> Outcome | None:
    return Outcome(stored) if stored else None
