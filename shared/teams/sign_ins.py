"""Signing in: by a member's own code, or by an identity from Microsoft Entra ID that a member was given."""
from __future__ import annotations

import hmac
from collections.abc import Callable

from shared.errors import Conflict, NotFound, Unauthenticated
from shared.storage.account_store import AccountStore
from shared.teams.models import Member, Team
from shared.teams.repository import TeamRepository
from shared.teams.rules import is_team_name
from shared.teams.sign_in_codes import hash_of_code, place_of_code

SignedIn = tuple[AccountStore, Team, Member]
_NO_HASH = "0" * 64


class SignInService:
    def __init__(self, teams: TeamRepository, open_account: Callable[[str], AccountStore]) -> None:
        """`open_account` raises NotFound or Conflict for an account that is not there, or not any more."""
        self._teams = teams
        self._open_account = open_account

    def member_of_code(self, code: str) -> SignedIn:
        """Who signs in with this code. Raises Unauthenticated, the same for every reason."""
        place, account = place_of_code(code), self.account_of_code(code)
        if place is None or account is None:
            raise _refused()
        member = self._teams.find_member(account, place.generation, place.member_id)
        expected = _NO_HASH if member is None else member.code_hash or _NO_HASH
        if not hmac.compare_digest(expected, hash_of_code(code)) or member is None:
            raise _refused()
        team = next((team for team in self._teams.all(account) if team.generation == place.generation), None)
        if team is None:  # deleted; a job is about to delete its members
            raise _refused()
        return account, team, member

    def account_of_code(self, code: str) -> AccountStore | None:
        """The account that a code names, whether the code opens anything or not: where the attempt is recorded."""
        place = place_of_code(code)
        return None if place is None else self._find_account(place.account_id)

    def member_of_identity(self, account_id: str, team_name: str, object_id: str) -> SignedIn:
        """Who signs in with this identity. Raises Unauthenticated, the same for every reason."""
        account = self._find_account(account_id)
        team = None if account is None or not is_team_name(team_name) else self._teams.find(account, team_name.lower())
        if account is not None and team is not None and object_id:
            found = [member for member in self._teams.members(account, team) if member.object_id == object_id.lower()]
            if len(found) == 1:  # two have it where a process died between giving it and looking: nobody knows whose it is
                return account, team, found[0]
        raise _refused()

    def _find_account(self, account_id: str) -> AccountStore | None:
        try:
            return self._open_account(account_id)
        except (NotFound, Conflict):
            return None


def _refused() -> Unauthenticated:
    return Unauthenticated("The sign-in is not valid.")
