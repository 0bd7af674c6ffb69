"""The records of teams.

Kind TEAM: one record per team, id = its name in lower case. What a team has lies under the team's generation:
kind SUB_TEAM, id = its name in lower case; kind TEAM_MEMBER, id = a random one; kind REVIEW_TAG, id = its code.
The sub-team `public` and the two default tags belong to every team and have no record.
"""
from __future__ import annotations

from shared.errors import NotFound
from shared.storage.account_store import AccountStore, Record
from shared.storage.holdings import REVIEW_TAG, SUB_TEAM, TEAM, TEAM_MEMBER
from shared.storage.times import time_of, time_text
from shared.teams.models import Member, ReviewTag, Role, SubTeam, Team


class TeamRepository:
    def find(self, account: AccountStore, key: str) -> Team | None:
        record = account.records.find(TEAM, key)
        return None if record is None else _team(record)

    def generation(self, account: AccountStore, key: str) -> str | None:
        """The generation of the team, None where there is none: one small read."""
        (plain,) = account.records.find_plain(TEAM, [key])
        return None if plain is None else plain["generation"]

    def require_still(self, account: AccountStore, team: Team) -> None:
        """Raises NotFound where the team is not there any more."""
        if self.generation(account, team.key) != team.generation:
            raise no_such_team()

    def insert(self, account: AccountStore, team: Team) -> str:
        """Return the etag. Raises Conflict if there is a team of this name."""
        return account.records.insert(TEAM, _team_record(team))

    def take_back(self, account: AccountStore, team: Team) -> None:
        """Delete a team that has just been made. Raises Conflict if it changed since it was read."""
        account.records.delete(TEAM, team.key, etag=team.etag)

    def all(self, account: AccountStore) -> list[Team]:
        return [_team(record) for record in account.records.all(TEAM)]

    def sub_teams(self, account: AccountStore, team: Team) -> list[SubTeam]:
        return [_sub_team(record) for record in account.records.all(SUB_TEAM, team.generation)]

    def find_sub_team(self, account: AccountStore, team: Team, key: str) -> SubTeam | None:
        record = account.records.find(SUB_TEAM, key, team.generation)
        return None if record is None else _sub_team(record)

    def insert_sub_team(self, account: AccountStore, team: Team, sub_team: SubTeam) -> None:
        """Raises Conflict if there is one of this name."""
        account.records.insert(SUB_TEAM, Record(sub_team.key, {"name": sub_team.name, "createdAt": time_text(sub_team.created_at)}),
                               team.generation)

    def delete_sub_team(self, account: AccountStore, team: Team, key: str) -> None:
        account.records.delete(SUB_TEAM, key, team.generation)

    def members(self, account: AccountStore, team: Team) -> list[Member]:
        return [_member(record) for record in account.records.all(TEAM_MEMBER, team.generation)]

    def find_member(self, account: AccountStore, generation: str, member_id: str) -> Member | None:
        record = account.records.find(TEAM_MEMBER, member_id, generation)
        return None if record is None else _member(record)

    def insert_member(self, account: AccountStore, team: Team, member: Member) -> str:
        """Return the etag."""
        return account.records.insert(TEAM_MEMBER, _member_record(member), team.generation)

    def replace_member(self, account: AccountStore, team: Team, member: Member) -> str:
        """Return the new etag. Raises Conflict if the member changed since it was read, NotFound if it is gone."""
        return account.records.replace(TEAM_MEMBER, _member_record(member), team.generation)

    def delete_member(self, account: AccountStore, team: Team, member_id: str) -> None:
        account.records.delete(TEAM_MEMBER, member_id, team.generation)

    def tags(self, account: AccountStore, team: Team) -> list[ReviewTag]:
        """Without the defaults."""
        return [_tag(record) for record in account.records.all(REVIEW_TAG, team.generation)]

    def find_tag(self, account: AccountStore, team: Team, code: str) -> ReviewTag | None:
        """Not a default one."""
        record = account.records.find(REVIEW_TAG, code, team.generation)
        return None if record is None else _tag(record)

    def upsert_tag(self, account: AccountStore, team: Team, tag: ReviewTag) -> None:
        account.records.upsert_all(REVIEW_TAG, [Record(tag.code, {"name": tag.name, "description": tag.description})], team.generation)

    def delete_tag(self, account: AccountStore, team: Team, code: str) -> None:
        account.records.delete(REVIEW_TAG, code, team.generation)


def no_such_team() -> NotFound:
    return NotFound("The team does not exist.", target="teamName")


def _team_record(team: Team) -> Record:
    return Record(team.key, {"name": team.name, "createdAt": time_text(team.created_at)}, {"generation": team.generation}, team.etag)


def _team(record: Record) -> Team:
    return Team(record.content["name"], record.plain["generation"], time_of(record.content["createdAt"]), record.etag)


def _sub_team(record: Record) -> SubTeam:
    return SubTeam(record.content["name"], time_of(record.content["createdAt"]))


def _member_record(member: Member) -> Record:
    return Record(member.id, {
        "name": member.name, "email": member.email, "role": member.role.value, "subTeams": list(member.sub_teams),
        "objectId": member.object_id or "", "createdAt": time_text(member.created_at), "codeHash": member.code_hash}, {}, member.etag)


def _member(record: Record) -> Member:
    content = record.content
    return Member(
        id=record.id, name=content["name"], email=content["email"], role=Role(content["role"]), created_at=time_of(content["createdAt"]),
        sub_teams=tuple(content["subTeams"]), object_id=content["objectId"] or None, code_hash=content["codeHash"], etag=record.etag)


def _tag(record: Record) -> ReviewTag:
    return ReviewTag(record.id, record.content["name"], record.content["description"])
