"""Members decide, skip, comment, take back, ask and appeal; who may, what waits then, and what the history tells."""
from __future__ import annotations

import json

import pytest

from shared.errors import Conflict, InvalidRequest, NotFound, PermissionDenied
from shared.reviews.changes import completed_event
from shared.reviews.decision_models import (
    ACTION_LIMIT,
    COMMENT_CHARACTERS,
    OPINION_LIMIT,
    OWNER,
    UNDO_MINUTES,
    Action,
    ActionKind,
    Outcome,
)
from shared.reviews.history import ReviewHistory
from shared.reviews.models import ReviewStatus
from shared.teams.models import Role
from tests.integration.reviews.deciding import Decider
from tests.integration.reviews.made_reviews import pairs, text, video

LEASE = 15 * 60


@pytest.fixture
def worker(settings, account, clock) -> Decider:
    return Decider(settings, account.account, clock)


@pytest.fixture
def ada(worker):
    return worker.member("Ada")


@pytest.fixture
def bo(worker):
    return worker.member("Bo")


def test_the_oldest_review_comes_first_and_again_until_it_is_decided(worker, clock, ada, bo):
    first, = worker.create(text("one"))
    clock.pass_seconds(1)
    second, = worker.create(text("two"))

    assert worker.next(ada).id == worker.next(ada).id == first.id
    assert worker.next(bo).id == second.id
    decided = worker.decide(first, ada, "a", comment="clearly")

    assert (decided.status, decided.result_tags, decided.completed_at) == (ReviewStatus.COMPLETE, {"a": True, "r": False}, clock.time)
    assert worker.next(ada) is None
    assert worker.waiting() == {second.id}
    line, = worker.history(first)
    assert (line.kind, line.member_id, line.at, line.comment, line.tags) == (
        ActionKind.DECIDED, ada.id, clock.time, "clearly", {"a": True, "r": False})


def test_a_review_is_for_others_from_the_end_of_the_time_on_and_not_before(worker, clock, ada, bo):
    review, = worker.create(text())
    worker.next(ada)
    clock.pass_seconds(LEASE - 1)
    assert worker.next(bo) is None
    with pytest.raises(Conflict, match="at hand"):
        worker.decide(review, bo)
    clock.pass_seconds(1)

    assert worker.next(bo).id == review.id

    with pytest.raises(Conflict, match="at hand"):
        worker.decide(review, ada, "a")
    assert worker.decide(review, bo, "r").result_tags == {"a": False, "r": True}
    with pytest.raises(Conflict, match="by another member"):
        worker.decide(review, ada, "a")
    assert worker.told(review) == ["decided"]


def test_who_is_late_decides_all_the_same_where_nobody_else_has_it(worker, clock, ada):
    review, = worker.create(text())
    worker.next(ada)
    clock.pass_seconds(LEASE * 2)

    assert worker.decide(review, ada).status is ReviewStatus.COMPLETE


def test_the_time_can_be_begun_anew_and_be_ended(worker, clock, ada, bo):
    review, = worker.create(text())
    worker.next(ada)
    clock.pass_seconds(LEASE - 1)
    assert worker.act("extend", review, ada).lease_until == clock.time.fromtimestamp(clock.time.timestamp() + LEASE, clock.time.tzinfo)
    clock.pass_seconds(LEASE - 1)
    assert worker.next(bo) is None
    with pytest.raises(Conflict):
        worker.act("extend", review, bo)
    worker.act("release", review, bo)
    assert worker.next(bo) is None

    worker.act("release", review, ada)

    assert worker.next(bo).id == review.id


def test_the_same_decision_again_changes_nothing_and_another_one_is_refused(worker, clock, ada):
    review, = worker.create(text())
    once = worker.decide(review, ada, "a")
    clock.pass_seconds(60)

    assert worker.decide(review, ada, "a") == once

    with pytest.raises(Conflict, match="take that back"):
        worker.decide(review, ada, "r")
    assert worker.told(review) == ["decided"]


