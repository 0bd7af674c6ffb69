"""One item: what is to be judged, what is known of it, and what can be done with it."""
from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field

from shared.api.management.reviews import ReviewId
from shared.api.review_ui.places import TeamPath, TeamPlace, place_of
from shared.api.review_ui.queue import QueueQuery, next_address
from shared.api.review_ui.rendering import page
from shared.api.review_ui.wire import api, redirect
from shared.errors import Conflict, InvalidRequest, NotFound
from shared.http.operation import Auth, Call, Document, FormBody, Reply
from shared.reviews.decision_models import OWNER, UNDO_MINUTES
from shared.reviews.models import Review, ReviewFile, ReviewStatus, ReviewType
from shared.reviews.rules import LAST_TIMESTAMP
from shared.teams.models import Role

# A picture opened by itself runs nothing, whatever a browser takes it for.
_CONTENT_HEADERS = {"Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'", "Cache-Control": "private, no-store"}
_FRAMES_SHOWN = 100


class ItemPath(TeamPath):
    review_id: ReviewId


class FramePath(ItemPath):
    timestamp: Annotated[int, Field(ge=0, le=LAST_TIMESTAMP)]


class DecisionForm(FormBody):
    """`tags` are the codes that are set."""

    tags: list[str] = []
    comment: str = ""
    second_opinion: bool = False


@api.operation("GET", "teams/{teamName}/items/{reviewId}", auth=Auth.SESSION, errors=(NotFound,), audit=True)
def page_item(call: Call, path: ItemPath, query: QueueQuery) -> Reply[Document]:
    """An item with its content, scores, matches and tags."""
    place = place_of(call, path)
    review = _review(call, place, path.review_id)
    services = call.services
    actions, _ = services.review_decisions.history(place.account, place.team, review.id)
    names = {member.id: member.name for member in services.team_members.list(place.account, place.team)} | {OWNER.id: "the account"}
    return Reply(page(
        call, "item.html", title=f"Item {review.content_id}", active="queue", place=place, review=review, undo=query.undone_item,
        tags=services.review_tags.list(place.account, place.team), content=_shown(call, place, review),
        findings=list(_findings(review.analysis)), actions=actions, names=names, undo_minutes=UNDO_MINUTES,
        is_waiting=review.status is ReviewStatus.PENDING, may_decide=place.may(Role.MODERATOR)))


@api.operation("GET", "teams/{teamName}/items/{reviewId}/content", auth=Auth.SESSION, errors=(NotFound,), audit=True)
def page_item_content(call: Call, path: ItemPath) -> Reply[Document]:
    """The picture or text itself: never a page."""
    place = place_of(call, path)
    file = call.services.reviews.content(place.account, place.team, _review(call, place, path.review_id).id)
    return _file(file)


@api.operation("GET", "teams/{teamName}/items/{reviewId}/frames/{timestamp}", auth=Auth.SESSION, errors=(NotFound,), audit=True)
def page_item_frame(call: Call, path: FramePath) -> Reply[Document]:
    """The picture of a frame of a video."""
    place = place_of(call, path)
    review = _review(call, place, path.review_id)
    return _file(call.services.review_videos.frame(place.account, place.team, review.id, path.timestamp))


@api.operation("POST", "teams/{teamName}/items/{reviewId}/decide", auth=Auth.SESSION, success=(303,), errors=(NotFound, Conflict),
               audit_targets=("reviewId",))
def form_decide(call: Call, path: ItemPath, body: DecisionForm) -> Reply[None]:
    """Decide, and go on to the next item."""
    place, review = _to_change(call, path)
    call.services.review_decisions.decide(place.account, place.team, review.id, place.member, dict.fromkeys(body.tags, True),
                                          body.comment, body.second_opinion)
    return redirect(next_address(call, place, review.id))


@api.operation("POST", "teams/{teamName}/items/{reviewId}/skip", auth=Auth.SESSION, success=(303,), errors=(NotFound, Conflict),
               audit_targets=("reviewId",))
def form_skip(call: Call, path: ItemPath, body: DecisionForm) -> Reply[None]:
    """Leave it to others."""
    place, review = _to_change(call, path)
    call.services.review_decisions.skip(place.account, place.team, review.id, place.member, body.comment)
    return redirect(next_address(call, place, ""))


@api.operation("POST", "teams/{teamName}/items/{reviewId}/comment", auth=Auth.SESSION, success=(303,), errors=(NotFound, Conflict),
               audit_targets=("reviewId",))
