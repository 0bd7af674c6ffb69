"""A session: who signed in, by what, and how long that lasts."""
from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from shared.accounts.models import Account, KeyName

if TYPE_CHECKING:
    from shared.teams.models import Member, Team


@dataclass(frozen=True, slots=True)
class StoredSession:
    """What is kept of a session: of a member's the team and the member, of an owner's the name of the key.

    `credential` is a hash of what it was signed in with, so that the session ends with it. `expires_at` is its end however much it is used.
    """

    id: str
    team_key: str
    generation: str
    member_id: str
    key_name: str
    credential: str
    signed_in_at: datetime
    used_at: datetime
    expires_at: datetime
    etag: str | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Session:
    """A session that is valid now: of a member, with its team, or of the account's owner, who signed in with `key_name`.

    `csrf_token` is what the session's own pages send along with every change.
    """

    account: Account
    stored: StoredSession
    csrf_token: str
    key_name: KeyName | None = None
    team: Team | None = None
    member: Member | None = None

    @property
    def is_owner(self) -> bool:
        return self.member is None

    @property
    def caller(self) -> str:
        """What the audit trail calls who acts: the member's id, or the key's name."""
        return self.member.id if self.member is not None else str(self.key_name)
