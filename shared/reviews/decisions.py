"""What members do with a review: decide, skip, comment, take back, ask for a second opinion, appeal; and the history of all that."""
from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from shared.errors import Conflict, InvalidRequest, NotFound
from shared.reviews.changes import ReviewChanges, require_decider, require_seen
from shared.reviews.decision_models import (
    COMMENT_CHARACTERS,
    OPINION_LIMIT,
    SKIPS_REMEMBERED,
    UNDO_MINUTES,
    Action,
    ActionKind,
    Opinion,
    Outcome,
    set_tags,
)
from shared.reviews.history import ReviewHistory, new_action_id
from shared.reviews.models import Review, ReviewStatus
from shared.reviews.queue import ReviewQueueService
from shared.reviews.repository import ReviewRepository
from shared.reviews.rules import is_sayable
from shared.reviews.service import ReviewService
from shared.storage.account_store import AccountStore
from shared.teams.models import Member, Team
from shared.teams.tags import TagService


class DecisionService:
    def __init__(self, service: ReviewService, reviews: ReviewRepository, queue: ReviewQueueService, changes: ReviewChanges,
                 history: ReviewHistory, tags: TagService, now: Callable[[], datetime]) -> None:
        self._service = service
        self._reviews = reviews
        self._queue = queue
        self._changes = changes
        self._history = history
        self._tags = tags
        self._now = now

    def decide(self, account: AccountStore, team: Team, review_id: str, member: Member, tags: Mapping[str, bool], comment: str = "",
               second_opinion: bool = False) -> Review:
        """Say which tags are set; the team's others are not. With `second_opinion` it waits for another member's decision then.

        A review that nobody has at hand is decided by whoever is first. The same decision of the same member again changes nothing.
        Raises NotFound, InvalidRequest, PermissionDenied; Conflict where somebody else has the review at hand, it does not wait, or
        the member has decided otherwise.
        """
        require_decider(member)
        check_comment(comment)
        judged = self._judged(account, team, tags)
        action = self._action(ActionKind.DECIDED, member, comment, judged)

        def decided(review: Review, action: Action) -> Review:
            require_seen(review, member)
            for opinion in review.opinions:
                if opinion.member_id == member.id:
                    if set_tags(opinion.tags) == set_tags(judged):
                        return review
                    raise Conflict("The member has decided this review already; take that back first.")
            self._require_waiting(review, member)
            wanted = max(review.opinions_wanted, len(review.opinions) + 1) + second_opinion
            if second_opinion and review.appealed:
                raise Conflict("An appeal is decided by the next decision; a second opinion can be asked for after it.")
            _check_opinions(wanted)
            is_complete = len(review.opinions) + 1 >= wanted
            outcome = None
            if review.appealed and is_complete:
                outcome = Outcome.UPHELD if set_tags(review.result_tags) == set_tags(judged) else Outcome.OVERTURNED
            return dataclasses.replace(
                review, status=ReviewStatus.COMPLETE if is_complete else ReviewStatus.PENDING, result_tags=judged,
                completed_at=action.at if is_complete else None, lease_member_id=None, lease_until=None, opinions_wanted=wanted,
                opinions=(*review.opinions, Opinion(member.id, action.at, judged, outcome)),
                appealed=review.appealed and not is_complete, last_action=dataclasses.replace(action, outcome=outcome))
        return self._changes.change(account, team, review_id, action, decided)

    def skip(self, account: AccountStore, team: Team, review_id: str, member: Member, comment: str = "") -> Review:
        """The review is for others; the member is given it again where nothing else waits. Raises as `decide` does."""
        require_decider(member)
        check_comment(comment)

        def skipped(review: Review, action: Action) -> Review:
            require_seen(review, member)
            self._require_waiting(review, member)
            if member.id in review.skipped_by and review.lease_member_id != member.id:
                return review
            self._changes.require_room(account, review)
            others = [each for each in review.skipped_by if each != member.id]
            return dataclasses.replace(review, lease_member_id=None, lease_until=None, last_action=action,
                                       skipped_by=(*others, member.id)[-SKIPS_REMEMBERED:])
        return self._changes.change(account, team, review_id, self._action(ActionKind.SKIPPED, member, comment), skipped)

    def undo(self, account: AccountStore, team: Team, review_id: str, member: Member) -> Review:
        """Take the member's own decision back, within UNDO_MINUTES, and while it is the newest; the member has the review at hand then.

        The same again changes nothing. Where it was complete, its callback was sent; the next decision sends another.
        Raises NotFound, PermissionDenied, Conflict.
        """
        require_decider(member)

        def undone(review: Review, action: Action) -> Review:
            require_seen(review, member)
            if _is_again(review, action) and review.lease_member_id == member.id:
                return review
            if not review.opinions or review.opinions[-1].member_id != member.id:
                raise Conflict("The newest decision on the review is not the member's.")
            *before, last = review.opinions
            if action.at - last.at > timedelta(minutes=UNDO_MINUTES):
                raise Conflict(f"A decision can be taken back for {UNDO_MINUTES} minutes.")
            if review.appealed:
                raise Conflict("The decision is appealed, and cannot be taken back.")
            self._require_nobody_else(review, member)
            self._changes.require_room(account, review)
            return dataclasses.replace(
                review, status=ReviewStatus.PENDING, completed_at=None, opinions=tuple(before),
                result_tags=before[-1].tags if before else {}, appealed=last.outcome is not None, lease_member_id=member.id,
                lease_until=action.at + self._queue.lease, last_action=action)
        review = self._changes.change(account, team, review_id, self._action(ActionKind.UNDONE, member), undone)
        self._queue.note(account, team, review, member)
        return review

    def ask_second_opinion(self, account: AccountStore, team: Team, review_id: str, member: Member, reason: str = "") -> Review:
        """A review that was decided waits again, for a member who has not decided it, whose decision prevails.

        Nothing happens where it waits for another opinion already. Raises NotFound, InvalidRequest, PermissionDenied; Conflict where
        it was not decided yet, its content has ended, or it has as many opinions as it may have.
        """
        require_decider(member)
        check_comment(reason, "reason")

        def opened(review: Review, action: Action) -> Review:
            require_seen(review, member)
            if review.status is ReviewStatus.PENDING and review.opinions:
                return review
            return self._opened_again(account, review, action)
        return self._changes.change(account, team, review_id, self._action(ActionKind.OPINION_ASKED, member, reason), opened)

    def appeal(self, account: AccountStore, team: Team, review_id: str, member: Member, reason: str) -> Review:
        """As a second opinion is asked for; the decision on it says whether it upholds or overturns what was decided.

        The same again changes nothing. Raises NotFound, InvalidRequest, PermissionDenied, Conflict.
        """
        require_decider(member)
        check_comment(reason, "reason")
        if not reason.strip():
            raise InvalidRequest("An appeal needs a reason.", "reason")

        def appealed(review: Review, action: Action) -> Review:
            require_seen(review, member)
            if review.appealed and _is_again(review, action):
                return review
            if review.appealed:
                raise Conflict("An appeal of this review waits to be decided already.")
            return dataclasses.replace(self._opened_again(account, review, action), appealed=True)
        return self._changes.change(account, team, review_id, self._action(ActionKind.APPEALED, member, reason), appealed)

    def comment(self, account: AccountStore, team: Team, review_id: str, member: Member, text: str) -> Action:
        """Add a line to the history. Raises NotFound, InvalidRequest, PermissionDenied; Conflict where the history is full."""
        require_decider(member)
        check_comment(text)
        if not text.strip():
            raise InvalidRequest("A comment has at least one letter.", "comment")
        review = self._reviews.get(account, team, review_id)
        require_seen(review, member)
        self._changes.require_room(account, review)
        action = self._action(ActionKind.COMMENTED, member, text)
        action = dataclasses.replace(action, id=new_action_id(action.at, review.last_action, secrets.token_hex(10)))
        self._history.add(account, review, action)
        self._service.require_still(account, team, review)
        return action

    def history(self, account: AccountStore, team: Team, review_id: str, after: str | None = None,
                size: int = 100) -> tuple[list[Action], str | None]:
        """The lines of a review's history, the oldest first, after the line of this id; and the id to go on after. Raises NotFound."""
        review = self._reviews.get(account, team, review_id)
        actions, next_after = self._history.page(account, review, after, size)
        last = review.last_action
        if last is not None and last not in actions and last.id > (after or "") and (next_after is None or last.id < next_after):
            actions = sorted([*actions, last], key=lambda action: action.id)
        return actions, next_after

    def newest_history(self, account: AccountStore, team: Team, review_id: str, before: str | None = None,
                       size: int = 50) -> tuple[list[Action], str | None]:
        """As `history`, the newest first, from before the line of this id; and the id to go on before. Raises NotFound."""
        review = self._reviews.get(account, team, review_id)
        actions, next_before = self._history.newest(account, review, before, size)
        last = review.last_action
        if last is not None and last not in actions and (before is None or last.id < before) and last.id > (next_before or ""):
            actions = sorted([*actions, last], key=lambda action: action.id, reverse=True)
        return actions, next_before

    def _judged(self, account: AccountStore, team: Team, tags: Mapping[str, bool]) -> dict[str, bool]:
        codes = [tag.code for tag in self._tags.list(account, team)]
        if not tags.keys() <= set(codes):
            raise InvalidRequest("The team has no tag with one of these codes.", "tags")
        return {code: tags.get(code, False) for code in codes}

    def _opened_again(self, account: AccountStore, review: Review, action: Action) -> Review:
        if review.status is not ReviewStatus.COMPLETE:
            raise Conflict("The review was not decided yet.")
        wanted = len(review.opinions) + 1
        _check_opinions(wanted)
        self._changes.require_room(account, review)
        try:
            self._service.content_record(account, review)
        except NotFound:
            raise Conflict("The content of the review is not there any longer, so that nobody can judge it again.") from None
        return dataclasses.replace(review, status=ReviewStatus.PENDING, completed_at=None, opinions_wanted=wanted, lease_member_id=None,
                                   lease_until=None, last_action=action)

    def _require_waiting(self, review: Review, member: Member) -> None:
        if review.status is ReviewStatus.UNPUBLISHED:
            raise Conflict("The review is not published yet.")
        if review.status is ReviewStatus.COMPLETE:
            raise Conflict("The review was decided by another member.")
        self._require_nobody_else(review, member)

    def _require_nobody_else(self, review: Review, member: Member) -> None:
        if review.is_held(self._now()) and review.lease_member_id != member.id:
            raise Conflict("Another member has the review at hand.")

    def _action(self, kind: ActionKind, member: Member, comment: str = "", tags: Mapping[str, bool] | None = None) -> Action:
        return Action("", kind, member.id, self._now(), comment, tags or {})


def check_comment(text: str, target: str = "comment") -> None:
    """Raises InvalidRequest."""
    if len(text) > COMMENT_CHARACTERS or not is_sayable(text):
        raise InvalidRequest(f"It has {COMMENT_CHARACTERS} characters at the most, and of control characters only tab and line breaks.",
                             target)


def _is_again(review: Review, action: Action) -> bool:
    """Whether the review's newest change is this one, asked for again."""
    last = review.last_action
    return last is not None and (last.kind, last.member_id, last.comment) == (action.kind, action.member_id, action.comment)


def _check_opinions(wanted: int) -> None:
    if wanted > OPINION_LIMIT:
        raise Conflict(f"A review has {OPINION_LIMIT} opinions at the most.")
