"""What people did with a review: opinions, and the lines of its history."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from shared.teams.models import Member, Role

OPINION_LIMIT = 5
"""Opinions on a review, those after appeals included."""
ACTION_LIMIT = 1_000
"""Lines of a review's history. Decisions are taken beyond it, so that no review is left undecidable."""
COMMENT_CHARACTERS = 1_024
UNDO_MINUTES = 10
"""So long a member may take back the own decision."""
SKIPS_REMEMBERED = 50
"""Members of whom a review knows that they skipped it, the latest."""

OWNER = Member("0" * 32, "", "", Role.ADMIN, datetime.min)
"""Who acts for the account itself: an admin of every team who is no member, and so has no name."""


class ActionKind(StrEnum):
    DECIDED = "decided"
    SKIPPED = "skipped"
    COMMENTED = "commented"
    UNDONE = "undone"
    OPINION_ASKED = "opinionAsked"
    APPEALED = "appealed"


class Outcome(StrEnum):
    """Of an appeal: whether the decision after it sets the same tags."""

    UPHELD = "upheld"
    OVERTURNED = "overturned"


@dataclass(frozen=True, slots=True)
class Opinion:
    """A decision that stands. `tags` are all codes that the team had, and whether they were set."""

    member_id: str
    at: datetime
    tags: Mapping[str, bool]
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """A line of a review's history. `id` begins with the milliseconds of its time. `comment` holds reasons too."""

    id: str
    kind: ActionKind
    member_id: str
    at: datetime
    comment: str = ""
    tags: Mapping[str, bool] = field(default_factory=dict)
    outcome: Outcome | None = None


def set_tags(tags: Mapping[str, bool]) -> frozenset[str]:
    """The codes that are set: what makes two decisions the same."""
    return frozenset(code for code, is_set in tags.items() if is_set)
