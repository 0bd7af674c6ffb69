"""Deleting members, tags and teams on Azurite: whole, with receipts, wherever a process ends, beside other teams."""
from __future__ import annotations

from itertools import count
from urllib.parse import unquote

import pytest

from shared.bootstrap import services_of
from shared.errors import NotFound, ServiceError
from shared.storage.holdings import TEAM_MEMBER
from shared.teams.models import Role
from tests.integration.accounts.conftest import Clock
from tests.integration.storage.wire import Died, Wire, answering, dies_after, dies_before, is_write, meanwhile
from tests.integration.teams.test_teams import Here

OF_A_TEAM = {"team", "team-member", "review-tag", "sub-team", "review", "review-content", "review-media"}


def furnished(services, store, name: str = "Garden") -> Here:
    from shared.reviews.rules import NewReview

    here = Here(services, store, name)
    here.member, here.code = here.add("Ann Leek")
    here.tags.put(store, here.team, "sp", "unwanted advertising")
    here.teams.add_sub_team(store, here.team, "Night")
    services.reviews.create(store, here.team, [new_review(NewReview, "turnips"), new_review(NewReview, "leeks")])
    return here


def new_review(make, text: str):
    from shared.reviews.models import ReviewType

    return make(type=ReviewType.TEXT, content=text, content_id="1")


def kinds(store) -> set[str]:
    return {*store.records.kinds(), *store.blobs.kinds()}


def keys(store) -> list[str]:
    return [f"{kind}|{parent}|{each}" for kind in store.records.kinds() for parent, each in store.records.places(kind, None, 999)[0]]


@pytest.mark.parametrize("what", ["member", "tag"])
def test_a_member_and_a_tag_go_at_once_and_leave_a_receipt_without_content(services, account, what):
    here = furnished(services, account.store)
    if what == "member":
        receipt_id = here.members.delete(here.store, here.team, here.member.id, "key1")
        with pytest.raises(NotFound):
            here.members.get(here.store, here.team, here.member.id)
    else:
        receipt_id = here.tags.delete(here.store, here.team, "sp", "key1")
        assert here.tags.find(here.store, here.team, "sp") is None
    document = services.receipts.find(receipt_id)
    receipt = document["receipt"]
    kind = {"member": "team-member", "tag": "review-tag"}[what]
    assert receipt["scope"] == {"type": kind, "kinds": [kind], "teamId": here.team.generation,
                                **({"memberId": here.member.id} if what == "member" else {})}
    assert [(each["kind"], each["count"]) for each in receipt["inventory"]["kinds"]] == [(kind, 1)]
    assert receipt["scan"]["writtenMeanwhile"] == [] and services.erasures.find(here.store, receipt_id) is None
    assert not any(word in repr(document) for word in ("Ann Leek", "ann@example.org", "unwanted advertising", "Garden", "garden", "'sp'"))


def test_a_team_goes_at_once_and_its_job_deletes_all_of_it_and_nothing_of_another(services, account):
    here, other = furnished(services, account.store), furnished(services, account.store, "Other")
    receipt_id = here.teams.delete(here.store, "GARDEN", "key1")
    assert here.teams.find(here.store, "Garden") is None and services.receipts.find(receipt_id) is None
    assert services.pending_receipts.find(receipt_id).state == "queued"
    before = [key for key in keys(here.store) if other.team.generation in key]
    services.erasures.run(here.store, receipt_id)
    left = keys(here.store)
    assert not [key for key in left if here.team.generation in key]
    assert [key for key in left if other.team.generation in key] == before
    assert services.sign_ins.member_of_code(other.code)[2] == other.member
    counted = {each["kind"]: each["count"] for each in services.receipts.find(receipt_id)["receipt"]["inventory"]["kinds"]
               if each["store"] == "table"}
    assert (counted["team"], counted["team-member"], counted["review-tag"], counted["sub-team"], counted["review"],
            counted["review-content"]) == (1, 1, 1, 1, 2, 2)
    services.erasures.run(here.store, other.teams.delete(here.store, "Other", "key1"))
    assert not kinds(here.store) & OF_A_TEAM


@pytest.mark.parametrize("death", [dies_before, dies_after], ids=["dies before", "dies after"])
def test_the_deletion_of_a_team_goes_on_wherever_it_was_killed(settings, services, new_account, death):
    for after in count(0, 3):
        account = new_account()
        here = furnished(services, account.store)
        receipt_id = here.teams.delete(here.store, "garden", "key1")
        wire = Wire()
        dying = services_of(settings, **wire.options)
        store = dying.accounts.open(account.account)
        wire.trouble(death, is_write, after=after)
        try:
            dying.erasures.run(store, receipt_id)
            died = False
        except Died:
            died = True
        services.erasures.run(here.store, receipt_id)
        assert not kinds(here.store) & OF_A_TEAM
        counted = {each["kind"]: each["count"] for each in services.receipts.find(receipt_id)["receipt"]["inventory"]["kinds"]}
        assert counted["review"] == 2 and counted["team"] == 1
        if not died:
            break
    assert after >= 6


@pytest.mark.parametrize("death", [dies_before, dies_after], ids=["dies before", "dies after"])
def test_a_request_that_dies_while_it_deletes_a_team_leaves_the_team_or_an_erasure_that_goes_on(settings, new_account, death):
    clock = Clock()
    for after in count():
        services = services_of(settings, now=clock)
        account = new_account()
        here = furnished(services, account.store)
        wire = Wire()
        dying = services_of(settings, now=clock, **wire.options)
        store = dying.accounts.open(account.account)
        wire.trouble(death, is_write, after=after)
        try:
            dying.teams.delete(store, "garden", "key1")
            died = False
        except Died:
            died = True
        begun = list(services.erasures._erasures.every(here.store))
        for erasure in begun:  # as the timer does some minutes later
            services.erasures.run(here.store, erasure.id)
        if begun:
            assert not kinds(here.store) & OF_A_TEAM
        else:
            assert here.teams.get(here.store, "garden") == here.team and here.members.list(here.store, here.team)
        if not died:
            break
    assert after >= 2


