"""What members do with reviews, and the history of that: the wire."""
from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from shared.api.management.review_queue import (
    ERRORS,
    REVIEW,
    TARGETS,
    ActingMember,
    Comment,
    MemberId,
    member_named,
    review_body,
)
from shared.api.management.reviews import TeamReviewBody, TeamReviewPath
from shared.api.management.team_paths import team_of
from shared.api.management.wire import Wire, api
from shared.errors import Conflict, NotFound
from shared.http.operation import Auth, Call, Reply
from shared.reviews.decision_models import Action
from shared.storage.holdings.reviews import ACTION_ID
from shared.teams.models import TAG_LIMIT, Member

PAGE_SIZE = 100

TagCode = Annotated[str, Field(pattern=r"^[a-z]{1,2}$")]
ActionId = Annotated[str, Field(pattern=ACTION_ID)]


class NewDecision(ActingMember):
    """`tags` are codes of the team's tags and whether they are set; the others are not. With `secondOpinion` the review waits for
    another member's decision then."""

    tags: Annotated[dict[TagCode, bool], Field(max_length=TAG_LIMIT)]
    comment: Comment = ""
    second_opinion: bool = False


class SkippedReview(ActingMember):
    comment: Comment = ""


class NewComment(ActingMember):
    comment: Annotated[Comment, Field(min_length=1)]


class SecondOpinionWanted(ActingMember):
    reason: Comment = ""


class NewAppeal(Wire):
    """The account itself appeals where there is no `memberId`."""

    member_id: MemberId | None = None
    reason: Annotated[Comment, Field(min_length=1)]


class ActionBody(Wire):
    """A line of the history. `memberName` is not there where the member was deleted, or the account itself acted.

    `kind` is decided, skipped, commented, undone, opinionAsked or appealed; `outcome`, of a decision on an appeal, upheld or
    overturned.
    """

    id: str
    kind: str
    member_id: str
    member_name: str | None = None
    at: datetime
    comment: str
    tags: dict[str, bool]
    outcome: str | None = None

    @classmethod
    def of(cls, action: Action, member: Member | None) -> ActionBody:
        return cls(id=action.id, kind=action.kind, member_id=action.member_id, member_name=None if member is None else member.name,
                   at=action.at, comment=action.comment, tags=dict(action.tags), outcome=action.outcome)


class HistoryQuery(Wire):
    """`after` goes on from a page, as its `nextLink` says."""

    after: ActionId | None = None


class HistoryPage(Wire):
    value: list[ActionBody]
    next_link: str | None = None


@api.operation("POST", f"{REVIEW}/decide", auth=Auth.ACCOUNT, errors=ERRORS, audit_targets=TARGETS)
def decide_review(call: Call, path: TeamReviewPath, body: NewDecision) -> TeamReviewBody:
    """Decide a review for a member. 409 where somebody else has it at hand or has decided it; the same decision of the same member
    again changes nothing. A review that is complete sends its callback."""
    store, team = team_of(call, path)
    return review_body(call, path, team, call.services.review_decisions.decide(
        store, team, path.review_id, member_named(call, store, team, body.member_id), body.tags, body.comment, body.second_opinion))


@api.operation("POST", f"{REVIEW}/skip", auth=Auth.ACCOUNT, success=(204,), errors=ERRORS, audit_targets=TARGETS)
def skip_review(call: Call, path: TeamReviewPath, body: SkippedReview) -> None:
    """Put a review back for others; the member is given it again where nothing else waits."""
    store, team = team_of(call, path)
    member = member_named(call, store, team, body.member_id)
    call.services.review_decisions.skip(store, team, path.review_id, member, body.comment)


@api.operation("POST", f"{REVIEW}/undo", auth=Auth.ACCOUNT, errors=ERRORS, audit_targets=TARGETS)
def undo_review_decision(call: Call, path: TeamReviewPath, body: ActingMember) -> TeamReviewBody:
    """Take the member's own decision back, while it is the newest and not older than 10 minutes. The member has the review at hand
    then. The callback that was sent is not taken back; the next decision sends another."""
    store, team = team_of(call, path)
    return review_body(call, path, team, call.services.review_decisions.undo(
        store, team, path.review_id, member_named(call, store, team, body.member_id)))


@api.operation("POST", f"{REVIEW}/secondOpinion", auth=Auth.ACCOUNT, errors=ERRORS, audit_targets=TARGETS)
def ask_for_second_opinion(call: Call, path: TeamReviewPath, body: SecondOpinionWanted) -> TeamReviewBody:
    """Have a decided review wait for a member who has not decided it, whose decision prevails. 5 opinions at the most; 409 where the
    content has ended."""
    store, team = team_of(call, path)
    return review_body(call, path, team, call.services.review_decisions.ask_second_opinion(
        store, team, path.review_id, member_named(call, store, team, body.member_id), body.reason))


@api.operation("POST", f"{REVIEW}/appeal", auth=Auth.ACCOUNT, errors=ERRORS, audit_targets=TARGETS)
def appeal_review(call: Call, path: TeamReviewPath, body: NewAppeal) -> TeamReviewBody:
    """Appeal a decision: the review waits for a member who has not decided it, whose decision upholds or overturns it."""
    store, team = team_of(call, path)
    return review_body(call, path, team, call.services.review_decisions.appeal(
        store, team, path.review_id, member_named(call, store, team, body.member_id), body.reason))


@api.operation("POST", f"{REVIEW}/comments", auth=Auth.ACCOUNT, success=(201,), errors=ERRORS, audit_targets=TARGETS)
def comment_on_review(call: Call, path: TeamReviewPath, body: NewComment) -> Reply[ActionBody]:
    """Add a comment to the history of a review. A history takes 1,000 lines, and decisions beyond them."""
    store, team = team_of(call, path)
    member = member_named(call, store, team, body.member_id)
    action = call.services.review_decisions.comment(store, team, path.review_id, member, body.comment)
    return Reply(ActionBody.of(action, member))


@api.operation("GET", f"{REVIEW}/history", auth=Auth.ACCOUNT, errors=(NotFound, Conflict), audit=True, audit_targets=TARGETS)
def get_review_history(call: Call, path: TeamReviewPath, query: HistoryQuery) -> HistoryPage:
    """All that was done with a review, the oldest first. Lines are added, never changed."""
    store, team = team_of(call, path)
    actions, after = call.services.review_decisions.history(store, team, path.review_id, query.after, PAGE_SIZE)
    members = {member.id: member for member in call.services.team_members.list(store, team)} if actions else {}
    address = f"{call.endpoint}/accounts/{path.account_id}/teams/{team.name}/reviews/{path.review_id}/history"
    return HistoryPage(value=[ActionBody.of(action, members.get(action.member_id)) for action in actions],
                       next_link=None if after is None else f"{address}?after={after}")
