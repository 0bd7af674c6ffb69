"""The tags that reviewers of a team set: a page."""
from __future__ import annotations

from typing import Annotated

from pydantic import Field

from shared.api.review_ui.places import TeamPath, place_of
from shared.api.review_ui.rendering import page
from shared.api.review_ui.wire import api, redirect
from shared.errors import Conflict, NotFound, PermissionDenied
from shared.http.operation import Auth, Call, Document, FormBody, Reply
from shared.teams.models import Role


class TagPath(TeamPath):
    code: Annotated[str, Field(pattern="^[a-z]{1,2}$")]


class TagForm(FormBody):
    code: str = Field(max_length=2)
    name: str = Field(max_length=128)
    description: str = Field("", max_length=1024)


@api.operation("GET", "teams/{teamName}/tags", auth=Auth.SESSION, errors=(NotFound, PermissionDenied))
def page_tags(call: Call, path: TeamPath) -> Document:
    """The tags of the team; for admins, with what changes them."""
    place = place_of(call, path)
    return page(call, "tags.html", title=f"Tags of {place.team.name}", active="tags", place=place,
                tags=call.services.review_tags.list(place.account, place.team), may_change=place.may(Role.ADMIN))


@api.operation("POST", "teams/{teamName}/tags", auth=Auth.SESSION, success=(303,), errors=(NotFound, PermissionDenied, Conflict))
def page_put_tag(call: Call, path: TeamPath, body: TagForm) -> Reply[None]:
    """Make a tag, or change the one of this code."""
    place = place_of(call, path, Role.ADMIN)
    call.services.review_tags.put(place.account, place.team, body.code, body.name, body.description)
    return redirect(f"/review/teams/{place.team.name}/tags")


@api.operation("POST", "teams/{teamName}/tags/{code}/delete", auth=Auth.SESSION, errors=(NotFound, PermissionDenied, Conflict))
def page_delete_tag(call: Call, path: TagPath, body: FormBody) -> Document:
    """Delete a tag. The page links to the receipt."""
    place = place_of(call, path, Role.ADMIN)
    receipt_id = call.services.review_tags.delete(place.account, place.team, path.code, call.caller.name)
    return page(call, "deleted.html", title="The tag is deleted", active="tags", place=place, receipt_id=receipt_id,
                back=f"/review/teams/{place.team.name}/tags")
