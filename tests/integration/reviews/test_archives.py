"""Reviews in archives: they come back elsewhere with their content, and wait; what erasing kinds and teams leaves of them."""
from __future__ import annotations

import json
from datetime import timedelta

import pytest

from shared.errors import InvalidRequest, NotFound
from shared.lifecycle.erasure import SCOPE_KIND
from shared.reviews.imported_reviews import imported_reviews
from shared.reviews.models import ReviewStatus, TranscriptTerms
from shared.reviews.repository import record_id_of
from shared.storage.holdings import HOLDINGS
from shared.teams.models import Role
from tests.integration.lifecycle.archives import archive_of, imported_into
from tests.integration.reviews.made_reviews import TRANSCRIPT, frame, image, pairs, png, text, video


@pytest.fixture
def made(worker, clock):
    """A text, a picture and a published video that wait, and a text that was decided."""
    reviews = worker.create(text(metadata=pairs(a="b")), image(png(2), analysis={"scores": {"adult": 0.5}}),
                            video(frame(1, a="True"), frame(2), status=ReviewStatus.PENDING, timescale=1000), text("decided"))
    place = (worker.store, worker.team(), reviews[2].id)
    worker.videos.set_transcript(*place, TRANSCRIPT)
    worker.videos.set_transcript_terms(*place, [TranscriptTerms(2334, ((1, "bad"),))])
    worker.complete(worker.get(reviews[3].id), clock())
    worker.services.team_members.add(worker.store, worker.team(), "A person", "", Role.MODERATOR, (), None)
    return [worker.get(review.id) for review in reviews]


def erase(worker, *kinds: str) -> None:
    receipt_id = worker.services.erasures.erase_kinds(worker.store, kinds, SCOPE_KIND, "key1")
    worker.services.erasures.run(worker.store, receipt_id)


def test_reviews_come_back_elsewhere_with_their_content_and_wait(worker, other, made, clock):
    archive = archive_of(worker.store, HOLDINGS)
    imported = imported_into(other.services, other.store, archive)
    assert imported.error == "" and imported.result is not None
    result = imported.result

    assert {kind: result.taken[kind] for kind in ("team", "review", "review-content", "review-frame", "review-media")} == {
        "team": 1, "review": 4, "review-content": 4, "review-frame": 2, "review-media": 7}
    assert other.waiting() == {review.id for review in made[:3]} == worker.waiting()
    for review in made:
        there = other.get(review.id)
        assert there.generation != review.generation
        assert (there.metadata, there.analysis, there.status, there.result_tags, there.created_at) == (
            review.metadata, review.analysis, review.status, review.result_tags, review.created_at)
        assert other.content(there) == worker.content(review)
    place = (other.store, other.team(), made[2].id)
    assert (other.frames(made[2]), other.videos.transcript(*place)) == ([1, 2], TRANSCRIPT)
    assert other.videos.frame(*place, 2).data == png(2) and other.videos.transcript_terms(*place) == [TranscriptTerms(2334, ((1, "bad"),))]
    assert archive_of(other.store, HOLDINGS).summary.merkle_root == archive.summary.merkle_root
    clock.pass_seconds(timedelta(days=30).total_seconds())
    other.expire()
    with pytest.raises(NotFound):  # its time came with it
        other.content(other.get(made[3].id))


def test_a_review_whose_id_its_time_and_type_do_not_make_is_not_taken(made):
    check = imported_reviews({})
    good = {"id": record_id_of(made[0].id), "type": "Text"}
    check([good])
    for wrong in ({**good, "type": "Video"}, {**good, "id": f"{0:012x}{made[0].id}"}):
        with pytest.raises(InvalidRequest) as refused:
            check([good, wrong])
        assert refused.value.target == "1"


def test_erasing_reviews_leaves_the_team_and_nothing_of_them(worker, made):
    erase(worker, "review")

    assert worker.stored("review") == {} and worker.team().name == "Gardeners"
    assert worker.waiting() == set() == set(worker.all())


def test_erasing_their_content_leaves_the_reviews_and_what_was_decided(worker, made):
    erase(worker, "review-content")

    assert {kind: count for kind, count in worker.stored().items() if "queue" not in kind} == {"review": 4}
    assert worker.get(made[3].id).result_tags == {"a": True} and worker.waiting() == {review.id for review in made[:3]}
    with pytest.raises(NotFound, match="not there any longer"):
        worker.content(made[0])


@pytest.mark.parametrize(("kind", "left"), [("review-media", {"review-frame": 2}), ("review-frame", {"review-media": 5})])
def test_erasing_one_kind_of_content_leaves_the_other_but_frames_take_their_pictures_along(worker, made, kind, left):
    erase(worker, kind)

    assert {name: count for name, count in worker.stored().items() if name in ("review-media", "review-frame")} == left
    assert worker.stored()["review-content"] == 4


def test_a_queue_that_an_erasure_took_along_is_made_anew(worker, made):
    assert worker.waiting() >= {review.id for review in made[:3]}
    erase(worker, "team-member")

    assert "review-queue" not in worker.stored()
    assert worker.waiting() == {review.id for review in made[:3]}


def test_a_deleted_team_takes_its_reviews_along_and_another_of_its_name_has_none(worker, made):
    receipt_id = worker.teams.delete(worker.store, "Gardeners", "key1")
    with pytest.raises(NotFound):
        worker.reviews.get(worker.store, worker.teams.get(worker.store, "Gardeners"), made[0].id)
    assert worker.all() == []  # of the new team
    worker.services.erasures.run(worker.store, receipt_id)

    assert worker.stored() == {}
    receipt = json.dumps(worker.services.receipts.find(receipt_id))
    assert all(kind in receipt for kind in ("review", "review-content", "review-frame", "review-media")) and "Gardeners" not in receipt


def test_what_is_made_while_its_team_ends_is_taken_back(worker, monkeypatch):
    team = worker.team()
    insert = type(worker.reviews._reviews).insert_all

    def ends_meanwhile(records, account, ended, reviews):
        worker.teams.delete(worker.store, team.name, "key1")
        insert(records, account, ended, reviews)
    monkeypatch.setattr(type(worker.reviews._reviews), "insert_all", ends_meanwhile)
    with pytest.raises(NotFound):
        worker.reviews.create(worker.store, team, [text(), image(png())])
    assert worker.stored() == {}
