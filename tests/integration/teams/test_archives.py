"""Teams go out with an export and come back with an import, members without a code; what breaks the rules of teams does not."""
from __future__ import annotations

import pytest

from shared.errors import InvalidRequest, Unauthenticated
from shared.storage.account_store import Record
from shared.storage.holdings import HOLDINGS, TEAM
from shared.teams.imported import imported_members, imported_sub_teams, imported_tags, imported_teams
from shared.teams.models import MEMBER_LIMIT, SUB_TEAM_LIMIT, TAG_LIMIT, TEAM_LIMIT, Role
from tests.integration.lifecycle.archives import archive_of, imported_into
from tests.integration.teams.test_teams import IDENTITY, WHEN, Here, person


def test_an_export_brings_teams_members_without_codes_and_tags_back(services, new_account):
    here = Here(services, new_account().store)
    here.teams.add_sub_team(here.store, here.team, "Night-Shift")
    member, code = here.add("Ann Leek", Role.ADMIN, sub_teams=["night-shift"], object_id=IDENTITY)
    tag, _ = here.tags.put(here.store, here.team, "sp", "spam", "Unasked advertising.")
    archive = archive_of(here.store, HOLDINGS)
    assert not any(code.encode() in archive.zip.read(name) for name in archive.zip.namelist())

    there = new_account().store
    result = imported_into(services, there, archive)
    assert result.state.value == "succeeded", result.error
    team = services.teams.get(there, "Garden")
    assert (team.name, team.created_at) == (here.team.name, here.team.created_at) and team.generation != here.team.generation
    assert [each.name for each in services.teams.sub_teams(there, team)] == ["public", "Night-Shift"]
    (came,) = services.team_members.list(there, team)
    assert (came.id, came.name, came.email, came.role, came.sub_teams, came.object_id, came.created_at, came.code_hash) == (
        member.id, "Ann Leek", "ann@example.org", Role.ADMIN, ("night-shift",), IDENTITY, member.created_at, "")
    assert services.review_tags.find(there, team, "sp") == tag
    assert services.sign_ins.member_of_code(code)[0].account_id == here.store.account_id
    _, new_code = services.team_members.renew_code(there, team, came.id)
    assert services.sign_ins.member_of_code(new_code)[0].account_id == there.account_id


def test_a_code_of_before_the_team_was_deleted_opens_nothing_after_its_import(services, account):
    here = Here(services, account.store)
    _, code = here.add()
    archive = archive_of(here.store, HOLDINGS)
    services.erasures.run(here.store, here.teams.delete(here.store, "garden", "key1"))
    assert imported_into(services, here.store, archive).state.value == "succeeded"
    assert len(here.members.list(here.store, here.teams.get(here.store, "garden"))) == 1
    with pytest.raises(Unauthenticated):
        here.sign_ins.member_of_code(code)


def named(name: str) -> dict:
    return {"id": name.lower(), "name": name}


@pytest.mark.parametrize(("imported", "limit", "record"), [
    (imported_teams, TEAM_LIMIT, lambda at: named(f"T{at}")), (imported_sub_teams, SUB_TEAM_LIMIT - 1, lambda at: named(f"S{at}")),
    (imported_members, MEMBER_LIMIT, person), (imported_tags, TAG_LIMIT - 2, lambda at: {"id": "aa", "name": "n"})])
def test_an_archive_is_held_to_the_limits(imported, limit, record):
    imported({})([record(at) for at in range(limit)])
    with pytest.raises(InvalidRequest) as refused:
        imported({})([record(at) for at in range(limit + 1)])
    assert refused.value.target == str(limit)


@pytest.mark.parametrize(("imported", "records"), [
    (imported_teams, [{"id": "other", "name": "Garden"}]), (imported_sub_teams, [named("Public")]),
    (imported_sub_teams, [{"id": "a", "name": "b"}]), (imported_members, [{**person(1), "name": " "}]),
    (imported_tags, [{"id": "aa", "name": " "}]),
    (imported_members, [{**person(1), "objectId": IDENTITY}, {**person(2), "objectId": IDENTITY}])])
def test_what_breaks_a_rule_is_refused_by_its_number(imported, records):
    with pytest.raises(InvalidRequest) as refused:
        imported({})(records)
    assert refused.value.target == str(len(records) - 1)


def test_the_teams_of_an_archive_and_those_of_the_account_are_not_too_many_together(services, new_account):
    here, there = Here(services, new_account().store), new_account().store
    here.teams.create(here.store, "Shed")
    archive = archive_of(here.store, HOLDINGS)
    existing = [Record(f"t{at}", {"name": f"t{at}", "createdAt": WHEN}, {"generation": f"{at:032x}"}) for at in range(TEAM_LIMIT - 2)]
    there.records.upsert_all(TEAM, [*existing, Record("garden", {"name": "Garden", "createdAt": WHEN}, {"generation": "f" * 32})])

    assert imported_into(services, there, archive).state.value == "succeeded"  # Garden was there, and stays
    assert len(services.teams.list(there)) == TEAM_LIMIT
    there.records.delete(TEAM, "garden")
    there.records.upsert_all(TEAM, [Record("t-more", {"name": "t-more", "createdAt": WHEN}, {"generation": "e" * 32})])
    there.records.delete(TEAM, "shed")
    refused = imported_into(services, there, archive)
    assert (refused.state.value, refused.error) == ("failed", f"The account would have more than {TEAM_LIMIT} records of the kind team.")
    assert len(services.teams.list(there)) == TEAM_LIMIT - 1
