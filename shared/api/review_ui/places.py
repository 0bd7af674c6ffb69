"""Whose team a page is about, and whether the person who is signed in may be there."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from shared.api.review_ui.wire import Wire
from shared.errors import NotFound, PermissionDenied
from shared.http.operation import Call
from shared.reviews.decision_models import OWNER
from shared.storage.account_store import AccountStore
from shared.storage.holdings.teams import TEAM_NAME
from shared.teams.models import Member, Role, Team

_RANKS = {Role.READER: 0, Role.MODERATOR: 1, Role.ADMIN: 2}


class TeamPath(Wire):
    team_name: Annotated[str, Field(pattern=TEAM_NAME)]


@dataclass(frozen=True, slots=True)
class TeamPlace:
    """A team, its account's storage, and who is there: a member, or the account's owner, who may do all that an admin may."""

    account: AccountStore
    team: Team
    member: Member

    def may(self, role: Role) -> bool:
        return _RANKS[self.member.role] >= _RANKS[role]


def place_of(call: Call, path: TeamPath, role: Role = Role.READER) -> TeamPlace:
    """The team that the address names, for somebody of at least this role there.

    Raises NotFound, which is all that others learn of a team, PermissionDenied for a role that is not enough.
    """
    session = call.session
    if session.is_owner:
        return TeamPlace(call.account, call.services.teams.get(call.account, path.team_name), OWNER)
    if session.team is None or session.member is None or session.team.key != path.team_name.lower():
        raise NotFound("There is no such team.")
    place = TeamPlace(call.account, session.team, session.member)
    require(place, role)
    return place


def require(place: TeamPlace, role: Role) -> None:
    """Raises PermissionDenied."""
    if not place.may(role):
        raise PermissionDenied(f"Your role in this team is {place.member.role.value}; this takes a {role.value}.")


def require_owner(call: Call) -> AccountStore:
    """The account's storage, for who signed in with a key of the account. Raises NotFound, as for a page that is not there."""
    if not call.session.is_owner:
        raise NotFound("There is no such page.")
    return call.account
