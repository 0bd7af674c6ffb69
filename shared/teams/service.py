"""Teams and their sub-teams. Members are in members.py, tags in tags.py."""
from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Callable
from datetime import datetime

from shared.errors import Conflict, InvalidRequest, NotFound
from shared.storage.account_store import AccountStore
from shared.storage.holdings import TEAM
from shared.teams import rules
from shared.teams.deletion import EraseRecord
from shared.teams.models import PUBLIC, SUB_TEAM_LIMIT, TEAM_LIMIT, SubTeam, Team
from shared.teams.repository import TeamRepository, no_such_team


class TeamService:
    def __init__(self, teams: TeamRepository, erase: EraseRecord, now: Callable[[], datetime]) -> None:
        self._teams = teams
        self._erase = erase
        self._now = now

    def create(self, account: AccountStore, name: str) -> Team:
        """Raises InvalidRequest for a name that cannot be one or one team too many, Conflict where a team has the name."""
        rules.check_team_name(name)
        team = Team(name, uuid.uuid4().hex, self._now())
        if self._teams.find(account, team.key) is not None:
            raise _name_taken()
        self._check_room(account, 1)
        try:
            team = dataclasses.replace(team, etag=self._teams.insert(account, team))
        except Conflict:
            raise _name_taken() from None
        try:
            self._check_room(account, 0)  # of requests at the same time, none goes over the limit
        except InvalidRequest:
            self._teams.take_back(account, team)
            raise
        return team

    def find(self, account: AccountStore, name: str) -> Team | None:
        return self._teams.find(account, name.lower()) if rules.is_team_name(name) else None

    def get(self, account: AccountStore, name: str) -> Team:
        """Raises NotFound."""
        team = self.find(account, name)
        if team is None:
            raise no_such_team()
        return team

    def list(self, account: AccountStore) -> list[Team]:
        """All teams of the account, by name."""
        return self._teams.all(account)

    def delete(self, account: AccountStore, name: str, requested_by: str) -> str:
        """The team is gone at once with all that it owns, and a job deletes that; return the id of the receipt. Raises NotFound."""
        team = self.get(account, name)
        return self._erase(account, TEAM, team.key, None, requested_by, {"teamId": team.generation})

    def require_still(self, account: AccountStore, team: Team) -> None:
        """To be asked after something was written under the team's generation. Raises NotFound where the team ended meanwhile."""
        self._teams.require_still(account, team)

    def sub_teams(self, account: AccountStore, team: Team) -> list[SubTeam]:
        """`public` first, then by name."""
        return [_public_of(team), *self._teams.sub_teams(account, team)]

    def find_sub_team(self, account: AccountStore, team: Team, name: str) -> SubTeam | None:
        key = name.lower()
        if key == PUBLIC:
            return _public_of(team)
        return self._teams.find_sub_team(account, team, key) if rules.is_team_name(name) else None

    def add_sub_team(self, account: AccountStore, team: Team, name: str) -> SubTeam:
        """Raises InvalidRequest, Conflict where a sub-team has the name, NotFound where the team ended meanwhile."""
        rules.check_team_name(name)
        sub_team = SubTeam(name, self._now())
        taken = Conflict("A sub-team of the team has this name; names are compared without case.", "name")
        if sub_team.key == PUBLIC:
            raise taken
        self._check_sub_team_room(account, team, 1)
        try:
            self._teams.insert_sub_team(account, team, sub_team)
        except Conflict:
            raise taken from None
        try:
            self._check_sub_team_room(account, team, 0)
            self._teams.require_still(account, team)
        except (InvalidRequest, NotFound):
            self._teams.delete_sub_team(account, team, sub_team.key)
            raise
        return sub_team

    def delete_sub_team(self, account: AccountStore, team: Team, name: str) -> None:
        """Raises NotFound; Conflict for `public`, and where members see its reviews alone with those of others they are named to.

        A member who is left without a sub-team would see all of them: therefore members are changed first.
        """
        sub_team = self.find_sub_team(account, team, name)
        if sub_team is None:
            raise NotFound("The sub-team does not exist.", target="subTeamName")
        if sub_team.key == PUBLIC:
            raise Conflict("The sub-team `public` cannot be deleted.", "subTeamName")
        if any(sub_team.key in member.sub_teams for member in self._teams.members(account, team)):
            raise Conflict("Members of the team are restricted to this sub-team; change them first.", "subTeamName")
        self._teams.delete_sub_team(account, team, sub_team.key)

    def _check_room(self, account: AccountStore, more: int) -> None:
        if len(self._teams.all(account)) + more > TEAM_LIMIT:
            raise InvalidRequest(f"The account may not have more than {TEAM_LIMIT} teams.", "name")

    def _check_sub_team_room(self, account: AccountStore, team: Team, more: int) -> None:
        if len(self.sub_teams(account, team)) + more > SUB_TEAM_LIMIT:
            raise InvalidRequest(f"A team may not have more than {SUB_TEAM_LIMIT} sub-teams.", "name")


def _public_of(team: Team) -> SubTeam:
    return SubTeam(PUBLIC, team.created_at)


def _name_taken() -> Conflict:
    return Conflict("A team of the account has this name; names are compared without case.", "name")
