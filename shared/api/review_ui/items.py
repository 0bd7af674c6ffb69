"""One item: what is to be judged, what is known of it, and what can be done with it."""
from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field

from shared.api.management.reviews import ReviewId
from shared.api.review_ui.places import TeamPath, TeamPlace, place_of
from shared.api.review_ui.queue import QueueQuery, next_address
from shared.api.review_ui.rendering import page
from shared.api.review_ui.transcripts import shown_transcript
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
_LINES_SHOWN = 50


class ItemPath(TeamPath):
    review_id: ReviewId


class FramePath(ItemPath):
    timestamp: Annotated[int, Field(ge=0, le=LAST_TIMESTAMP)]


class ItemQuery(QueueQuery):
    """`before` is the line of the history to go on before, `frames_after` the timestamp to go on after."""

    before: Annotated[str, Field(pattern="^([0-9a-f]{32})?$")] = ""
    frames_after: Annotated[int, Field(ge=-1, le=LAST_TIMESTAMP)] = -1


class DecisionForm(FormBody):
    """`tags` are the codes that are set."""

    tags: list[str] = []
    comment: str = ""
    second_opinion: bool = False


@api.operation("GET", "teams/{teamName}/items/{reviewId}", auth=Auth.SESSION, errors=(NotFound,), audit=True)
def page_item(call: Call, path: ItemPath, query: ItemQuery) -> Reply[Document]:
    """An item with its content, scores, matches and tags."""
    place = place_of(call, path)
    review = _review(call, place, path.review_id)
    services = call.services
    actions, earlier = services.review_decisions.newest_history(place.account, place.team, review.id, query.before or None, _LINES_SHOWN)
    names = {member.id: member.name for member in services.team_members.list(place.account, place.team)} | {OWNER.id: "the account"}
    return Reply(page(
        call, "item.html", title=f"Item {review.content_id}", active="queue", place=place, review=review, undo=query.undone_item,
        tags=services.review_tags.list(place.account, place.team), content=_shown(call, place, review, query),
        findings=list(_findings(review.analysis)), actions=actions, earlier=earlier, names=names, undo_minutes=UNDO_MINUTES,
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


@api.operation("GET", "teams/{teamName}/items/{reviewId}/transcript", auth=Auth.SESSION, errors=(NotFound,), audit=True)
def page_item_transcript(call: Call, path: ItemPath) -> Reply[Document]:
    """The whole transcript of a video, as it was sent."""
    place = place_of(call, path)
    review = _review(call, place, path.review_id)
    transcript = call.services.review_videos.transcript(place.account, place.team, review.id)
    if transcript is None:
        raise NotFound("The video has no transcript.")
    return _file(ReviewFile("text/vtt", transcript.encode(), ""))


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


def _shown(call: Call, place: TeamPlace, review: Review, query: ItemQuery) -> dict[str, Any]:
    """What the page shows of the content: a text as such, pictures by their addresses. Empty where it has ended."""
    address = _address(place, review)
    try:
        if review.type is ReviewType.IMAGE:
            return {"pictures": [(f"{address}/content", "The picture to be judged", "")]} if _has_content(call, place, review) else {}
        text = call.services.reviews.content(place.account, place.team, review.id).data.decode("utf-8", "replace")
        return {"text": text} if review.type is ReviewType.TEXT else {"video": text, **_video(call, place, review, query.frames_after + 1)}
    except (NotFound, InvalidRequest):
        return {}


def _video(call: Call, place: TeamPlace, review: Review, from_timestamp: int) -> dict[str, Any]:
    """Frames from a timestamp on, and the transcript with what was found in it. Raises NotFound."""
    videos, where = call.services.review_videos, (place.account, place.team, review.id)
    frames = videos.frames(*where, from_timestamp, _FRAMES_SHOWN + 1)
    more, frames = len(frames) > _FRAMES_SHOWN, frames[:_FRAMES_SHOWN]
    transcript = videos.transcript(*where)
    pictures = [(f"{_address(place, review)}/frames/{frame.timestamp}", f"Frame at {_time_of(frame.timestamp, review.timescale)}",
                 _time_of(frame.timestamp, review.timescale)) for frame in frames]
    return {"pictures": pictures, "frames_after": frames[-1].timestamp if more else None,
            "transcript": None if transcript is None else shown_transcript(transcript, videos.transcript_terms(*where), review.timescale)}


def _time_of(timestamp: int, timescale: int | None) -> str:
    """`5.66 s`; in ticks where the video does not say how many a second has."""
    return f"{timestamp} ticks" if timescale is None else f"{timestamp / timescale:.2f} s"


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
            said = f"{value:.2f}" if isinstance(value, float) else str(value).lower() if isinstance(value, bool) else str(value)
            yield label, value if is_score else None, said