def form_comment(call: Call, path: ItemPath, body: DecisionForm) -> Reply[None]:
    """Say something without deciding."""
    place, review = _to_change(call, path)
    call.services.review_decisions.comment(place.account, place.team, review.id, place.member, body.comment)
    return redirect(_address(place, review))


@api.operation("POST", "teams/{teamName}/items/{reviewId}/second-opinion", auth=Auth.SESSION, success=(303,),
               errors=(NotFound, Conflict), audit_targets=("reviewId",))
def form_second_opinion(call: Call, path: ItemPath, body: DecisionForm) -> Reply[None]:
    """What was decided waits again for somebody else."""
    place, review = _to_change(call, path)
    call.services.review_decisions.ask_second_opinion(place.account, place.team, review.id, place.member, body.comment)
    return redirect(_address(place, review))


@api.operation("POST", "teams/{teamName}/items/{reviewId}/appeal", auth=Auth.SESSION, success=(303,), errors=(NotFound, Conflict),
               audit_targets=("reviewId",))
def form_appeal(call: Call, path: ItemPath, body: DecisionForm) -> Reply[None]:
    """What was decided is doubted, for a reason."""
    place, review = _to_change(call, path)
    call.services.review_decisions.appeal(place.account, place.team, review.id, place.member, body.comment)
    return redirect(_address(place, review))


@api.operation("POST", "teams/{teamName}/items/{reviewId}/undo", auth=Auth.SESSION, success=(303,), errors=(NotFound, Conflict),
               audit_targets=("reviewId",))
def form_undo(call: Call, path: ItemPath, body: DecisionForm) -> Reply[None]:
    """Take the own decision back and look at the item again."""
    place, review = _to_change(call, path)
    call.services.review_decisions.undo(place.account, place.team, review.id, place.member)
    return redirect(_address(place, review))


def _to_change(call: Call, path: ItemPath) -> tuple[TeamPlace, Review]:
    place = place_of(call, path, Role.MODERATOR)
    return place, _review(call, place, path.review_id)


def _review(call: Call, place: TeamPlace, review_id: str) -> Review:
    """Raises NotFound, also where it is of a sub-team that the member does not see."""
    review = call.services.reviews.get(place.account, place.team, review_id)
    if not place.member.sees(review.sub_team):
        raise NotFound("There is no such item.")
    return review


def _address(place: TeamPlace, review: Review) -> str:
    return f"/review/teams/{place.team.name}/items/{review.id}"


def _file(file: ReviewFile) -> Reply[Document]:
    media_type = file.media_type if file.media_type.startswith("image/") else "text/plain; charset=utf-8"
    return Reply(Document(file.data, media_type), 200, _CONTENT_HEADERS)


def _shown(call: Call, place: TeamPlace, review: Review) -> dict[str, Any]:
    """What the page shows of the content: a text as such, pictures by their addresses. Empty where it has ended."""
    address = _address(place, review)
    try:
        if review.type is ReviewType.IMAGE:
            return {"pictures": [(f"{address}/content", "The picture to be judged")]} if _has_content(call, place, review) else {}
        text = call.services.reviews.content(place.account, place.team, review.id).data.decode("utf-8", "replace")
        if review.type is ReviewType.TEXT:
            return {"text": text}
        frames = call.services.review_videos.frames(place.account, place.team, review.id, size=_FRAMES_SHOWN)
        return {"video": text, "pictures": [(f"{address}/frames/{frame.timestamp}", f"Frame at {frame.timestamp}") for frame in frames]}
    except (NotFound, InvalidRequest):
        return {}


def _has_content(call: Call, place: TeamPlace, review: Review) -> bool:
    call.services.reviews.content_record(place.account, review)
    return True


def _findings(analysis: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, float | None, str]]:
    """Of what machines said: a name, the score where it is one from 0 to 1, and how it reads."""
    for name, value in analysis.items():
        label = f"{path}{name}"
        if isinstance(value, Mapping):
            yield from _findings(value, f"{label} · ")
        elif isinstance(value, list):
            for number, each in enumerate(value, 1):
                yield from _findings(each if isinstance(each, Mapping) else {str(number): each}, f"{label} · ")
        else:
            is_score = isinstance(value, float) and 0 <= value <= 1
            yield label, value if is_score else None, f"{value:.2f}" if isinstance(value, float) else str(value)
