"""Teams on Azurite: names, members and their codes, tags, limits on both sides, isolation, and requests at the same time."""
from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.bootstrap import services_of
from shared.errors import Conflict, InvalidRequest, NotFound, ServiceError, Unauthenticated
from shared.storage.account_store import Record
from shared.storage.holdings import REVIEW_TAG, SUB_TEAM, TEAM, TEAM_MEMBER
from shared.teams.models import DEFAULT_TAGS, MEMBER_LIMIT, SUB_TEAM_LIMIT, TAG_LIMIT, TEAM_LIMIT, Role
from shared.teams.sign_in_codes import CODE_CHARACTERS
from tests.integration.storage.wire import Wire, is_write, meanwhile

WHEN = "2026-01-02T03:04:05Z"
IDENTITY = "6f1c2d3e-4a5b-4c6d-8e7f-9a0b1c2d3e4f"


class Here:
    """One account and a team of it."""

    def __init__(self, services, store, name: str = "Garden") -> None:
        self.services, self.store = services, store
        self.teams, self.members, self.tags, self.sign_ins = services.teams, services.team_members, services.review_tags, services.sign_ins
        self.team = self.teams.create(store, name)

    def add(self, name: str = "Ann", role: Role = Role.MODERATOR, **more):
        return self.members.add(self.store, self.team, name, "ann@example.org", role, **more)

    def fill(self, holding, count: int, content, ids=lambda at: f"{at:032x}") -> None:
        self.store.records.upsert_all(holding, [Record(ids(at), content(at)) for at in range(count)], self.team.generation)


@pytest.fixture
def here(services, account) -> Here:
    return Here(services, account.store)


def person(at: int) -> dict:
    return {"name": f"P {at}", "email": "", "role": "reader", "subTeams": [], "objectId": "", "createdAt": WHEN, "codeHash": ""}


def test_names_are_compared_without_case_and_kept_as_given(here):
    assert here.teams.get(here.store, "gARDEN") == here.team
    assert here.team.name == "Garden"
    with pytest.raises(Conflict):
        here.teams.create(here.store, "GARDEN")


@pytest.mark.parametrize("name", ["a", "0", "A-b_c", "x" * 64])
def test_names_that_may_be(here, name):
    assert here.teams.create(here.store, name).name == name


@pytest.mark.parametrize("name", ["", "x" * 65, "-a", "a b", "a/b", "a\n", "\u212aitchen", "stra\u00dfe", "a'b", "..", "a%2Fb"])
def test_names_that_may_not_be_are_no_team_s_either(here, name):
    with pytest.raises(InvalidRequest):
        here.teams.create(here.store, name)
    assert here.teams.find(here.store, name) is None


def test_an_account_has_a_hundred_teams_at_the_most(here):
    here.store.records.upsert_all(TEAM, [Record(f"t{at}", {"name": f"t{at}", "createdAt": WHEN}, {"generation": f"{at:032x}"})
                                         for at in range(TEAM_LIMIT - 2)])
    here.teams.create(here.store, "last")
    with pytest.raises(InvalidRequest):
        here.teams.create(here.store, "one-more")
    assert len(here.teams.list(here.store)) == TEAM_LIMIT


def test_a_team_has_its_limit_of_sub_teams_public_included(here):
    here.fill(SUB_TEAM, SUB_TEAM_LIMIT - 2, lambda at: {"name": f"s{at}", "createdAt": WHEN}, lambda at: f"s{at}")
    here.teams.add_sub_team(here.store, here.team, "last")
    with pytest.raises(InvalidRequest):
        here.teams.add_sub_team(here.store, here.team, "one-more")
    assert len(here.teams.sub_teams(here.store, here.team)) == SUB_TEAM_LIMIT


def test_a_team_has_its_limit_of_tags_defaults_included_and_one_that_is_there_can_be_changed(here):
    here.fill(REVIEW_TAG, TAG_LIMIT - 3, lambda at: {"name": "n", "description": ""}, lambda at: f"{chr(98 + at // 26)}{chr(97 + at % 26)}")
    here.tags.put(here.store, here.team, "aa", "last")
    with pytest.raises(InvalidRequest):
        here.tags.put(here.store, here.team, "ab", "one more")
    assert here.tags.put(here.store, here.team, "aa", "changed")[1] is False
    assert len(here.tags.list(here.store, here.team)) == TAG_LIMIT