def test_a_skipped_review_is_for_others_and_comes_last_for_who_skipped_it(worker, clock, ada, bo):
    first, = worker.create(text("one"))
    clock.pass_seconds(1)
    second, = worker.create(text("two"))
    worker.next(ada)

    worker.act("skip", first, ada, "not mine")

    assert worker.next(ada).id == second.id
    assert worker.next(bo).id == first.id
    worker.act("skip", first, bo)
    worker.decide(second, ada)
    assert worker.next(ada).id == first.id
    assert worker.told(first) == ["skipped", "skipped"]


def test_readers_see_and_others_decide(worker):
    review, = worker.create(text())
    reader, admin = worker.member("Rea", Role.READER), worker.member("Adm", Role.ADMIN)

    for verb, arguments in (("decide", ({},)), ("skip", ()), ("undo", ()), ("extend", ()), ("release", ()), ("comment", ("a",)),
                            ("ask_second_opinion", ()), ("appeal", ("why",))):
        with pytest.raises(PermissionDenied):
            worker.act(verb, review, reader, *arguments)
    with pytest.raises(PermissionDenied):
        worker.next(reader)

    assert worker.next(admin).id == review.id


def test_a_member_of_sub_teams_is_given_their_reviews_alone(worker, ada):
    for name in ("Roots", "Leaves"):
        worker.teams.add_sub_team(worker.store, worker.team(), name)
    roots = worker.member("Bo", Role.MODERATOR, "roots")
    leaf, = worker.create(text(), sub_team="leaves")
    root, = worker.create(text(), sub_team="ROOTS")

    assert worker.next(roots).id == root.id
    worker.decide(root, roots)
    assert worker.next(roots) is None
    with pytest.raises(NotFound):
        worker.decide(leaf, roots)
    assert worker.next(ada, "roots") is None
    assert worker.next(ada, "LEAVES").id == leaf.id


@pytest.mark.parametrize("minutes", [UNDO_MINUTES, UNDO_MINUTES + 1])
def test_the_own_newest_decision_can_be_taken_back_for_some_minutes(worker, clock, ada, bo, minutes):
    review, other = worker.create(text(), text())
    worker.decide(review, ada, "a")
    assert worker.next(ada).id == other.id
    with pytest.raises(Conflict):
        worker.act("undo", review, bo)
    clock.pass_seconds(60 * minutes)
    if minutes > UNDO_MINUTES:
        with pytest.raises(Conflict, match="10 minutes"):
            worker.act("undo", review, ada)
        return

    undone = worker.act("undo", review, ada)
    assert worker.act("undo", review, ada).lease_member_id == ada.id

    assert (undone.status, undone.result_tags, undone.decided_by, undone.completed_at) == (ReviewStatus.PENDING, {}, (), None)
    assert worker.next(ada).id == review.id  # at hand again, and the one before is for others
    assert worker.next(bo).id == other.id
    worker.decide(review, ada, "r")
    assert worker.told(review) == ["decided", "undone", "decided"]


def test_a_second_opinion_is_somebody_elses_and_prevails(worker, clock, ada, bo):
    review, = worker.create(text())
    with pytest.raises(Conflict, match="not decided yet"):
        worker.act("ask_second_opinion", review, ada)
    worker.decide(review, ada, "a")
    clock.pass_seconds(1)

    assert worker.act("ask_second_opinion", review, bo, "are you sure?").status is ReviewStatus.PENDING
    worker.act("ask_second_opinion", review, ada)

    assert worker.next(ada) is None
    assert worker.next(bo).id == review.id
    assert worker.decide(review, bo, "r").result_tags == {"a": False, "r": True}
    assert worker.told(review) == ["decided", "opinionAsked", "decided"]
    assert worker.get(review.id).decided_by == (ada.id, bo.id)


