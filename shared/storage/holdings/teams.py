"""Teams of people who decide: their members, sub-teams and tags. What they decide on is in reviews.py."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.storage.holdings.holding import Holding, Portability, Shape, generation_of

TEAM_KEY = r"^[a-z0-9][a-z0-9_-]{0,63}$"
TEAM_NAME = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"
MEMBER_ID = r"^[0-9a-f]{32}$"
TAG_CODE = r"^[a-z]{2}$"
PERSON_TEXT = r"^[^\u0000-\u001f\u007f\ud800-\udfff]*$"
"""One line of text."""
EMAIL = r"^([^@\s\u0000-\u001f\u007f\ud800-\udfff]+@[^@\s\u0000-\u001f\u007f\ud800-\udfff]+)?$"
OBJECT_ID = r"^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})?$"
_TIME = {"type": "string", "format": "date-time"}


def _new_team(seed: str) -> Mapping[str, Any]:
    """Everything of a team lies under its generation."""
    return {"generation": generation_of(seed)}


TEAM = Holding(
    kind="team", shape=Shape.RECORD, portability=Portability.CONTENT,
    keeps="A team of people who decide on reviews: its name as it was given.",
    key="team name in lower case", content=("name", "createdAt"), plain=("generation",),
    schema={"id": {"type": "string", "pattern": TEAM_KEY},
            "name": {"type": "string", "pattern": TEAM_NAME},
            "createdAt": _TIME},
    fresh=_new_team,
    retention="until the owner deletes it or the account ends")

SUB_TEAM = Holding(
    kind="sub-team", shape=Shape.RECORD, portability=Portability.CONTENT,
    keeps="A part of a team that reviews can be given to; every team has `public`, which needs no record.",
    key="sub-team name in lower case under the team's generation", content=("name", "createdAt"),
    parent=TEAM, parent_key="generation",
    schema={"id": {"type": "string", "pattern": TEAM_KEY},
            "name": {"type": "string", "pattern": TEAM_NAME},
            "createdAt": _TIME},
    retention="until the owner deletes it, its team or the account")


def _new_member(seed: str) -> Mapping[str, Any]:
    """A member who came with an import has no sign-in code until one is made."""
    return {"codeHash": ""}


TEAM_MEMBER = Holding(
    kind="team-member", shape=Shape.RECORD, portability=Portability.CONTENT,
    keeps="A person of a team: name, e-mail address, role, and the hash of the code that the person signs in with.",
    key="member id under the team's generation",
    content=("name", "email", "role", "subTeams", "objectId", "createdAt", "codeHash"),
    parent=TEAM, parent_key="generation",
    schema={"id": {"type": "string", "pattern": MEMBER_ID},
            "name": {"type": "string", "minLength": 1, "maxLength": 128, "pattern": PERSON_TEXT},
            "email": {"type": "string", "maxLength": 254, "pattern": EMAIL},
            "role": {"enum": ["admin", "moderator", "reader"]},
            "subTeams": {"type": "array", "maxItems": 100, "uniqueItems": True, "items": {"type": "string", "pattern": TEAM_KEY}},
            "objectId": {"type": "string", "pattern": OBJECT_ID},
            "createdAt": _TIME},
    fresh=_new_member,
    retention="until the owner deletes it, its team or the account")

REVIEW_TAG = Holding(
    kind="review-tag", shape=Shape.RECORD, portability=Portability.CONTENT,
    keeps="A tag that a team's reviewers set; the two default tags need no record.",
    key="short code under the team's generation", content=("name", "description"),
    parent=TEAM, parent_key="generation",
    schema={"id": {"type": "string", "pattern": TAG_CODE},
            "name": {"type": "string", "minLength": 1, "maxLength": 128, "pattern": PERSON_TEXT},
            "description": {"type": "string", "maxLength": 1024, "pattern": PERSON_TEXT}},
    retention="until the owner deletes it, its team or the account")