def test_a_team_has_its_limit_of_members_who_can_be_changed(here):
    here.fill(TEAM_MEMBER, MEMBER_LIMIT - 1, person)
    last, _ = here.add()
    with pytest.raises(InvalidRequest):
        here.add()
    assert here.members.change(here.store, here.team, last.id, role=Role.ADMIN).role is Role.ADMIN
    assert len(here.members.list(here.store, here.team)) == MEMBER_LIMIT


def test_the_defaults_are_there_and_can_neither_be_changed_nor_deleted(here):
    assert here.tags.list(here.store, here.team) == list(DEFAULT_TAGS)
    assert [each.name for each in here.teams.sub_teams(here.store, here.team)] == ["public"]
    for act in (lambda: here.tags.put(here.store, here.team, "a", "other"), lambda: here.tags.delete(here.store, here.team, "r", "key1"),
                lambda: here.teams.delete_sub_team(here.store, here.team, "Public"),
                lambda: here.teams.add_sub_team(here.store, here.team, "PUBLIC")):
        with pytest.raises(Conflict):
            act()


@pytest.mark.parametrize("code", ["b", "abc", "AB", "a1", "", "\u00e4\u00e4", "a\n"])
def test_codes_of_tags_are_two_letters(here, code):
    with pytest.raises(InvalidRequest):
        here.tags.put(here.store, here.team, code, "a name")
    with pytest.raises(NotFound):
        here.tags.delete(here.store, here.team, code, "key1")


@pytest.mark.parametrize(("field", "good", "bad"), [
    ("name", "n" * 128, "n" * 129), ("name", "\U0001f331 o'Leek <b>", "two\nlines"), ("name", "x", "  "), ("name", "x", "\ud800"),
    ("email", f"{'a' * 242}@example.org", f"{'a' * 243}@example.org"), ("email", "", "nobody"), ("email", "a@b", "a b@c"),
    ("object_id", IDENTITY, IDENTITY.upper())])
def test_texts_of_a_member_on_both_sides_of_their_rules(here, field, good, bad):
    member, _ = here.add()
    changed = here.members.change(here.store, here.team, member.id, **{field: good})
    assert getattr(changed, field) == (good or "")
    with pytest.raises(InvalidRequest) as refused:
        here.members.change(here.store, here.team, member.id, **{field: bad})
    assert bad not in refused.value.message or not bad.strip()


def test_a_code_opens_its_team_until_it_is_renewed_or_the_member_or_the_team_goes(here):
    member, code = here.add()
    assert len(code) == CODE_CHARACTERS and here.sign_ins.member_of_code(code)[1:] == (here.team, member)
    _, renewed = here.members.renew_code(here.store, here.team, member.id)
    assert here.sign_ins.member_of_code(renewed)[2].id == member.id
    other, others_code = here.add("Bo")
    here.members.delete(here.store, here.team, other.id, "key1")
    refusals = {refusal(here, wrong) for wrong in (code, others_code, "", "x" * 86, f"{renewed}=", renewed[:-2] + "AA", "\u00e4" * 86)}
    here.teams.delete(here.store, "garden", "key1")  # its job has not run
    assert len({*refusals, refusal(here, renewed)}) == 1


def refusal(here, code: str) -> tuple[str, str]:
    with pytest.raises(Unauthenticated) as refused:
        here.sign_ins.member_of_code(code)
    return refused.value.message, refused.value.reason


def test_a_code_is_stored_as_a_hash_alone_and_each_is_another(here):
    codes = {here.add(str(at))[1] for at in range(5)}
    assert len({code[-21:] for code in codes}) == 5
    stored = repr([record.content for record in here.store.records.page(TEAM_MEMBER, here.team.generation).records])
    assert not any(code in stored or code[-21:] in stored for code in codes)