def test_who_decides_may_ask_for_a_second_opinion_with_the_decision(worker, ada, bo):
    review, = worker.create(text())

    assert worker.decide(review, ada, "a", second_opinion=True).status is ReviewStatus.PENDING

    assert worker.next(ada) is None
    assert worker.decide(worker.next(bo), bo).status is ReviewStatus.COMPLETE


@pytest.mark.parametrize(("codes", "outcome"), [(["a"], Outcome.UPHELD), (["r"], Outcome.OVERTURNED), ([], Outcome.OVERTURNED)])
def test_an_appeal_is_decided_by_another_who_upholds_or_overturns(worker, clock, ada, bo, codes, outcome):
    review, = worker.create(text())
    with pytest.raises(Conflict):
        worker.act("appeal", review, OWNER, "it is a recipe")
    worker.decide(review, ada, "a")
    clock.pass_seconds(1)

    worker.act("appeal", review, OWNER, "it is a recipe")
    assert worker.act("appeal", review, OWNER, "it is a recipe").appealed is True

    for member in (ada, OWNER):
        with pytest.raises(Conflict):
            worker.act("appeal", review, member, "again")
    with pytest.raises(Conflict, match="appealed"):
        worker.act("undo", review, ada)
    assert worker.next(ada) is None
    assert worker.decide(worker.next(bo), bo, *codes).appealed is False
    assert [line.outcome for line in worker.history(review)] == [None, None, outcome]
    assert worker.act("undo", review, bo).appealed is True
    assert worker.get(review.id).result_tags == {"a": True, "r": False}


def test_there_are_so_many_opinions_and_no_more(worker, clock):
    review, = worker.create(text())
    for number in range(OPINION_LIMIT):
        if number:
            worker.act("ask_second_opinion", review, OWNER)
        worker.decide(review, worker.member(str(number)))
        clock.pass_seconds(1)

    for verb, reason in (("ask_second_opinion", ""), ("appeal", "why")):
        with pytest.raises(Conflict, match="5 opinions"):
            worker.act(verb, review, OWNER, reason)
    assert len(worker.get(review.id).opinions) == OPINION_LIMIT


def test_a_review_without_its_content_is_not_judged_again(worker, clock, ada):
    review, = worker.create(text())
    worker.decide(review, ada)
    clock.pass_seconds(31 * 24 * 3600)
    worker.expire()

    for verb in ("ask_second_opinion", "appeal"):
        with pytest.raises(Conflict, match="not there any longer"):
            worker.act(verb, review, OWNER, "why")


def test_content_ends_once_decided_and_stays_once_opened_again(worker, clock, ada, bo):
    review, = worker.create(text("radish-4410"))
    worker.decide(review, ada)
    worker.act("appeal", review, OWNER, "why")
    clock.pass_seconds(31 * 24 * 3600)
    worker.expire()
    assert worker.content(review) == ("text/plain", b"radish-4410")

    worker.decide(review, bo)
    clock.pass_seconds(31 * 24 * 3600)
    worker.expire()

    with pytest.raises(NotFound):
        worker.content(review)
    assert worker.told(review) == ["decided", "appealed", "decided"]


@pytest.mark.parametrize("tags", [{"zz": True}, {"a": True, "zz": False}, {"A": True}])
def test_tags_that_the_team_does_not_have_are_refused(worker, ada, tags):
    review, = worker.create(text())
    with pytest.raises(InvalidRequest):
        worker.act("decide", review, ada, tags)
    assert worker.told(review) == []


def test_comments_are_lines_of_the_history_and_have_their_length(worker, clock, ada):
    review, = worker.create(text())
    worker.act("comment", review, ada, "x" * COMMENT_CHARACTERS)
    for refused in ("x" * (COMMENT_CHARACTERS + 1), "", "  ", "a\x00b"):
        with pytest.raises(InvalidRequest):
            worker.act("comment", review, ada, refused)
    with pytest.raises(InvalidRequest):
        worker.decide(review, ada, comment="x" * (COMMENT_CHARACTERS + 1))
    with pytest.raises(InvalidRequest):
        worker.act("appeal", review, ada, " ")
    assert worker.told(review) == ["commented"]


