"""What waits and what was decided in a team, and how far its members agree: the wire."""
from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from shared.api.management.team_paths import TEAM, TeamPath, team_of
from shared.api.management.wire import Wire, api
from shared.errors import Conflict, NotFound
from shared.http.operation import Auth, Call
from shared.storage.account_store import AccountStore
from shared.teams.models import Team


class SubTeamCounts(Wire):
    """`waiting` is of the whole queue, the others of the reviews counted."""

    sub_team: str
    waiting: int
    by_status: dict[str, int]


class ReviewerCounts(Wire):
    """Decisions that stand. No `memberName` where the member was deleted, or the account itself decided."""

    member_id: str
    member_name: str | None = None
    decisions: int


class ReviewCountsBody(Wire):
    """Of the newest 10,000 reviews, which are all where `isWhole`; `waiting`, `atHand` and the oldest are of the whole queue.

    `byTag` counts complete reviews with that tag set.
    """

    reviews: int
    is_whole: bool
    by_status: dict[str, int]
    by_tag: dict[str, int]
    by_sub_team: list[SubTeamCounts]
    by_reviewer: list[ReviewerCounts]
    waiting: int
    at_hand: int
    oldest_waiting_since: datetime | None = None


class TagAgreementBody(Wire):
    """`percent` is 0 to 100; `kappa` is Cohen's, -1 to 1, and not there where chance alone would have both always agree."""

    code: str
    reviews: int
    both: int
    only_first: int
    only_second: int
    neither: int
    percent: float
    kappa: float | None = None


class PairAgreementBody(Wire):
    first_member_id: str
    first_member_name: str | None = None
    second_member_id: str
    second_member_name: str | None = None
    reviews: int
    tags: list[TagAgreementBody]


class ReviewAgreementBody(Wire):
    """Of the newest 10,000 reviews, which are all where `isWhole`; `judgedTwice` of them have two or more opinions."""

    reviews: int
    is_whole: bool
    judged_twice: int
    pairs: list[PairAgreementBody]


@api.operation("GET", f"{TEAM}/reviewCounts", auth=Auth.ACCOUNT, errors=(NotFound, Conflict))
def get_review_counts(call: Call, path: TeamPath) -> ReviewCountsBody:
    """How many reviews wait, since when, and what was decided: by status, sub-team, tag and reviewer."""
    store, team = team_of(call, path)
    counts, name_of = call.services.review_statistics.counts(store, team), _names(call, store, team)
    sub_teams = sorted({*counts.by_sub_team, *counts.waiting_by_sub_team})
    return ReviewCountsBody(
        reviews=counts.reviews, is_whole=counts.is_whole, by_status={**counts.by_status}, by_tag={**counts.by_tag},
        by_sub_team=[SubTeamCounts(sub_team=name, waiting=counts.waiting_by_sub_team.get(name, 0),
                                   by_status={**counts.by_sub_team.get(name, {})}) for name in sub_teams],
        by_reviewer=[ReviewerCounts(member_id=member_id, member_name=name_of(member_id), decisions=decisions)
                     for member_id, decisions in sorted(counts.by_reviewer.items(), key=lambda item: (-item[1], item[0]))],
        waiting=counts.waiting, at_hand=counts.at_hand, oldest_waiting_since=counts.oldest_waiting_since)


@api.operation("GET", f"{TEAM}/reviewAgreement", auth=Auth.ACCOUNT, errors=(NotFound, Conflict))
def get_review_agreement(call: Call, path: TeamPath) -> ReviewAgreementBody:
    """How far each two members agree on reviews that both decided, for each tag: percent agreement and Cohen's kappa."""
    store, team = team_of(call, path)
    found, name_of = call.services.review_statistics.agreement(store, team), _names(call, store, team)
    return ReviewAgreementBody(reviews=found.reviews, is_whole=found.is_whole, judged_twice=found.judged_twice, pairs=[
        PairAgreementBody(
            first_member_id=pair.first, first_member_name=name_of(pair.first), second_member_id=pair.second,
            second_member_name=name_of(pair.second), reviews=pair.reviews, tags=[
                TagAgreementBody(code=tag.code, reviews=tag.reviews, both=tag.both, only_first=tag.only_first,
                                 only_second=tag.only_second, neither=tag.neither, percent=tag.percent, kappa=tag.kappa)
                for tag in pair.tags]) for pair in found.pairs])


def _names(call: Call, store: AccountStore, team: Team) -> Callable[[str], str | None]:
    return {member.id: member.name for member in call.services.team_members.list(store, team)}.get
