"""Many at the same time, and workers that die: every review is decided once, and none is lost."""
from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from itertools import count

import pytest

from shared.errors import Conflict, Unavailable
from shared.reviews import queue_tidying
from shared.reviews.decision_models import OWNER
from shared.reviews.models import Review, ReviewStatus
from shared.reviews.queue_entries import QueueEntries
from shared.reviews.repository import ReviewRepository
from shared.storage.holdings import REVIEW_QUEUE
from shared.teams.models import Member
from tests.integration.reviews.deciding import Decider
from tests.integration.reviews.made_reviews import text, video
from tests.integration.storage.wire import Died, Wire, dies_before, is_write, lost_answer

REVIEWERS, REVIEWS = 100, 1_000
CALLBACK = "https://callbacks.example/done"


@pytest.fixture
def new_worker(settings, account, clock) -> Callable[..., Decider]:
    return lambda wire=None, now=clock: Decider(settings, account.account, now, wire)


@pytest.fixture
def worker(new_worker) -> Decider:
    return new_worker()


def work_off(worker: Decider, member: Member, decided: list[str], failures: list[BaseException]) -> None:
    try:
        for _ in range(REVIEWS):
            review = worker.next(member)
            if review is None:
                return
            worker.decide(review, member, "a")
            decided.append(review.id)
    except BaseException as failure:
        failures.append(failure)


