"""A worker that dies while it makes or deletes reviews: all of them are there or none, and what it left behind ends by its time."""
from __future__ import annotations

import pytest

from shared.errors import NotFound
from shared.reviews.service import DELETE_REVIEW
from tests.integration.reviews.made_reviews import Worker, frame, image, png, text, video
from tests.integration.storage.wire import Died, Wire, dies_before, is_write

DAY = 86_400


def die_at(settings, account, clock, worker, number: int, deed) -> bool:
    """Whether a worker died before its write of this number."""
    wire = Wire()
    dying = Worker(settings, account.account, clock, wire)
    dying.teams.list(dying.store)
    wire.trouble(dies_before, is_write, after=number)
    try:
        deed(dying)
    except Died:
        return True
    return False


@pytest.mark.parametrize("number", range(0, 24, 2))
def test_reviews_are_all_there_or_none_wherever_a_worker_dies(settings, account, clock, worker, number):
    team = worker.team()
    worker.waiting()
    items = [text(), image(png(1)), video(frame(1), frame(2))]
    died = die_at(settings, account, clock, worker, number, lambda dying: dying.reviews.create(dying.store, team, items))

    assert died or number >= 14
    made = [worker.get(review_id) for review_id in worker.all()]
    assert len(made) in (0, 3)
    if not died:
        assert len(made) == 3
    clock.pass_seconds(15 * 60)
    worker.expire()
    clock.pass_seconds(DAY)
    worker.expire()
    stored = worker.stored()
    assert stored.get("review-content", 0) <= len(made) and stored.get("review-media", 0) <= (4 if made else 0)
    if not made:
        assert stored == {"review-queue": 1}
    if made:
        assert sorted(worker.content(review)[0] for review in made) == ["image/png", "text/plain", "text/uri-list"]


@pytest.mark.parametrize("number", range(5))
def test_what_a_deleted_review_owned_is_deleted_wherever_a_worker_dies(settings, account, clock, worker, number):
    (review,) = worker.create(video(frame(1)))
    team = worker.team()
    die_at(settings, account, clock, worker, number, lambda dying: dying.reviews.delete(dying.store, team, review.id))
    worker.run(DELETE_REVIEW, f"{team.generation}/{review.id}/{review.generation}")  # was queued before the review was deleted

    if number == 0:  # it died before it had queued the job: nothing has happened
        assert worker.get(review.id) == review and worker.frames(review) == [1]
        return
    try:
        worker.get(review.id)
        assert worker.frames(review) == [1]
    except NotFound:
        assert {kind for kind in worker.stored() if "queue" not in kind} == set()
