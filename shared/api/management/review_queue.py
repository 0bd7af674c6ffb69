"""The queue of reviews, for programs that act for a member: the wire."""
from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from shared.api.management.reviews import TeamReviewBody, TeamReviewPath
from shared.api.management.team_paths import TEAM, TeamName, TeamPath, team_of
from shared.api.management.wire import Wire, api
from shared.errors import Conflict, NotFound, PermissionDenied
from shared.http.operation import Auth, Call
from shared.reviews.decision_models import COMMENT_CHARACTERS, OWNER
from shared.reviews.models import Review
from shared.storage.account_store import AccountStore
from shared.storage.holdings.teams import MEMBER_ID
from shared.teams.models import Member, Team

REVIEW = f"{TEAM}/reviews/{{reviewId}}"
TARGETS = ("teamName", "reviewId")
ERRORS = (NotFound, Conflict, PermissionDenied)

MemberId = Annotated[str, Field(pattern=MEMBER_ID)]
Comment = Annotated[str, Field(max_length=COMMENT_CHARACTERS)]


class ActingMember(Wire):
    """Who acts: a member of the team, by id; its role and sub-teams decide what it may do."""

    member_id: MemberId


class NextReview(ActingMember):
    """`subTeam` is the one whose reviews are wanted; any that the member sees where there is none."""

    sub_team: TeamName | None = None


class ReviewAtHand(Wire):
    """`leaseUntil` is when others may have the review. Nothing is there where no review waits for the member."""

    review: TeamReviewBody | None = None
    member_id: str | None = None
    lease_until: datetime | None = None


@api.operation("POST", f"{TEAM}/reviewQueue/next", auth=Auth.ACCOUNT, errors=ERRORS, audit_targets=("teamName",))
def get_next_review(call: Call, path: TeamPath, body: NextReview) -> ReviewAtHand:
    """Give a member the oldest review that waits and that nobody has, for REVIEW_LEASE_MINUTES; or the one that the member has at hand
    already; an empty answer where none waits for the member. What the member has decided is for others, what the member has skipped
    comes last."""
    store, team = team_of(call, path)
    review = call.services.review_queue.next(store, team, member_named(call, store, team, body.member_id), body.sub_team)
    return ReviewAtHand() if review is None else at_hand(call, path, team, review)


@api.operation("POST", f"{REVIEW}/extendLease", auth=Auth.ACCOUNT, errors=ERRORS, audit_targets=TARGETS)
def extend_review_lease(call: Call, path: TeamReviewPath, body: ActingMember) -> ReviewAtHand:
    """Let the member's time with a review begin anew. 409 where the member does not have it at hand."""
    store, team = team_of(call, path)
    member = member_named(call, store, team, body.member_id)
    return at_hand(call, path, team, call.services.review_queue.extend(store, team, path.review_id, member))


@api.operation("POST", f"{REVIEW}/release", auth=Auth.ACCOUNT, success=(204,), errors=ERRORS, audit_targets=TARGETS)
def release_review(call: Call, path: TeamReviewPath, body: ActingMember) -> None:
    """Put a review back for anybody; nothing happens where the member does not have it at hand."""
    store, team = team_of(call, path)
    call.services.review_queue.release(store, team, path.review_id, member_named(call, store, team, body.member_id))


def member_named(call: Call, store: AccountStore, team: Team, member_id: str | None) -> Member:
    """None is the account itself. Raises NotFound."""
    return OWNER if member_id is None else call.services.team_members.get(store, team, member_id)


def review_body(call: Call, path: TeamPath, team: Team, review: Review) -> TeamReviewBody:
    return TeamReviewBody.of(review, f"{call.endpoint}/accounts/{path.account_id}/teams/{team.name}/reviews")


def at_hand(call: Call, path: TeamPath, team: Team, review: Review) -> ReviewAtHand:
    return ReviewAtHand(review=review_body(call, path, team, review), member_id=review.lease_member_id, lease_until=review.lease_until)
