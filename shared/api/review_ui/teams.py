"""Where somebody begins who has signed in, and the teams of an account for its owner."""
from __future__ import annotations

from shared.api.review_ui.places import require_owner
from shared.api.review_ui.rendering import page
from shared.api.review_ui.wire import api, redirect
from shared.errors import NotFound
from shared.http.operation import Auth, Call, Document, Reply


@api.operation("GET", "", auth=Auth.SESSION, success=(303,))
def page_start(call: Call) -> Reply[None]:
    """A member begins with the queue, the owner with the teams."""
    team = call.session.team
    return redirect("/review/teams" if team is None else f"/review/teams/{team.name}/queue")


@api.operation("GET", "teams", auth=Auth.SESSION, errors=(NotFound,))
def page_teams(call: Call) -> Reply[Document]:
    """The account's teams."""
    return Reply(page(call, "teams.html", title="Teams", active="teams", teams=call.services.teams.list(require_owner(call))))