def test_an_account_s_end_ends_its_codes(services, here):
    _, code = here.add()
    services.account_deletion.delete(here.store.account_id, "operator")
    assert refusal(here, code)


def test_an_identity_is_one_member_s_in_a_team(here):
    member, _ = here.add(object_id=IDENTITY)
    assert here.sign_ins.member_of_identity(here.store.account_id, "garden", IDENTITY.upper())[2] == member
    with pytest.raises(Conflict):
        here.add("Bo", object_id=IDENTITY)
    other, _ = here.add("Cy")
    with pytest.raises(Conflict):
        here.members.change(here.store, here.team, other.id, object_id=IDENTITY)
    assert here.members.change(here.store, here.team, member.id, object_id="").object_id is None
    for account_id, team, identity in ((here.store.account_id, "garden", IDENTITY), (here.store.account_id, "garden", ""),
                                       (here.store.account_id, "other", IDENTITY), ("0" * 32, "garden", IDENTITY)):
        with pytest.raises(Unauthenticated):
            here.sign_ins.member_of_identity(account_id, team, identity)


def test_nobody_who_is_restricted_comes_to_see_everything_because_a_sub_team_goes(here):
    here.teams.add_sub_team(here.store, here.team, "Night")
    member, _ = here.add(sub_teams=["NIGHT", "night"])
    assert member.sub_teams == ("night",) and member.sees("Night") and not member.sees("public")
    with pytest.raises(Conflict):
        here.teams.delete_sub_team(here.store, here.team, "night")
    here.members.change(here.store, here.team, member.id, sub_teams=["public"])
    here.teams.delete_sub_team(here.store, here.team, "nIGHT")
    with pytest.raises(NotFound):
        here.teams.delete_sub_team(here.store, here.team, "night")
    with pytest.raises(InvalidRequest):
        here.members.change(here.store, here.team, member.id, sub_teams=["night"])


def test_teams_and_accounts_see_nothing_of_one_another(services, new_account, here):
    member, _ = here.add()
    here.tags.put(here.store, here.team, "sp", "spam")
    sibling, stranger = here.teams.create(here.store, "other"), Here(services, new_account().store)
    for store, team in ((here.store, sibling), (stranger.store, stranger.team), (stranger.store, here.team)):
        assert here.members.list(store, team) == [] and here.members.find(store, team, member.id) is None
        assert here.tags.list(store, team) == list(DEFAULT_TAGS)
        for act in (lambda store=store, team=team: here.members.delete(store, team, member.id, "key1"),
                    lambda store=store, team=team: here.members.renew_code(store, team, member.id),
                    lambda store=store, team=team: here.members.change(store, team, member.id, name="x"),
                    lambda store=store, team=team: here.tags.delete(store, team, "sp", "key1")):
            with pytest.raises(NotFound):
                act()
    assert here.members.get(here.store, here.team, member.id) == member


def test_of_many_requests_for_one_name_one_makes_the_team(services, account):
    def make(_: int) -> bool:
        try:
            services.teams.create(account.store, "Race")
        except Conflict:
            return False
        return True
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(make, range(8))) == 1


def test_many_requests_at_the_limit_do_not_go_over_it(here):
    here.fill(TEAM_MEMBER, MEMBER_LIMIT - 2, person)

    def add(at: int) -> bool:
        try:
            here.add(str(at))
        except InvalidRequest:
            return False
        return True
    with ThreadPoolExecutor(6) as pool:
        added = sum(pool.map(add, range(6)))
    assert added <= 2
    assert len(here.members.list(here.store, here.team)) == MEMBER_LIMIT - 2 + added


def test_changes_of_one_member_at_the_same_time_are_all_kept(here):
    here.teams.add_sub_team(here.store, here.team, "Night")
    member, _ = here.add()
    changes = [{"name": "Bea"}, {"email": "bea@example.org"}, {"role": Role.ADMIN}, {"sub_teams": ["night"]}, {"object_id": IDENTITY}]
    with ThreadPoolExecutor(5) as pool:
        list(pool.map(lambda change: here.members.change(here.store, here.team, member.id, **change), changes))
    now = here.members.get(here.store, here.team, member.id)
    assert (now.name, now.email, now.role, now.sub_teams, now.object_id) == ("Bea", "bea@example.org", Role.ADMIN, ("night",), IDENTITY)


