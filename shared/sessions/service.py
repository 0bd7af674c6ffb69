"""Signing in, being signed in, signing out.

What a browser holds is a token that the account's own key signed; it names a session that is kept, so that signing out ends it.
Nothing is believed for longer than a request: account, key, team and member are read with each.
"""
from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from shared.accounts.models import Account, AccountNotActive, KeyName
from shared.accounts.service import AccountService
from shared.crypto.links import SignedLink, link_of, token_of
from shared.errors import Conflict, NotFound, Unauthenticated
from shared.sessions.credentials import credential_of_code, credential_of_identity, credential_of_key
from shared.sessions.models import Session, StoredSession
from shared.sessions.repository import SessionRepository
from shared.sessions.tries import SignInTries
from shared.storage.account_store import AccountStore
from shared.teams.members import MemberService
from shared.teams.models import Member, Team
from shared.teams.service import TeamService
from shared.teams.sign_in_codes import place_of_code
from shared.teams.sign_ins import SignInService

_PURPOSE = "review session"
_CSRF_PURPOSE = "review session csrf"
_ID_BYTES = 16
_USE_NOTED_AFTER = timedelta(minutes=1)
Record = Callable[[Session], None]


@dataclasses.dataclass(frozen=True, slots=True)
class SessionRules:
    """A session ends `longest` after it began, and when it was not used for `idle`.

    `platform_sign_in`: whether the platform's word counts for who somebody is.
    """

    longest: timedelta
    idle: timedelta
    platform_sign_in: bool


class SessionService:
    def __init__(self, accounts: AccountService, teams: TeamService, members: MemberService, sign_ins: SignInService,
                 rules: SessionRules, now: Callable[[], datetime]) -> None:
        self._sessions = SessionRepository()
        self._accounts = accounts
        self._teams = teams
        self._members = members
        self._sign_ins = sign_ins
        self._rules = rules
        self._tries = SignInTries()
        self._now = now

    @property
    def takes_platform_sign_in(self) -> bool:
        return self._rules.platform_sign_in

    def sign_in(self, secret: str, came_from: str, record: Record) -> tuple[Session, str]:
        """The session of a member's code or an account's key, and the token that opens it.

        `record` is called before there is a session, which there is not if it raises. Raises Unauthenticated, the same for every
        reason, QuotaExceeded where too many from the network `came_from` have failed.
        """
        self._tries.begin(came_from)
        if place_of_code(secret) is not None:
            store, team, member = self._sign_ins.member_of_code(secret)
            begun = self._begin_member(store, team, member, credential_of_code(member), record)
        else:
            account, name = self._accounts.authenticate_key(secret)
            begun = self._begin_owner(account, name, record)
        self._tries.succeed(came_from)
        return begun

    def sign_in_as(self, account_id: str, team_name: str, object_id: str, came_from: str, record: Record) -> tuple[Session, str]:
        """The session of the member that an identity was given to, which the platform vouches for. Raises as `sign_in`."""
        if not self._rules.platform_sign_in:
            raise Unauthenticated("The platform's sign-in is not turned on.")
        self._tries.begin(came_from)
        store, team, member = self._sign_ins.member_of_identity(account_id, team_name, object_id)
        begun = self._begin_member(store, team, member, credential_of_identity(member), record)
        self._tries.succeed(came_from)
        return begun

    def open(self, token: str) -> Session:
        """The session that the token names, if it is valid now, and a note that it was used.

        Raises Unauthenticated, the same for every reason.
        """
        try:
            link = link_of(token)
            account = self._accounts.get(link.account_id)
            store = self._accounts.open(account)
        except (ValueError, NotFound, AccountNotActive):
            raise _ended() from None
        now = self._now()
        if not link.is_signed_by(store.keys, _PURPOSE) or link.expires_at <= now.timestamp():
            raise _ended()
        stored = self._sessions.find(store, link.subject.hex())
        if stored is None or now >= min(stored.expires_at, stored.used_at + self._rules.idle):
            raise _ended()
        session = self._session_of(account, store, stored)
        if now - stored.used_at >= _USE_NOTED_AFTER:
            self._note_use(store, dataclasses.replace(stored, used_at=now))
        return session

    def end(self, session: Session) -> None:
        """No token opens the session from now on."""
        self._sessions.delete(self._accounts.open(session.account), session.stored.id)

    def _session_of(self, account: Account, store: AccountStore, stored: StoredSession) -> Session:
        csrf_token = _csrf_token(store, stored.id)
        if not stored.member_id:
            name = KeyName(stored.key_name)
            if credential_of_key(account, name) != stored.credential:
                raise _ended()
            return Session(account, stored, csrf_token, key_name=name)
        team = self._teams.find(store, stored.team_key)
        if team is None or team.generation != stored.generation:
            raise _ended()
        member = self._members.find(store, team, stored.member_id)
        if member is None or stored.credential not in self._credentials(member):
            raise _ended()
        return Session(account, stored, csrf_token, team=team, member=member)

    def _credentials(self, member: Member) -> set[str]:
        """Those that the member can sign in with now."""
        identity = credential_of_identity(member) if self._rules.platform_sign_in else ""
        return {credential_of_code(member), identity} - {""}

    def _note_use(self, store: AccountStore, session: StoredSession) -> None:
        try:
            self._sessions.replace(store, session)
        except Conflict:  # another request of the session was quicker
            return
        except NotFound:
            raise _ended() from None

    def _begin_member(self, store: AccountStore, team: Team, member: Member, credential: str, record: Record) -> tuple[Session, str]:
        account = self._accounts.get(store.account_id)
        stored = dataclasses.replace(self._new(credential), team_key=team.key, generation=team.generation, member_id=member.id)
        return self._begin(store, Session(account, stored, _csrf_token(store, stored.id), team=team, member=member), record)

    def _begin_owner(self, account: Account, name: KeyName, record: Record) -> tuple[Session, str]:
        store = self._accounts.open(account)
        stored = dataclasses.replace(self._new(credential_of_key(account, name)), key_name=name.value)
        return self._begin(store, Session(account, stored, _csrf_token(store, stored.id), key_name=name), record)

    def _new(self, credential: str) -> StoredSession:
        now = self._now()
        return StoredSession(secrets.token_hex(_ID_BYTES), "", "", "", "", credential, now, now, now + self._rules.longest)

    def _begin(self, store: AccountStore, session: Session, record: Record) -> tuple[Session, str]:
        record(session)
        self._sessions.insert(store, session.stored)
        link = SignedLink(store.account_id, bytes.fromhex(session.stored.id), int(session.stored.expires_at.timestamp()))
        return session, token_of(link, store.keys, _PURPOSE)


def _csrf_token(store: AccountStore, session_id: str) -> str:
    return store.keys.keyed_hash(_CSRF_PURPOSE, session_id).hex()


def _ended() -> Unauthenticated:
    return Unauthenticated("The session is missing, has ended or is not valid.")