def test_a_full_history_takes_decisions_and_nothing_else(worker, clock, ada):
    review, = worker.create(text())
    for number in range(ACTION_LIMIT - 1):
        ReviewHistory().add(worker.store, review, Action(f"{number:032x}", ActionKind.COMMENTED, ada.id, clock.time, "a"))
    worker.act("comment", review, ada, "the last one")
    for verb, arguments in (("comment", ("one more",)), ("skip", ())):
        with pytest.raises(Conflict, match="1000 lines"):
            worker.act(verb, review, ada, *arguments)

    assert worker.decide(review, ada).status is ReviewStatus.COMPLETE


def test_a_video_that_is_not_published_is_decided_by_nobody(worker, ada):
    review, = worker.create(video())
    for verb, arguments in (("decide", ({},)), ("skip", ())):
        with pytest.raises(Conflict, match="not published"):
            worker.act(verb, review, ada, *arguments)
    assert worker.next(ada) is None


def test_a_complete_review_is_told_in_the_published_form_once(worker, clock, ada):
    review, = worker.create(text(callback_endpoint="https://callbacks.example/done", metadata=pairs(sku="7")), )

    done = worker.decide(review, ada, "a")
    worker.decide(review, ada, "a")

    assert worker.callbacks() == [review.id]
    assert json.loads(json.dumps(completed_event(done))) == {
        "ReviewId": review.id, "ModifiedOn": "2026-03-01T12:00:00Z", "ModifiedBy": ada.id, "CallBackType": "Review",
        "ContentId": "an id", "Metadata": {"sku": "7"}, "ReviewerResultTags": {"a": "True", "r": "False"}}


def test_reviews_of_another_account_or_team_are_not_there(worker, ada, settings, new_account, clock):
    stranger = Decider(settings, new_account().account, clock)
    review, = worker.create(text())
    spy = stranger.member()
    with pytest.raises(NotFound):
        stranger.decide(review, spy)
    assert stranger.next(spy) is None


def test_a_deleted_review_leaves_nothing_of_what_was_done_with_it(worker, ada):
    review, = worker.create(text())
    worker.decide(review, ada)
    worker.act("comment", review, ada, "fine")
    worker.reviews.delete(worker.store, worker.team(), review.id)
    worker.run("delete-review", f"{worker.team().generation}/{review.id}/{review.generation}")

    assert "review-action" not in worker.stored()
    with pytest.raises(NotFound):
        worker.history(review)


def test_counts_and_agreement(worker, clock, ada, bo):
    first, second, third, waiting = worker.create(*[text(str(number)) for number in range(4)])
    for review, codes in ((first, ("a",)), (second, ("a", "r")), (third, ())):
        worker.decide(review, ada, *codes, second_opinion=review is not third)
    for review, codes in ((first, ("a",)), (second, ("r",))):
        worker.decide(review, bo, *codes)
    clock.pass_seconds(90)
    worker.next(ada)

    counts = worker.services.review_statistics.counts(worker.store, worker.team())

    assert (counts.reviews, counts.is_whole, counts.waiting, counts.at_hand) == (4, True, 1, 1)
    assert counts.by_status == {"Complete": 3, "Pending": 1}
    assert counts.by_sub_team == {"public": {"Complete": 3, "Pending": 1}}
    assert counts.by_tag == {"a": 1, "r": 1}
    assert counts.by_reviewer == {ada.id: 3, bo.id: 2}
    assert counts.oldest_waiting_since == waiting.created_at
    agreement = worker.services.review_statistics.agreement(worker.store, worker.team())
    assert (agreement.reviews, agreement.judged_twice) == (4, 2)
    pair, = agreement.pairs
    assert {pair.first, pair.second} == {ada.id, bo.id}
    assert {tag.code: (tag.percent, tag.kappa) for tag in pair.tags} == {"a": (50, 0), "r": (100, 1)}
