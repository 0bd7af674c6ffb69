"""The people of a team."""
from __future__ import annotations

from shared.api.review_ui.places import TeamPath, place_of
from shared.api.review_ui.rendering import page
from shared.api.review_ui.wire import api
from shared.errors import NotFound, PermissionDenied
from shared.http.operation import Auth, Call, Document, Reply
from shared.teams.models import Role


@api.operation("GET", "teams/{teamName}/members", auth=Auth.SESSION, errors=(NotFound, PermissionDenied))
def page_members(call: Call, path: TeamPath) -> Reply[Document]:
    """Who is in the team, for its admins."""
    place = place_of(call, path, Role.ADMIN)
    return Reply(page(call, "members.html", title="Members", active="members", place=place,
                      members=call.services.team_members.list(place.account, place.team)))
