"""Reviews on Azurite: made all or none, found, their content kept for its time, deleted with all that is theirs."""
from __future__ import annotations

import io
from datetime import timedelta

import numpy as np
import pytest
from PIL import Image

from shared.errors import InvalidRequest, NotFound
from shared.reviews import rules
from shared.reviews.models import ReviewStatus, ReviewType
from shared.reviews.repository import record_id_of
from shared.reviews.rules import ItemRefused
from shared.reviews.service import DELETE_REVIEW
from shared.storage.holdings import REVIEW
from tests.integration.reviews.made_reviews import VIDEO, frame, image, pairs, png, text, video
from tests.picture_server import serving
from tests.pictures import encoded, pixels


def test_a_text_a_picture_and_a_video_are_made_at_once_and_keep_what_was_said(worker, clock):
    with serving({"one.png": png(1)}) as address:
        made = worker.create(
            text("kohlrabi\n\u0000 \U0001f33f", content_id="t-1", metadata=pairs(adultScore="0.1", a="False"),
                 callback_endpoint="https://shop.example/done?x=1"),
            image(f"{address}/one.png", content_id="i-1"),
            video(content_id="v-1", timescale=90_000))

    assert [review.type for review in made] == [ReviewType.TEXT, ReviewType.IMAGE, ReviewType.VIDEO]
    assert [review.id[:7] for review in made] == ["202603t", "202603i", "202603v"] and len({len(review.id) for review in made}) == 1
    assert [review.status for review in made] == [ReviewStatus.PENDING, ReviewStatus.PENDING, ReviewStatus.UNPUBLISHED]
    assert [review.content_id for review in made] == ["t-1", "i-1", "v-1"]
    assert made[0].metadata == pairs(adultScore="0.1", a="False") and made[0].callback_endpoint == "https://shop.example/done?x=1"
    assert (made[0].sub_team, made[0].created_by, made[0].created_at) == ("public", "Gardeners", clock())
    assert (made[2].timescale, made[0].timescale, made[0].analysis, made[0].result_tags) == (90_000, None, {}, {})
    assert [worker.content(review) for review in made] == [
        ("text/plain", "kohlrabi\n\u0000 \U0001f33f".encode()), ("image/png", png(1)), ("text/uri-list", VIDEO.encode())]
    assert worker.waiting() == {made[0].id, made[1].id}


def test_a_picture_that_came_with_its_bytes_is_kept_as_it_is_and_an_analysis_with_its_review(worker):
    (review,) = worker.create(image(png(3), analysis={"scores": {"adult": 0.3}}))

    assert worker.content(review) == ("image/png", png(3))
    assert review.analysis == {"scores": {"adult": 0.3}}


def test_a_tiff_is_kept_as_a_png_with_the_same_pixels_since_browsers_do_not_show_it(worker):
    (review,) = worker.create(image(encoded(pixels(4, 40, 32), "TIFF")))

    media_type, content = worker.content(review)
    assert media_type == "image/png"
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(content))), pixels(4, 40, 32))


@pytest.mark.parametrize(("file", "why"), [("none.png", "status 404"), ("text.png", "image format"), ("large.png", "bytes at the most")])
def test_a_picture_that_cannot_be_had_is_named_by_its_place_and_nothing_is_made(worker, file, why):
    files = {"one.png": png(1), "text.png": b"no picture", "large.png": b"\x89PNG" + bytes(rules.PICTURES.size_bytes)}
    with serving(files) as address, pytest.raises(ItemRefused, match=why) as refused:
        worker.create(text(), image(f"{address}/one.png"), image(f"{address}/{file}"))

    assert refused.value.target == "[2].Content" and refused.value.message.startswith("[2].Content: ")
    assert worker.all() == [] and worker.waiting() == set()
    assert worker.stored("review") == {"review-queue": 1}


def test_the_frame_of_one_video_that_cannot_be_had_takes_all_of_them_back(worker):
    with pytest.raises(ItemRefused) as refused:
        worker.create(video(frame(1), frame(2)), video(frame(3), frame(4, b"no picture")))

    assert refused.value.target == "[1].VideoFrames[1].FrameImage"
    assert worker.all() == [] and worker.stored() == {}


def test_as_many_are_made_as_a_request_may_have_and_not_one_more(worker):
    with pytest.raises(InvalidRequest, match="1 to 100"):
        worker.create(*[text()] * (rules.REVIEWS_AT_ONCE + 1))
    with pytest.raises(InvalidRequest, match="1 to 100"):
        worker.create()
    assert len(worker.create(*[text(metadata=_large_pairs())] * rules.REVIEWS_AT_ONCE)) == rules.REVIEWS_AT_ONCE
    assert len(worker.waiting()) == rules.REVIEWS_AT_ONCE