def test_a_hundred_reviewers_decide_a_thousand_reviews_each_once(new_worker):
    workers = [new_worker(now=lambda: datetime.now(UTC)) for _ in range(4)]
    main = workers[0]
    for _ in range(REVIEWS // 100):
        main.create(*[text(str(number)) for number in range(100)])
    members = [main.member(f"reviewer {number}") for number in range(REVIEWERS)]
    decided: list[str] = []
    failures: list[BaseException] = []
    threads = [threading.Thread(target=work_off, args=(workers[number % 4], member, decided, failures))
               for number, member in enumerate(members)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert Counter(decided) == dict.fromkeys(main.all(), 1) and len(decided) == REVIEWS
    assert main.waiting() == set()
    counts = main.services.review_statistics.counts(main.store, main.team())
    assert counts.by_status == {ReviewStatus.COMPLETE: REVIEWS} and sum(counts.by_reviewer.values()) == REVIEWS
    assert main.stored()["review-action"] == REVIEWS


def test_a_member_who_asks_twice_at_the_same_time_has_one_review(new_worker, worker):
    worker.create(*[text(str(number)) for number in range(20)])
    member, given = worker.member(), list[str]()

    def ask(each: Decider) -> None:
        review = each.next(member)
        assert review is not None
        given.append(review.id)
    threads = [threading.Thread(target=ask, args=(new_worker(),)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    last = worker.next(member)
    assert last is not None and len(given) == 6
    held = [review for review in worker.reviews.page(worker.store, worker.team())[0] if review.lease_member_id == member.id]
    assert [review.id for review in held] == [last.id]


def decided(worker: Decider) -> Review:
    review, = worker.create(text(callback_endpoint=CALLBACK))
    return worker.decide(review, worker.member("First"), "a")


ACTS: dict[str, Callable[[Decider, Review, Member], object]] = {
    "next": lambda worker, review, member: worker.next(member),
    "decide": lambda worker, review, member: worker.decide(review, member, "a"),
    "next and decide": lambda worker, review, member: worker.decide(worker.next(member) or review, member, "a"),
    "skip": lambda worker, review, member: worker.act("skip", review, member),
    "decide and undo": lambda worker, review, member: (worker.decide(review, member, "a"), worker.act("undo", review, member)),
}
AGAIN: dict[str, Callable[[Decider, Review, Member], object]] = {
    "second opinion": lambda worker, review, member: worker.act("ask_second_opinion", review, member),
    "appeal": lambda worker, review, member: worker.act("appeal", review, OWNER, "why"),
}


@pytest.mark.parametrize("act", [*ACTS, *AGAIN])
def test_a_worker_that_dies_anywhere_leaves_a_review_that_waits_or_is_decided(new_worker, worker, clock, act):
    wire = Wire()
    dying = new_worker(wire)
    doing = {**ACTS, **AGAIN}[act]
    for after in count():
        member, other = worker.member("Ada"), worker.member("Bo")
        review = decided(worker) if act in AGAIN else worker.create(text(callback_endpoint=CALLBACK))[0]
        wire.clear()
        wire.trouble(dies_before, is_write, after=after)
        try:
            doing(dying, review, member)
            died = False
        except Died:
            died = True
        wire.clear()
        clock.pass_seconds(16 * 60)
        current = worker.get(review.id)
        if current.status is ReviewStatus.PENDING:
            found = worker.next(other)
            assert found is not None and found.id == review.id
            worker.decide(review, other, "r")
        else:
            assert worker.next(other) is None
        assert worker.waiting() == set()
        assert worker.get(review.id).status is ReviewStatus.COMPLETE
        assert review.id in worker.callbacks()
        assert worker.told(review)[-1] in ("decided",)
        clock.pass_seconds(1)
        if not died:
            break
    assert after >= 3


@pytest.mark.parametrize("act", ["decide", "skip"])
def test_the_timer_brings_to_its_end_what_a_worker_left(new_worker, worker, clock, act):
    wire = Wire()
    dying = new_worker(wire)
    for after in count():
        review, = worker.create(text(callback_endpoint=CALLBACK))
        wire.clear()
        wire.trouble(dies_before, is_write, after=after)
        died = False
        try:
            ACTS[act](dying, review, worker.member("Ada"))
        except Died:
            died = True
        wire.clear()
        clock.pass_seconds(16 * 60)
        worker.expire()

        current = worker.get(review.id)
        assert (review.id in worker.waiting()) == (current.status is ReviewStatus.PENDING)
        assert (review.id in worker.callbacks()) == (current.status is ReviewStatus.COMPLETE)
        with suppress(Conflict):
            worker.decide(review, worker.member("Bo"))
        if not died:
            break
    assert after >= 3


def test_a_review_whose_maker_died_before_it_was_queued_is_queued_by_the_timer(new_worker, worker, clock):
    wire = Wire()
    wire.trouble(dies_before, lambda sent: is_write(sent) and "review-queue" in sent.url + sent.body.decode("latin-1"))
    with pytest.raises(Died):
        new_worker(wire).create(text())
    review_id, = worker.all()

    worker.expire()

    assert worker.waiting() == {review_id}


def test_however_many_were_made_since_the_one_whose_maker_died_is_queued(new_worker, worker, clock, monkeypatch):
    worker.create(text())
    wire = Wire()
    wire.trouble(dies_before, lambda sent: is_write(sent) and "review-queue" in sent.url + sent.body.decode("latin-1"))
    with pytest.raises(Died):
        new_worker(wire).create(text())
    clock.pass_seconds(1)
    worker.create(*[text()] * 4)
    monkeypatch.setattr(queue_tidying, "_READ_AT_ONCE", 2)

    clock.pass_seconds(20 * 60)
    worker.expire()
    worker.expire()

    assert len(worker.all()) == 6 and worker.waiting() == set(worker.all())


def test_the_timer_reads_reviews_that_were_made_since_and_not_all_again_and_again(worker, clock, monkeypatch):
    read, page = [], ReviewRepository.page

    def reading(*arguments, **options):
        found, after = page(*arguments, **options)
        read.extend(review.id for review in found)
        return found, after
    first = {review.id for review in worker.create(*[text()] * 3)}
    worker.expire()
    clock.pass_seconds(20 * 60)
    (second,) = worker.create(text())
    monkeypatch.setattr(ReviewRepository, "page", reading)
    seen = []
    for _ in range(3):
        read.clear()
        worker.expire()
        seen.append(set(read))
        clock.pass_seconds(20 * 60)

    assert seen == [{*first, second.id}, {second.id}, set()]
    assert worker.waiting() == {*first, second.id}


@pytest.mark.parametrize("after", range(3))
def test_a_video_whose_publisher_died_waits_if_it_was_published_however_old_it_is(new_worker, worker, clock, after):
    (clip,), member = worker.create(video()), worker.member("Ada")
    clock.pass_seconds(3 * 24 * 3600)
    worker.expire()
    wire = Wire()
    dying = new_worker(wire)
    wire.trouble(dies_before, is_write, after=after)
    with suppress(Died):
        dying.videos.publish(dying.store, dying.team(), clip.id)
    worker.expire()

    is_published = worker.get(clip.id).status is ReviewStatus.PENDING
    assert is_published == (after == 2)
    given = worker.next(member)
    assert (given is not None and given.id == clip.id) == is_published
    clock.pass_seconds(16 * 60)
    worker.expire()
    assert worker.waiting() == ({clip.id} if is_published else set())


@pytest.mark.parametrize("act", ["decide", "skip", "next and decide"])
def test_answers_that_get_lost_change_nothing(new_worker, worker, clock, act):
    wire = Wire(retries=2)
    trying = new_worker(wire)
    for after in count():
        review, = worker.create(text())
        member = worker.member()
        wire.clear()
        wire.trouble(lost_answer, is_write, after=after)
        try:
            ACTS[act](trying, review, member)
        except Unavailable:
            ACTS[act](worker, review, member)
        was_lost = sum(map(is_write, wire.sent)) > after
        wire.clear()
        assert worker.told(review) == ["skipped" if act == "skip" else "decided"]
        if act == "skip":
            worker.decide(review, member)
        assert worker.get(review.id).status is ReviewStatus.COMPLETE
        clock.pass_seconds(16 * 60)
        worker.next(member)
        assert worker.waiting() == set()
        if not was_lost:
            break
    assert after >= 1


def test_a_queue_that_says_something_else_than_the_reviews_is_put_right_on_the_way(worker, clock):
    ada, bo = worker.member("Ada"), worker.member("Bo")
    waiting, gone, done = worker.create(text("1"), text("2"), text("3"))
    worker.decide(done, ada)
    worker.reviews.delete(worker.store, worker.team(), gone.id)
    queue = QueueEntries(ReviewRepository()).open(worker.store, worker.team())
    worker.next(ada)
    queue.put([waiting, gone, done])  # as they were at first

    assert worker.next(bo) is None

    assert worker.waiting() == {waiting.id}
    assert worker.next(ada).id == waiting.id


def test_a_queue_that_is_not_there_is_made_of_the_reviews(worker):
    ada, bo = worker.member("Ada"), worker.member("Bo")
    mine, waiting, done = worker.create(text("1"), text("2"), text("3"))
    worker.decide(done, ada)
    worker.decide(mine, bo, second_opinion=True)
    worker.store.records.delete(REVIEW_QUEUE, "queue", worker.team().generation)  # as after an import

    assert worker.waiting() == {mine.id, waiting.id}
    given = worker.next(bo)
    assert given is not None and given.id == waiting.id  # who decided a review is known still
