"""The members of a team and their sign-in codes: the wire."""
from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from shared.api.management.team_paths import TEAM, DeletionReceipt, TeamName, TeamPath, deletion_begun, team_of
from shared.api.management.wire import Wire, api
from shared.errors import Conflict, NotFound
from shared.http.operation import Auth, Call, Reply
from shared.storage.holdings.teams import MEMBER_ID, OBJECT_ID
from shared.teams.models import SUB_TEAM_LIMIT, Member, Role
from shared.teams.rules import EMAIL_CHARACTERS, NAME_CHARACTERS

_MEMBERS = f"{TEAM}/members"
_MEMBER = f"{_MEMBERS}/{{memberId}}"
_TARGETS = ("teamName", "memberId")

MemberName = Annotated[str, Field(min_length=1, max_length=NAME_CHARACTERS)]
Email = Annotated[str, Field(max_length=EMAIL_CHARACTERS)]
SubTeams = Annotated[list[TeamName], Field(max_length=SUB_TEAM_LIMIT)]
ObjectId = Annotated[str, Field(pattern=OBJECT_ID)]


class MemberPath(TeamPath):
    member_id: str = Field(pattern=MEMBER_ID)


class NewMember(Wire):
    """`subTeams` are those whose reviews the member sees, all where there are none. `objectId` is that of an identity in Microsoft
    Entra ID that may sign in as the member, in lower case."""

    name: MemberName
    email: Email = ""
    role: Role
    sub_teams: SubTeams = Field(default_factory=list)
    object_id: ObjectId = ""


class MemberPatch(Wire):
    """What is not given stays. An empty `objectId` takes the identity away."""

    name: MemberName | None = None
    email: Email | None = None
    role: Role | None = None
    sub_teams: SubTeams | None = None
    object_id: ObjectId | None = None


class MemberBody(Wire):
    """`canSignIn` says whether the member has a sign-in code: one who came with an import has none."""

    id: str
    name: str
    email: str
    role: Role
    sub_teams: list[str]
    object_id: str | None = None
    can_sign_in: bool
    created_at: datetime

    @classmethod
    def of(cls, member: Member) -> MemberBody:
        return cls(**_fields(member))


class MemberWithCode(MemberBody):
    """With the sign-in code, which is not shown again."""

    sign_in_code: str


class MemberList(Wire):
    value: list[MemberBody]


@api.operation("POST", _MEMBERS, auth=Auth.ACCOUNT, success=(201,), errors=(NotFound, Conflict), audit_targets=("teamName",))
def add_team_member(call: Call, path: TeamPath, body: NewMember) -> Reply[MemberWithCode]:
    """Add a person to a team. The answer is the only place where the sign-in code can be read. 500 members at the most; 409 where
    another one has the identity."""
    member, code = call.services.team_members.add(
        *team_of(call, path), body.name, body.email, body.role, body.sub_teams, body.object_id or None)
    return Reply(MemberWithCode(**_fields(member), sign_in_code=code), headers={
        "Location": f"{call.endpoint}/accounts/{path.account_id}/teams/{path.team_name}/members/{member.id}"})


@api.operation("GET", _MEMBERS, auth=Auth.ACCOUNT, errors=(NotFound, Conflict), audit=True, audit_targets=("teamName",))
def list_team_members(call: Call, path: TeamPath) -> MemberList:
    """The people of a team, the oldest first."""
    return MemberList(value=[MemberBody.of(member) for member in call.services.team_members.list(*team_of(call, path))])


@api.operation("GET", _MEMBER, auth=Auth.ACCOUNT, errors=(NotFound, Conflict), audit=True, audit_targets=_TARGETS)
def get_team_member(call: Call, path: MemberPath) -> MemberBody:
    """One member."""
    return MemberBody.of(call.services.team_members.get(*team_of(call, path), path.member_id))


@api.operation("PATCH", _MEMBER, auth=Auth.ACCOUNT, errors=(NotFound, Conflict), audit_targets=_TARGETS,
               media_types=("application/merge-patch+json", "application/json"))
def change_team_member(call: Call, path: MemberPath, body: MemberPatch) -> MemberBody:
    """Change a member's name, address, role, sub-teams or identity."""
    return MemberBody.of(call.services.team_members.change(
        *team_of(call, path), path.member_id, name=body.name, email=body.email, role=body.role, sub_teams=body.sub_teams,
        object_id=body.object_id))


@api.operation("POST", f"{_MEMBER}/regenerateSignInCode", auth=Auth.ACCOUNT, errors=(NotFound, Conflict), audit_targets=_TARGETS)
def regenerate_sign_in_code(call: Call, path: MemberPath) -> MemberWithCode:
    """Make a new sign-in code, which is not shown again; the old one opens nothing from now on."""
    member, code = call.services.team_members.renew_code(*team_of(call, path), path.member_id)
    return MemberWithCode(**_fields(member), sign_in_code=code)


@api.operation("DELETE", _MEMBER, auth=Auth.ACCOUNT, success=(202,), errors=(NotFound, Conflict), audit_targets=_TARGETS)
def delete_team_member(call: Call, path: MemberPath) -> Reply[DeletionReceipt]:
    """Delete a member at once, with name and address; decisions keep an id that names nobody any longer. Archives of exports that
    hold members are deleted too. The receipt is at `Operation-Location`. The last admin may go: the account adds another."""
    return deletion_begun(call, call.services.team_members.delete(*team_of(call, path), path.member_id, call.caller.name))


def _fields(member: Member) -> dict[str, object]:
    return {"id": member.id, "name": member.name, "email": member.email, "role": member.role, "sub_teams": list(member.sub_teams),
            "object_id": member.object_id, "can_sign_in": bool(member.code_hash), "created_at": member.created_at}