def _large_pairs():
    """As many bytes as the metadata of a review may have: `[["k", "..."], ...]`."""
    left, found = rules.PAIRS_BYTES - 2, []
    while left > 20:
        value = "\U0001f33f" * min(rules.VALUE_CHARACTERS, (left - 20) // 4)
        found += pairs(**{f"k{len(found):02d}": value})
        left -= len(value.encode()) + 13
    return tuple(found)


def test_a_review_is_for_a_sub_team_that_there_is_in_its_own_letters(worker):
    worker.teams.add_sub_team(worker.store, worker.team(), "Nights")

    (review,) = worker.create(text(), sub_team="nights")
    assert review.sub_team == "Nights"
    with pytest.raises(InvalidRequest, match="no such sub-team"):
        worker.create(text(), sub_team="days")


def test_the_newest_come_first_page_by_page_and_by_what_is_asked(worker, clock):
    worker.teams.add_sub_team(worker.store, worker.team(), "Nights")
    ids = []
    for number in range(7):
        clock.pass_seconds(60)
        item = (text, lambda **more: image(png(), **more), video)[number % 3](content_id=f"c-{number}")
        ids += [review.id for review in worker.create(item, sub_team="Nights" if number < 2 else None)]

    newest = ids[::-1]
    assert worker.all() == newest
    assert worker.all(type=ReviewType.VIDEO) == [ids[5], ids[2]]
    assert worker.all(status=ReviewStatus.UNPUBLISHED) == [ids[5], ids[2]] and worker.all(status=ReviewStatus.COMPLETE) == []
    assert worker.all(sub_team="nights") == [ids[1], ids[0]]
    assert worker.all(content_id="c-4") == [ids[4]]
    third = worker.get(ids[2]).created_at
    assert worker.all(created_from=third) == newest[:5]
    assert worker.all(created_before=third) == newest[5:]
    assert worker.all(created_from=third, created_before=third + timedelta(milliseconds=1)) == [ids[2]]


def test_another_account_and_another_team_have_none_of_it(worker, other):
    (review,) = worker.create(text())
    worker.team("Cooks")
    for account, team in ((other, "Gardeners"), (worker, "Cooks")):
        for ask in (account.reviews.get, account.reviews.content, account.reviews.delete, account.videos.publish):
            with pytest.raises(NotFound):
                ask(account.store, account.team(team), review.id)
        assert account.reviews.page(account.store, account.team(team)) == ([], None)
    assert worker.get(review.id) == review


def test_the_content_of_a_complete_review_ends_by_its_time_and_what_was_decided_stays(worker, clock):
    pending, decided, clip = worker.create(text(), text("to be forgotten"), video(frame(1), frame(2)))
    worker.videos.set_transcript(worker.store, worker.team(), clip.id, "WEBVTT\n")
    for review in (decided, clip):
        worker.complete(worker.get(review.id), clock())
    clock.pass_seconds(30 * 86_400 - 1)
    worker.expire()
    assert worker.content(decided)[1] == b"to be forgotten" and worker.frames(clip) == [1, 2]
    clock.pass_seconds(1)
    with pytest.raises(NotFound, match="not there any longer"):  # at once, whatever the timer does
        worker.content(decided)
    worker.expire()

    for review in (decided, clip):
        with pytest.raises(NotFound, match="not there any longer"):
            worker.content(review)
        assert worker.get(review.id).result_tags == {"a": True}
    with pytest.raises(NotFound, match="not there any longer"):
        worker.frames(clip)
    assert worker.content(pending)[1] == b"kohlrabi-8841"
    assert worker.stored() == {"review": 3, "review-content": 1, "review-media": 1, "review-queue": 1, "review-queue-entry": 1}


def test_the_content_of_a_review_that_is_opened_again_stays(worker, clock):
    (review,) = worker.create(text())
    worker.complete(worker.get(review.id), clock())
    worker.reviews.keep_content(worker.store, worker.get(review.id))
    clock.pass_seconds(366 * 86_400)
    worker.expire()

    assert worker.content(review)[1] == b"kohlrabi-8841"


def test_a_video_that_comes_complete_waits_for_nobody_and_its_content_ends_by_its_time(worker, clock):
    (review,) = worker.create(video(status=ReviewStatus.COMPLETE))

    assert worker.waiting() == set() and worker.content(review)[1] == VIDEO.encode()
    clock.pass_seconds(30 * 86_400)
    worker.expire()
    assert worker.stored().keys() & {"review", "review-content"} == {"review"}


def test_a_deleted_review_is_gone_at_once_and_the_job_takes_what_was_its_own(worker):
    kept, gone = worker.create(video(frame(1)), video(frame(1), frame(2), status=ReviewStatus.PENDING))
    worker.reviews.delete(worker.store, worker.team(), gone.id)

    with pytest.raises(NotFound):
        worker.get(gone.id)
    with pytest.raises(NotFound):
        worker.reviews.delete(worker.store, worker.team(), gone.id)
    assert worker.all() == [kept.id] and worker.waiting() == set()
    for review in (kept, gone):  # of one that is there the job takes nothing
        worker.run(DELETE_REVIEW, f"{worker.team().generation}/{review.id}/{review.generation}")
    assert worker.stored() == {"review": 1, "review-content": 1, "review-frame": 1, "review-media": 1, "review-queue": 1}
    assert worker.frames(kept) == [1]


def test_a_record_is_named_so_that_the_newest_come_first_and_its_id_is_in_it(worker):
    (review,) = worker.create(text())

    assert record_id_of(review.id)[12:] == review.id
    assert worker.store.records.ids(REVIEW, worker.team().generation)[0] == [record_id_of(review.id)]
