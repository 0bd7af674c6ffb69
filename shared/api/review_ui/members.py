"""Members of a team and its sub-teams, and the end of a team: pages."""
from __future__ import annotations

from typing import Annotated

from pydantic import Field

from shared.api.review_ui.places import TeamPath, TeamPlace, place_of
from shared.api.review_ui.rendering import page
from shared.api.review_ui.wire import api, redirect
from shared.errors import Conflict, InvalidRequest, NotFound, PermissionDenied
from shared.http.operation import Auth, Call, Document, FormBody, Reply
from shared.storage.holdings.teams import MEMBER_ID
from shared.teams.models import Member, Role

_ROLE_ERRORS = (NotFound, PermissionDenied)
_CHANGE_ERRORS = (*_ROLE_ERRORS, Conflict)


class MemberPath(TeamPath):
    member_id: Annotated[str, Field(pattern=MEMBER_ID)]


class NewMember(FormBody):
    name: str = Field(max_length=128)
    email: str = Field(max_length=254)
    role: Role
    sub_teams: list[str] = Field([], max_length=100)


class ChangedMember(FormBody):
    role: Role
    sub_teams: list[str] = Field([], max_length=100)


class NewSubTeam(FormBody):
    name: str = Field(max_length=64)


class DeletedSubTeam(FormBody):
    name: str = Field(max_length=64)


class DeletedTeam(FormBody):
    """`confirmation` is the team's name, typed."""

    confirmation: str = Field(max_length=64)


@api.operation("GET", "teams/{teamName}/members", auth=Auth.SESSION, errors=_ROLE_ERRORS, audit=True)
def page_members(call: Call, path: TeamPath) -> Document:
    """Who is in the team and what they may do, for its admins."""
    return _members_page(call, place_of(call, path, Role.ADMIN))


@api.operation("POST", "teams/{teamName}/members", auth=Auth.SESSION, errors=_CHANGE_ERRORS)
def page_add_member(call: Call, path: TeamPath, body: NewMember) -> Document:
    """Add a member. The page shows the sign-in code, which can be read this once only."""
    place = place_of(call, path, Role.ADMIN)
    member, code = call.services.team_members.add(place.account, place.team, body.name, body.email, body.role, body.sub_teams)
    return _members_page(call, place, member, code)


@api.operation("POST", "teams/{teamName}/members/{memberId}", auth=Auth.SESSION, success=(303,), errors=_CHANGE_ERRORS,
               audit_targets=("memberId",))
def page_change_member(call: Call, path: MemberPath, body: ChangedMember) -> Reply[None]:
    """Change role and sub-teams."""
    place = place_of(call, path, Role.ADMIN)
    call.services.team_members.change(place.account, place.team, path.member_id, role=body.role, sub_teams=body.sub_teams)
    return redirect(_path_of(place))


@api.operation("POST", "teams/{teamName}/members/{memberId}/code", auth=Auth.SESSION, errors=_CHANGE_ERRORS,
               audit_targets=("memberId",))
def page_renew_code(call: Call, path: MemberPath, body: FormBody) -> Document:
    """Give a new sign-in code, which can be read this once only; the old one opens nothing from now on."""
    place = place_of(call, path, Role.ADMIN)
    member, code = call.services.team_members.renew_code(place.account, place.team, path.member_id)
    return _members_page(call, place, member, code)


@api.operation("POST", "teams/{teamName}/members/{memberId}/delete", auth=Auth.SESSION, errors=_CHANGE_ERRORS,
               audit_targets=("memberId",))
def page_delete_member(call: Call, path: MemberPath, body: FormBody) -> Document:
    """Delete a member. The page links to the receipt."""
    place = place_of(call, path, Role.ADMIN)
    receipt_id = call.services.team_members.delete(place.account, place.team, path.member_id, call.caller.name)
    return page(call, "deleted.html", title="The member is deleted", active="members", place=place, receipt_id=receipt_id,
                back=_path_of(place))


@api.operation("POST", "teams/{teamName}/sub-teams", auth=Auth.SESSION, success=(303,), errors=_CHANGE_ERRORS)
def page_add_sub_team(call: Call, path: TeamPath, body: NewSubTeam) -> Reply[None]:
    """Add a sub-team."""
    place = place_of(call, path, Role.ADMIN)
    call.services.teams.add_sub_team(place.account, place.team, body.name)
    return redirect(_path_of(place))


@api.operation("POST", "teams/{teamName}/sub-teams/delete", auth=Auth.SESSION, success=(303,), errors=_CHANGE_ERRORS)
def page_delete_sub_team(call: Call, path: TeamPath, body: DeletedSubTeam) -> Reply[None]:
    """Delete a sub-team that no member is restricted to."""
    place = place_of(call, path, Role.ADMIN)
    call.services.teams.delete_sub_team(place.account, place.team, body.name)
    return redirect(_path_of(place))


@api.operation("POST", "teams/{teamName}/delete", auth=Auth.SESSION, errors=_CHANGE_ERRORS)
def page_delete_team(call: Call, path: TeamPath, body: DeletedTeam) -> Document:
    """Delete the team with all that it owns, once its name is typed. The page links to the receipt."""
    place = place_of(call, path, Role.ADMIN)
    if body.confirmation != place.team.name:
        raise InvalidRequest("To delete the team, type its name exactly as it is shown. Nothing was deleted.", "confirmation")
    receipt_id = call.services.teams.delete(place.account, place.team.name, call.caller.name)
    return page(call, "deleted.html", title="The team is deleted", active="members", receipt_id=receipt_id, back="/review")


def _members_page(call: Call, place: TeamPlace, member: Member | None = None, code: str = "") -> Document:
    """`member` is the one whose sign-in `code` is shown."""
    return page(call, "members.html", title=f"Members of {place.team.name}", active="members", place=place,
                members=call.services.team_members.list(place.account, place.team), roles=list(Role),
                sub_teams=call.services.teams.sub_teams(place.account, place.team), may_change=place.may(Role.ADMIN),
                code_of=member, code=code)


def _path_of(place: TeamPlace) -> str:
    return f"/review/teams/{place.team.name}/members"
