"""Teams: making them, finding them, and their end with all that they own."""
from __future__ import annotations

import dataclasses
import re
import uuid
from collections.abc import Callable
from datetime import datetime

from shared.errors import Conflict, InvalidRequest, NotFound
from shared.storage.account_store import AccountStore
from shared.storage.holdings.teams import TEAM_NAME
from shared.teams.models import TEAM_LIMIT, Team
from shared.teams.repository import TeamRepository

_NAME = re.compile(TEAM_NAME)


class TeamService:
    def __init__(self, teams: TeamRepository, now: Callable[[], datetime]) -> None:
        self._teams = teams
        self._now = now

    def create(self, account: AccountStore, name: str) -> Team:
        """Raises InvalidRequest for a name that cannot be one or one team too many, Conflict where a team has the name."""
        if not _NAME.fullmatch(name):
            raise InvalidRequest("A team's name has 1 to 64 letters, digits, `-` and `_`, and begins with a letter or digit.", "name")
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
            self._teams.delete(account, team)
            raise
        return team

    def find(self, account: AccountStore, name: str) -> Team | None:
        return self._teams.find(account, name.lower()) if _NAME.fullmatch(name) else None

    def get(self, account: AccountStore, name: str) -> Team:
        """Raises NotFound."""
        team = self.find(account, name)
        if team is None:
            raise no_such_team()
        return team

    def list(self, account: AccountStore) -> list[Team]:
        """All teams of the account, by name."""
        return self._teams.all(account)

    def require_still(self, account: AccountStore, team: Team) -> None:
        """To be asked after something was written under the team's generation. Raises NotFound where the team ended meanwhile."""
        if self._teams.generation(account, team.key) != team.generation:
            raise no_such_team()

    def _check_room(self, account: AccountStore, more: int) -> None:
        if len(self._teams.all(account)) + more > TEAM_LIMIT:
            raise InvalidRequest(f"The account may not have more than {TEAM_LIMIT} teams.", "name")


def no_such_team() -> NotFound:
    return NotFound("The team does not exist.", target="teamName")


def _name_taken() -> Conflict:
    return Conflict("A team of the account has this name; names are compared without case.", "name")
