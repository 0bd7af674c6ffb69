"""Teams as Content Moderator's review tool had them: members with roles, sub-teams, and tags to decide by."""
from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

PUBLIC = "public"
"""The sub-team that every team has, and that a review goes to which names none."""
TEAM_LIMIT = 100
"""Teams of an account."""
SUB_TEAM_LIMIT = 100
"""Sub-teams of a team, `public` included."""
MEMBER_LIMIT = 500
"""Members of a team. The review tool of Content Moderator took five."""
TAG_LIMIT = 100
"""Tags of a team, the two defaults included."""


class Role(StrEnum):
    """A reader sees, a moderator decides too, an admin does everything."""

    ADMIN = "admin"
    MODERATOR = "moderator"
    READER = "reader"

    @property
    def may_decide(self) -> bool:
        return self is not Role.READER


@dataclass(frozen=True, slots=True)
class Team:
    """`name` is as it was given; names are compared by `key`. `generation` is what everything of the team lies under."""

    name: str
    generation: str
    created_at: datetime
    etag: str | None = field(default=None, compare=False)

    @property
    def key(self) -> str:
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class SubTeam:
    name: str
    created_at: datetime

    @property
    def key(self) -> str:
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Member:
    """`sub_teams` are the keys of those whose reviews the member sees; of all where there are none.

    `object_id` is that of the member's identity in Microsoft Entra ID. `code_hash` is empty where there is no code.
    """

    id: str
    name: str
    email: str
    role: Role
    created_at: datetime
    sub_teams: tuple[str, ...] = ()
    object_id: str | None = None
    code_hash: str = ""
    etag: str | None = field(default=None, compare=False)

    def sees(self, sub_team: str) -> bool:
        """Whether reviews of this sub-team are for the member."""
        return not self.sub_teams or sub_team.lower() in self.sub_teams


@dataclass(frozen=True, slots=True)
class ReviewTag:
    """`code` is what decisions say, short enough for a key of the keyboard: two letters, one where it is a default."""

    code: str
    name: str
    description: str
    is_default: bool = False


DEFAULT_TAGS = (
    ReviewTag("a", "isadult", "Adult content.", is_default=True),
    ReviewTag("r", "isracy", "Racy content.", is_default=True),
)
