"""The tags that a team decides by."""
from __future__ import annotations

from shared.api.review_ui.places import TeamPath, place_of
from shared.api.review_ui.rendering import page
from shared.api.review_ui.wire import api
from shared.errors import NotFound
from shared.http.operation import Auth, Call, Document, Reply


@api.operation("GET", "teams/{teamName}/tags", auth=Auth.SESSION, errors=(NotFound,))
def page_tags(call: Call, path: TeamPath) -> Reply[Document]:
    """What reviewers can set."""
    place = place_of(call, path)
    return Reply(page(call, "tags.html", title="Tags", active="tags", place=place,
                      tags=call.services.review_tags.list(place.account, place.team)))
