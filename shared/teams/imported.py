"""What must be true of teams that come with an archive, beyond the schema of each record.

Each function takes what an owner's record says and returns what is given its records, some hundred at a time, which raises
InvalidRequest whose `target` is the number of the wrong one among them.
"""
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from shared.errors import InvalidRequest
from shared.teams.models import DEFAULT_TAGS, MEMBER_LIMIT, PUBLIC, SUB_TEAM_LIMIT, TAG_LIMIT, TEAM_LIMIT

Check = Callable[[Sequence[Mapping[str, Any]]], None]
Problem = Callable[[Mapping[str, Any]], str | None]
"""What is wrong with a record, if anything is."""


def imported_teams(owner: Mapping[str, Any]) -> Check:
    return each_checked(TEAM_LIMIT, "the account", "teams", name_problem)


def imported_sub_teams(team: Mapping[str, Any]) -> Check:
    return each_checked(SUB_TEAM_LIMIT - 1, "the team", "sub-teams beside `public`", _sub_team_problem)


def imported_members(team: Mapping[str, Any]) -> Check:
    identities: set[str] = set()

    def problem(member: Mapping[str, Any]) -> str | None:
        identity = member["objectId"]
        if identity and identity in identities:
            return "another member of its team has its identity"
        identities.add(identity)
        return _text_problem(member)
    return each_checked(MEMBER_LIMIT, "the team", "members", problem)


def imported_tags(team: Mapping[str, Any]) -> Check:
    return each_checked(TAG_LIMIT - len(DEFAULT_TAGS), "the team", "tags of its own", _text_problem)


def each_checked(limit: int, whose: str, what: str, problem: Problem) -> Check:
    """Of one owner: so many records at the most, each without a problem."""
    count = 0

    def check(records: Sequence[Mapping[str, Any]]) -> None:
        nonlocal count
        for number, record in enumerate(records):
            count += 1
            if count > limit:
                raise InvalidRequest(f"{whose} would have more than {limit} {what}", str(number))
            reason = problem(record)
            if reason is not None:
                raise InvalidRequest(reason, str(number))
    return check


def name_problem(record: Mapping[str, Any]) -> str | None:
    return None if record["name"].lower() == record["id"] else "its id is not its name in lower case"


def _sub_team_problem(record: Mapping[str, Any]) -> str | None:
    return "every team has `public` without a record" if record["id"] == PUBLIC else name_problem(record)


def _text_problem(record: Mapping[str, Any]) -> str | None:
    return None if record["name"].strip() else "its name is blank"
