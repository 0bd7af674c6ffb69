"""Something is done with a review while its team is erased, or the review deleted: nothing of it outlives them."""
from __future__ import annotations

from collections.abc import Callable
from itertools import count

import pytest

from shared.reviews.service import DELETE_REVIEW
from tests.integration.reviews.deciding import Decider
from tests.integration.reviews.made_reviews import TRANSCRIPT, frame, text, video
from tests.integration.storage.wire import Wire, interrupted

CALLBACK = "https://shop.example/done"
KEPT = {"team", "team-member", "review", "review-content", "review-frame", "review-media", "review-action", "callback", "callback-body"}

Deed = Callable[[Decider, str, object], object]
DEEDS: dict[str, Deed] = {
    "comment": lambda worker, review_id, member: worker.services.review_decisions.comment(
        worker.store, worker.found, review_id, member, "a word"),
    "decide": lambda worker, review_id, member: worker.services.review_decisions.decide(
        worker.store, worker.found, review_id, member, {"a": True}),
    "skip": lambda worker, review_id, member: worker.services.review_decisions.skip(worker.store, worker.found, review_id, member),
    "transcript": lambda worker, review_id, member: worker.videos.set_transcript(worker.store, worker.found, review_id, TRANSCRIPT),
    "frames": lambda worker, review_id, member: worker.videos.add_frames(worker.store, worker.found, review_id, [frame(7)])}


def kept(worker: Decider) -> set[str]:
    return {*worker.store.records.kinds(), *worker.store.blobs.kinds()} & KEPT


@pytest.mark.parametrize("deed", DEEDS)
def test_what_is_done_while_the_team_is_erased_leaves_nothing(settings, account, clock, deed):
    worker, wire = Decider(settings, account.account, clock), Wire()
    acting = Decider(settings, account.account, clock, wire)
    for after in count(1, 2):
        item = text(callback_endpoint=CALLBACK) if deed in ("comment", "decide", "skip") else video(frame(1))
        member, (review,) = worker.member(), worker.create(item)
        acting.found = worker.team()

        def erase_team():
            worker.services.erasures.run(worker.store, worker.teams.delete(worker.store, "Gardeners", "key1"))
        was_in_the_middle = interrupted(wire, after, lambda acting=acting, of=review, by=member: DEEDS[deed](acting, of.id, by), erase_team)
        if not was_in_the_middle:
            break
        assert kept(worker) == set(), after
    assert after >= 5


@pytest.mark.parametrize("deed", ["comment", "decide"])
def test_what_is_done_while_the_review_is_deleted_leaves_nothing_of_it(settings, account, clock, deed):
    worker, wire = Decider(settings, account.account, clock), Wire()
    acting, member = Decider(settings, account.account, clock, wire), worker.member()
    acting.found = worker.team()
    for after in count(1, 2):
        (review,) = worker.create(text())

        def delete_review(of=review):
            worker.reviews.delete(worker.store, worker.team(), of.id)
            worker.run(DELETE_REVIEW, f"{worker.team().generation}/{of.id}/{of.generation}")
        if not interrupted(wire, after, lambda of=review: DEEDS[deed](acting, of.id, member), delete_review):
            break
        assert kept(worker) <= {"team", "team-member"} and worker.waiting() == set(), after
    assert after >= 5