@pytest.mark.parametrize("act", ["member", "tag", "sub-team"])
def test_what_is_added_while_the_team_goes_is_refused_and_leaves_nothing(settings, account, services, act):
    wire = Wire()
    acting = Here(services_of(settings, **wire.options), account.store)
    acting.store = acting.services.accounts.open(account.account)
    wire.clear()
    wire.trouble(meanwhile(lambda: services.teams.delete(account.store, "garden", "key1")), is_write)
    with pytest.raises(NotFound):
        {"member": acting.add, "tag": lambda: acting.tags.put(acting.store, acting.team, "sp", "spam"),
         "sub-team": lambda: acting.teams.add_sub_team(acting.store, acting.team, "Night")}[act]()
    assert not {"team-member", "review-tag", "sub-team"} & set(account.store.records.kinds())


def test_the_last_admin_may_go_and_the_account_makes_another(here):
    admin, _ = here.add(role=Role.ADMIN)
    here.members.delete(here.store, here.team, admin.id, "key1")
    assert here.members.list(here.store, here.team) == []
    assert here.add(role=Role.ADMIN)[0].role is Role.ADMIN


def test_a_team_that_is_made_again_has_nothing_of_the_one_before(here):
    here.add()
    here.teams.delete(here.store, "garden", "key1")
    again = here.teams.create(here.store, "Garden")
    assert again.generation != here.team.generation and here.members.list(here.store, again) == []
    with pytest.raises(ServiceError):
        here.members.add(here.store, dataclasses.replace(here.team), "late", "", Role.READER)


def identities(here: Here) -> list[str]:
    """Of those members who have one."""
    return sorted(member.object_id for member in here.members.list(here.store, here.team) if member.object_id)


def test_a_member_who_loses_a_race_for_an_identity_loses_it_whoever_else_changes_the_member(settings, account, here):
    wire = Wire()
    acting = services_of(settings, **wire.options).team_members
    store = services_of(settings, **wire.options).accounts.open(account.account)
    (winner, _), (loser, _) = here.add("Ann"), here.add("Bo")
    wire.clear()
    # Both have looked before either wrote; and the loser is changed again before its own request takes the identity back.
    wire.trouble(meanwhile(lambda: here.members.change(here.store, here.team, winner.id, object_id=IDENTITY)), is_write)
    wire.trouble(meanwhile(lambda: here.members.change(here.store, here.team, loser.id, name="Cy")), is_write, after=0)
    with pytest.raises(Conflict, match="identity"):
        acting.change(store, here.team, loser.id, object_id=IDENTITY)

    assert identities(here) == [IDENTITY]
    assert here.members.get(here.store, here.team, winner.id).object_id == IDENTITY
    assert here.members.get(here.store, here.team, loser.id).name == "Cy"


def test_an_identity_that_another_member_got_meanwhile_does_not_come_back(settings, account, here):
    wire = Wire()
    acting = services_of(settings, **wire.options).team_members
    store = services_of(settings, **wire.options).accounts.open(account.account)
    other_identity = IDENTITY.replace("6", "7")
    (winner, _), (loser, _), (third, _) = here.add("Ann"), here.add("Bo", object_id=other_identity), here.add("Cy")
    wire.clear()
    wire.trouble(meanwhile(lambda: here.members.change(here.store, here.team, winner.id, object_id=IDENTITY)), is_write)
    wire.trouble(meanwhile(lambda: here.members.change(here.store, here.team, third.id, object_id=other_identity)), is_write)
    with pytest.raises(Conflict, match="identity"):
        acting.change(store, here.team, loser.id, object_id=IDENTITY)

    assert identities(here) == sorted([IDENTITY, other_identity])
    assert here.members.get(here.store, here.team, loser.id).object_id is None
