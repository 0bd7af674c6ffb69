"""Members of a team: who they are and what they may do. How they sign in is in sign_ins.py."""
from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime

from shared.errors import Conflict, InvalidRequest, NotFound
from shared.storage.account_store import AccountStore
from shared.storage.holdings import TEAM_MEMBER
from shared.storage.turns import busy, tries
from shared.teams import rules
from shared.teams.deletion import EraseRecord
from shared.teams.models import MEMBER_LIMIT, PUBLIC, Member, Role, Team
from shared.teams.repository import TeamRepository
from shared.teams.sign_in_codes import hash_of_code, new_code


class MemberService:
    def __init__(self, teams: TeamRepository, erase: EraseRecord, now: Callable[[], datetime]) -> None:
        self._teams = teams
        self._erase = erase
        self._now = now

    def list(self, account: AccountStore, team: Team) -> list[Member]:
        """All of them, the oldest first."""
        return sorted(self._teams.members(account, team), key=lambda member: (member.created_at, member.id))

    def get(self, account: AccountStore, team: Team, member_id: str) -> Member:
        """Raises NotFound."""
        member = self.find(account, team, member_id)
        if member is None:
            raise NotFound("The member does not exist.", target="memberId")
        return member

    def find(self, account: AccountStore, team: Team, member_id: str) -> Member | None:
        return self._teams.find_member(account, team.generation, member_id) if rules.is_member_id(member_id) else None

    def add(self, account: AccountStore, team: Team, name: str, email: str, role: Role, sub_teams: Sequence[str] = (),
            object_id: str | None = None) -> tuple[Member, str]:
        """Return the member and the sign-in code, which can be read this once only.

        Raises InvalidRequest, Conflict where another member has the identity, NotFound where the team ended meanwhile.
        """
        member = Member(uuid.uuid4().hex, name, email, role, self._now(), (), object_id or None)
        member = dataclasses.replace(member, sub_teams=self._keys_of(account, team, sub_teams))
        _check_texts(member)
        self._check_room(account, team, member)
        code = new_code(account.account_id, team.generation, member)
        member = dataclasses.replace(member, code_hash=hash_of_code(code))
        member = dataclasses.replace(member, etag=self._teams.insert_member(account, team, member))
        try:
            self._check_room(account, team, member)  # of requests at the same time, none goes over a limit
            self._teams.require_still(account, team)
        except (InvalidRequest, Conflict, NotFound):
            self._teams.delete_member(account, team, member.id)
            raise
        return member, code

    def change(self, account: AccountStore, team: Team, member_id: str, *, name: str | None = None, email: str | None = None,
               role: Role | None = None, sub_teams: Sequence[str] | None = None, object_id: str | None = None) -> Member:
        """Change what is given; an empty `object_id` takes the identity away. Raises as `add`."""
        keys = None if sub_teams is None else self._keys_of(account, team, sub_teams)
        given = {"name": name, "email": email, "role": role, "sub_teams": keys}
        for _ in tries():
            current = self.get(account, team, member_id)
            changed = dataclasses.replace(current, **{field: value for field, value in given.items() if value is not None})
            if object_id is not None:
                changed = dataclasses.replace(changed, object_id=object_id or None)
            _check_texts(changed)
            is_identity_new = changed.object_id != current.object_id
            if is_identity_new:
                self._others(account, team, changed)
            try:
                changed = dataclasses.replace(changed, etag=self._teams.replace_member(account, team, changed))
            except (Conflict, NotFound):
                continue
            try:
                if is_identity_new:
                    self._others(account, team, changed)
            except Conflict:  # another member got the identity at the same time
                self._give_back_identity(account, team, changed, current.object_id)
                raise
            return changed
        raise busy("The member")

    def renew_code(self, account: AccountStore, team: Team, member_id: str) -> tuple[Member, str]:
        """Return the member and a new sign-in code; the old one opens nothing from now on. Raises NotFound."""
        for _ in tries():
            member = self.get(account, team, member_id)
            code = new_code(account.account_id, team.generation, member)
            member = dataclasses.replace(member, code_hash=hash_of_code(code))
            try:
                return dataclasses.replace(member, etag=self._teams.replace_member(account, team, member)), code
            except (Conflict, NotFound):
                continue
        raise busy("The member")

    def delete(self, account: AccountStore, team: Team, member_id: str, requested_by: str) -> str:
        """The member is gone at once; return the id of the receipt. Raises NotFound. The last admin may go too."""
        self.get(account, team, member_id)
        return self._erase(account, TEAM_MEMBER, member_id, team.generation, requested_by,
                           {"teamId": team.generation, "memberId": member_id})

    def _keys_of(self, account: AccountStore, team: Team, names: Sequence[str]) -> tuple[str, ...]:
        known = {PUBLIC, *(sub_team.key for sub_team in self._teams.sub_teams(account, team))}
        keys = tuple(dict.fromkeys(name.lower() for name in names))
        if not known.issuperset(keys):
            raise InvalidRequest("The team has no sub-team of one of these names.", "subTeams")
        return keys

    def _give_back_identity(self, account: AccountStore, team: Team, member: Member, former: str | None) -> None:
        """Let the member have the former identity again, or none where another has that by now; whoever else changes the member."""
        taken = member.object_id
        for _ in tries():
            current = self._teams.find_member(account, team.generation, member.id)
            if current is None or current.object_id != taken:
                return
            given_back = dataclasses.replace(current, object_id=former)
            try:
                self._teams.replace_member(account, team, given_back)
            except (Conflict, NotFound):
                continue
            try:
                self._others(account, team, given_back)
            except Conflict:
                taken, former = former, None
                continue
            return
        raise busy("The member")

    def _check_room(self, account: AccountStore, team: Team, member: Member) -> None:
        if len(self._others(account, team, member)) >= MEMBER_LIMIT:
            raise InvalidRequest(f"A team may not have more than {MEMBER_LIMIT} members.")

    def _others(self, account: AccountStore, team: Team, member: Member) -> Sequence[Member]:
        """The other members. Raises Conflict where one of them has the identity."""
        others = [other for other in self._teams.members(account, team) if other.id != member.id]
        if member.object_id and any(other.object_id == member.object_id for other in others):
            raise Conflict("Another member of the team has this identity.", "objectId")
        return others


def _check_texts(member: Member) -> None:
    rules.check_name(member.name)
    rules.check_email(member.email)
    rules.check_object_id(member.object_id or "")