def test_an_erasure_whose_request_died_deletes_no_tag_that_was_made_since(settings, services, account):
    here = furnished(services, account.store)
    wire = Wire()
    dying = services_of(settings, **wire.options)
    store = dying.accounts.open(account.account)
    wire.trouble(dies_before, wanted=lambda sent: sent.method == "DELETE" and "review-tag" in sent.url)
    with pytest.raises(Died):
        dying.review_tags.delete(store, here.team, "sp", "key1")
    here.tags.put(here.store, here.team, "sp", "since then")
    (erasure,) = services.erasures._erasures.every(here.store)
    services.erasures.run(here.store, erasure.id)
    assert here.tags.get(here.store, here.team, "sp").name == "since then"
    assert services.receipts.find(erasure.id) is None and services.erasures.find(here.store, erasure.id) is None


def test_a_member_who_is_changed_while_deleted_is_gone(settings, services, account):
    here = furnished(services, account.store)
    wire = Wire()
    acting = services_of(settings, **wire.options)
    store = acting.accounts.open(account.account)
    wire.trouble(meanwhile(lambda: here.members.change(here.store, here.team, here.member.id, role=Role.READER)),
                 wanted=lambda sent: sent.method == "DELETE" and "team-member" in sent.url)
    receipt_id = acting.team_members.delete(store, here.team, here.member.id, "key1")
    assert here.members.list(here.store, here.team) == [] and services.receipts.find(receipt_id)
    with pytest.raises(ServiceError):
        here.members.change(here.store, here.team, here.member.id, name="late")
    assert here.store.records.page(TEAM_MEMBER, here.team.generation).records == []


def test_archives_that_hold_what_was_deleted_go_too(services, account):
    here = furnished(services, account.store)
    export = services.exports.start(here.store)
    services.exports.run(here.store.account_id, export.id)
    receipt_id = here.members.delete(here.store, here.team, here.member.id, "key1")
    assert services.exports.list(here.store) == []
    assert services.receipts.find(receipt_id)["receipt"]["archivesDeleted"] == 1


def test_all_of_a_kind_can_be_erased_and_the_defaults_stay(services, account):
    here = furnished(services, account.store)
    for kind in ("team-member", "review-tag", "sub-team"):
        services.erasures.run(here.store, services.erasures.erase_kinds(here.store, [kind], "kind", "key1"))
    assert here.members.list(here.store, here.team) == [] and len(here.tags.list(here.store, here.team)) == 2
    assert [each.name for each in here.teams.sub_teams(here.store, here.team)] == ["public"]
    assert len(kinds(here.store) & {"review", "review-content"}) == 2


def test_a_tag_that_is_put_again_before_its_erasure_ran_has_its_receipt_all_the_same(settings, services, account):
    here = furnished(services, account.store)
    wire = Wire()
    acting = services_of(settings, **wire.options)
    store = acting.accounts.open(account.account)
    # It can write nothing more of the erasure once it has noted that the tag is gone, and leaves the rest to the timer.
    wire.trouble(answering(503), wanted=lambda sent: sent.method == "PUT" and "erasure" in sent.url, after=1, times=1_000)
    receipt_id = acting.review_tags.delete(store, here.team, "sp", "key1")
    assert services.receipts.find(receipt_id) is None
    here.tags.put(here.store, here.team, "sp", "made again")
    services.erasures.run(here.store, receipt_id)

    assert here.tags.get(here.store, here.team, "sp").name == "made again"
    assert services.receipts.find(receipt_id)["receipt"]["inventory"]["kinds"][0]["count"] == 1


@pytest.mark.parametrize("at", range(4))
def test_two_that_delete_a_team_at_the_same_time_get_the_same_receipt(settings, services, account, at):
    furnished(services, account.store)
    wire = Wire()
    acting = services_of(settings, **wire.options)
    store = acting.accounts.open(account.account)
    others = []

    def delete_too():
        others.append(services.teams.delete(account.store, "garden", "key2"))
        services.erasures.run(account.store, others[0])
    wire.clear()
    wire.trouble(meanwhile(delete_too), is_write, after=at)
    receipt_id = acting.teams.delete(store, "garden", "key1")
    for each in {receipt_id, *others}:
        services.erasures.run(account.store, each)

    written = [each for each in (receipt_id, *others) if services.receipts.find(each)]
    assert written and set(written) == {receipt_id}
    assert len(services.receipts.page(account.store.account_id, None, 10)[0]) == 1
    assert list(services.erasures._erasures.every(account.store)) == [] and not kinds(account.store) & OF_A_TEAM


def test_a_team_that_is_made_anew_between_two_deletions_stays(settings, services, account):
    here = furnished(services, account.store)
    wire = Wire()
    acting = services_of(settings, **wire.options)
    store = acting.accounts.open(account.account)

    def end_and_begin_anew():
        services.erasures.run(account.store, services.teams.delete(account.store, "garden", "key2"))
        services.teams.create(account.store, "Garden")
    wire.clear()
    wire.trouble(meanwhile(end_and_begin_anew), wanted=lambda sent: sent.method == "DELETE" and "PartitionKey='team'" in unquote(sent.url))
    receipt_id = acting.teams.delete(store, "garden", "key1")

    assert services.receipts.find(receipt_id)["receipt"]["scope"]["teamId"] == here.team.generation
    assert services.teams.get(account.store, "garden").generation != here.team.generation
