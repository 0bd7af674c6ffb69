"""All reviews of a team: looked through by status, tag, reviewer and content id."""
from __future__ import annotations

from typing import Literal
from urllib.parse import urlencode

from pydantic import Field

from shared.api.management.reviews import ReviewId
from shared.api.review_ui.places import TeamPath, place_of
from shared.api.review_ui.rendering import page
from shared.api.review_ui.wire import Wire, api
from shared.errors import NotFound
from shared.http.operation import Auth, Call, Document, Reply
from shared.reviews.decision_models import OWNER
from shared.reviews.models import ReviewFilter, ReviewStatus

PAGE_SIZE = 50


class HistoryQuery(Wire):
    status: ReviewStatus | Literal[""] = ""
    tag: str = Field("", max_length=2)
    reviewer: str = Field("", max_length=32)
    text: str = Field("", max_length=512)
    after: ReviewId | Literal[""] = ""


@api.operation("GET", "teams/{teamName}/history", auth=Auth.SESSION, errors=(NotFound,))
def page_history(call: Call, path: TeamPath, query: HistoryQuery) -> Reply[Document]:
    """Reviews, the newest first, a page at a time."""
    place, services = place_of(call, path), call.services
    wanted = ReviewFilter(status=query.status or None, tag=query.tag or None,
                          member_id=query.reviewer or None, content_id_part=query.text or None)
    reviews, after = services.reviews.page(place.account, place.team, query.after or None, PAGE_SIZE, wanted)
    filters = {name: str(value) for name, value in query.model_dump(exclude={"after"}).items() if value}
    members = services.team_members.list(place.account, place.team)
    return Reply(page(
        call, "history.html", title="History", active="history", place=place, query=query, statuses=list(ReviewStatus),
        reviews=[review for review in reviews if place.member.sees(review.sub_team)], members=members,
        names={member.id: member.name for member in members} | {OWNER.id: "the account"},
        tags=services.review_tags.list(place.account, place.team),
        next_address="" if after is None else "?" + urlencode({**filters, "after": after})))
