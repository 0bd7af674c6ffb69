"""Videos on Azurite: frames in the order of time, a transcript and what was found in it, and publishing."""
from __future__ import annotations

import threading

import pytest

from shared.errors import Conflict, InvalidRequest, NotFound
from shared.reviews import rules
from shared.reviews.contents import ReviewContents
from shared.reviews.models import KeyValue, ReviewStatus, TranscriptTerms
from shared.reviews.repository import ReviewRepository
from shared.reviews.rules import ItemRefused, NewFrame
from shared.reviews.videos import VideoReviewService
from shared.reviews.writing import ReviewWriter
from tests.integration.reviews.made_reviews import TRANSCRIPT, frame, pairs, png, text, video
from tests.picture_server import serving


@pytest.fixture
def clip(worker):
    return worker.create(video(frame(0), timescale=1000))[0]


def add(worker, clip, *frames, **options):
    worker.videos.add_frames(worker.store, worker.team(), clip.id, frames, **options)


def test_frames_come_in_the_order_of_time_with_what_was_said_of_them(worker, clip):
    with serving({"f.png": png(5)}) as address:
        add(worker, clip, frame(90_000, a="True"), NewFrame(1122, f"{address}/f.png", pairs(score="0.2"), (KeyValue("r", "True"),)))

    first, second, third = worker.videos.frames(worker.store, worker.team(), clip.id)
    assert (first.timestamp, second.timestamp, third.timestamp) == (0, 1122, 90_000)
    assert (second.metadata, second.result_tags, third.metadata) == (pairs(score="0.2"), (KeyValue("r", "True"),), pairs(a="True"))
    file = worker.videos.frame(worker.store, worker.team(), clip.id, 1122)
    assert (file.media_type, file.data, file.name) == ("image/png", png(5), f"{clip.id}-1122.png")
    with pytest.raises(NotFound, match="no frame"):
        worker.videos.frame(worker.store, worker.team(), clip.id, 1123)


def test_frames_are_asked_for_by_time_number_and_tag(worker, clip):
    add(worker, clip, *(frame(number, png(1), a=str(number % 2 == 0)) for number in range(1, 251)))

    assert worker.frames(clip, 0, 1000) == list(range(251))
    assert worker.frames(clip, 240, 1000) == list(range(240, 251))
    assert worker.frames(clip, 5, 3) == [5, 6, 7]
    assert worker.frames(clip, 3, 4, ("A", "zz")) == [4, 6, 8, 10]
    assert worker.frames(clip, 0, 1000, ("zz",)) == []


def test_what_reviewers_said_of_a_frame_goes_before_what_the_caller_said(worker, clip):
    add(worker, clip, NewFrame(7, png(), pairs(a="True"), (KeyValue("a", "False"),)))

    assert worker.frames(clip, 0, 10, ("a",)) == []


def test_a_frame_takes_the_place_of_another_with_its_timestamp_and_leaves_nothing(worker, clip):
    add(worker, clip, frame(5, png(1), a="True"))
    add(worker, clip, frame(5, png(2)))

    assert worker.videos.frame(worker.store, worker.team(), clip.id, 5).data == png(2)
    assert worker.frames(clip) == [0, 5] and worker.frames(clip, 0, 10, ("a",)) == []
    assert worker.stored()["review-media"] == 2


def test_one_frame_that_cannot_be_had_takes_all_back(worker, clip):
    with pytest.raises(ItemRefused) as refused:
        add(worker, clip, frame(0, png(3)), frame(1), frame(2, b"no picture"), frame(3))

    assert refused.value.target == "[2].FrameImage"
    assert worker.frames(clip) == [0] and worker.stored()["review-media"] == 1
    assert worker.videos.frame(worker.store, worker.team(), clip.id, 0).data == png(0)


def test_a_video_has_as_many_frames_as_it_may_and_not_one_more(worker, clip):
    made = worker.services.review_videos
    small = VideoReviewService(made._reviews, made._records, made._contents, made._writer, made._queue, frame_limit=4)

    def add_to_small(*timestamps):
        small.add_frames(worker.store, worker.team(), clip.id, [frame(each) for each in timestamps])
    add_to_small(1, 2, 3)
    add_to_small(0, 1, 2, 3)  # those are there
    with pytest.raises(InvalidRequest, match="4 frames at the most"):
        add_to_small(3, 4)
    assert worker.frames(clip) == [0, 1, 2, 3] and worker.stored()["review-media"] == 4


