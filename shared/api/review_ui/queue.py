"""What waits, and the next item of it."""
from __future__ import annotations

import re

from shared.api.management.reviews import REVIEW_ID
from shared.api.review_ui.places import TeamPath, TeamPlace, place_of
from shared.api.review_ui.rendering import page
from shared.api.review_ui.wire import Wire, api, redirect
from shared.errors import Conflict, NotFound
from shared.http.operation import Auth, Call, Document, FormBody, Reply
from shared.teams.models import Role

_REVIEW_ID = re.compile(REVIEW_ID)


class QueueQuery(Wire):
    """`undo` is the item that was decided last."""

    undo: str = ""

    @property
    def undone_item(self) -> str:
        """Empty for what is no id: it becomes part of an address that a form is sent to."""
        return self.undo if _REVIEW_ID.fullmatch(self.undo) else ""


@api.operation("GET", "teams/{teamName}/queue", auth=Auth.SESSION, errors=(NotFound,))
def page_queue(call: Call, path: TeamPath, query: QueueQuery) -> Reply[Document]:
    """How much waits of what the person sees, counted to a bound."""
    place = place_of(call, path)
    counts = call.services.review_statistics.waiting(place.account, place.team, place.member)
    return Reply(page(call, "queue.html", title="Queue", active="queue", place=place, counts=counts, undo=query.undone_item,
                      may_decide=place.may(Role.MODERATOR)))


@api.operation("POST", "teams/{teamName}/queue/next", auth=Auth.SESSION, success=(303,), errors=(NotFound, Conflict))
def form_next_item(call: Call, path: TeamPath, body: FormBody) -> Reply[None]:
    """Take the next item and look at it."""
    return redirect(next_address(call, place_of(call, path, Role.MODERATOR), ""))


def next_address(call: Call, place: TeamPlace, undo: str) -> str:
    """The page of the item that the person has from now on, or of the queue where nothing waits; `undo` can be taken back there."""
    review = call.services.review_queue.next(place.account, place.team, place.member)
    suffix = f"?undo={undo}" if undo else ""
    base = f"/review/teams/{place.team.name}"
    return f"{base}/queue{suffix}" if review is None else f"{base}/items/{review.id}{suffix}"