def test_requests_at_the_same_time_do_not_go_over_the_limit_together(worker, clip):
    made = worker.services.review_videos
    small = VideoReviewService(made._reviews, made._records, made._contents, made._writer, made._queue, frame_limit=5)
    refused = []

    def add_to_small(timestamp):
        try:
            small.add_frames(worker.store, worker.team(), clip.id, [frame(timestamp), frame(timestamp + 1)])
        except InvalidRequest:
            refused.append(timestamp)
    threads = [threading.Thread(target=add_to_small, args=(10 * number,)) for number in range(1, 6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(worker.frames(clip)) <= 5 and len(refused) >= 3
    assert worker.stored()["review-media"] == len(worker.frames(clip))


@pytest.mark.parametrize("frames", [
    [], [frame(1)] * (rules.FRAMES_AT_ONCE + 1), [frame(1), frame(1)], [frame(-1)], [frame(rules.LAST_TIMESTAMP + 1)],
    [NewFrame(1, "ftp://example/x.png")], [NewFrame(1, "https://user:secret@example/x.png")],
    [NewFrame(number, "https://pictures.example/x.png") for number in range(rules.PICTURES_AT_ONCE + 1)]])
def test_frames_that_cannot_be_are_refused_before_anything_is_fetched(worker, clip, frames):
    with pytest.raises(InvalidRequest):
        add(worker, clip, *frames)
    assert worker.frames(clip) == [0]


def test_the_last_timestamp_that_may_be_is_taken(worker, clip):
    add(worker, clip, frame(rules.LAST_TIMESTAMP, png()))
    assert worker.frames(clip) == [0, rules.LAST_TIMESTAMP]


def test_the_timescale_is_set_with_frames_or_alone(worker, clip):
    add(worker, clip, frame(1), timescale=90_000)
    assert worker.get(clip.id).timescale == 90_000
    worker.videos.set_timescale(worker.store, worker.team(), clip.id, None)
    assert worker.get(clip.id).timescale == 90_000
    worker.videos.set_timescale(worker.store, worker.team(), clip.id, 30)
    assert worker.get(clip.id).timescale == 30
    for wrong in (0, rules.MOST_TIMESCALE + 1):
        with pytest.raises(InvalidRequest, match="timescale"):
            worker.videos.set_timescale(worker.store, worker.team(), clip.id, wrong)


def test_a_transcript_and_what_was_found_in_it_are_kept_in_the_place_of_former_ones(worker, clip):
    videos, team = worker.videos, worker.team()
    assert (videos.transcript(worker.store, team, clip.id), videos.transcript_terms(worker.store, team, clip.id)) == (None, [])
    found = [TranscriptTerms(2334, ((1, "bad"), (7, "worse"))), TranscriptTerms(0, ())]
    for transcript, terms in ((TRANSCRIPT, found), ("\ufeffWEBVTT words\r\n", [])):
        videos.set_transcript(worker.store, team, clip.id, transcript)
        videos.set_transcript_terms(worker.store, team, clip.id, terms)
        assert videos.transcript(worker.store, team, clip.id) == transcript
        assert videos.transcript_terms(worker.store, team, clip.id) == terms


def test_publishing_lets_a_video_wait_once(worker, clip):
    assert worker.waiting() == set()
    for _ in range(2):
        worker.videos.publish(worker.store, worker.team(), clip.id)
        assert worker.get(clip.id).status is ReviewStatus.PENDING and worker.waiting() == {clip.id}


def test_nothing_is_added_to_a_complete_video_and_it_is_not_published_again(worker, clip, clock):
    worker.complete(worker.get(clip.id), clock())
    videos, place = worker.videos, (worker.store, worker.team(), clip.id)
    for change in (lambda: videos.publish(*place), lambda: videos.add_frames(*place, [frame(1)]),
                   lambda: videos.set_transcript(*place, TRANSCRIPT), lambda: videos.set_transcript_terms(*place, []),
                   lambda: videos.set_timescale(*place, 5)):
        with pytest.raises(Conflict, match="complete"):
            change()
    assert worker.frames(clip) == [0] and worker.waiting() == set()


def test_only_videos_have_frames_and_a_transcript(worker):
    (review,) = worker.create(text())
    videos, place = worker.videos, (worker.store, worker.team(), review.id)
    for ask in (lambda: videos.publish(*place), lambda: videos.add_frames(*place, [frame(1)]), lambda: videos.frames(*place),
                lambda: videos.frame(*place, 1), lambda: videos.transcript(*place), lambda: videos.set_transcript(*place, TRANSCRIPT)):
        with pytest.raises(InvalidRequest, match="none of a video"):
            ask()
    assert worker.waiting() == {review.id}


def test_what_is_written_while_the_content_is_deleted_is_taken_back(worker, clip, monkeypatch):
    deleted = ReviewContents.write_transcript

    def deleted_meanwhile(contents, account, content, transcript):
        contents.delete(account, ReviewRepository().get(account, worker.team(), clip.id))
        deleted(contents, account, content, transcript)
    monkeypatch.setattr(ReviewContents, "write_transcript", deleted_meanwhile)
    with pytest.raises(NotFound, match="not there any longer"):
        worker.videos.set_transcript(worker.store, worker.team(), clip.id, TRANSCRIPT)
    assert "review-media" not in worker.stored()


def test_frames_that_another_request_put_in_the_place_of_ours_stay_when_ours_are_too_many(worker, clip, monkeypatch):
    made = worker.services.review_videos
    small = VideoReviewService(made._reviews, made._records, made._contents, made._writer, made._queue, frame_limit=3)
    written = ReviewWriter.add_frames

    def beside_another(writer, account, content, frames):
        ours = written(writer, account, content, frames)
        written(writer, account, content, [frame(1, png(6)), frame(3)])  # its own look at the limit was before
        return ours
    monkeypatch.setattr(ReviewWriter, "add_frames", beside_another)
    with pytest.raises(InvalidRequest, match="3 frames at the most"):
        small.add_frames(worker.store, worker.team(), clip.id, [frame(1), frame(2)])

    assert worker.frames(clip) == [0, 1, 3]
    assert worker.videos.frame(worker.store, worker.team(), clip.id, 1).data == png(6)
    assert worker.stored()["review-media"] == 3
