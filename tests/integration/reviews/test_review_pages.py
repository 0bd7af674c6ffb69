"""What the pages of the review tool ask of a team's reviews: the newest lines of a history, and what waits, each at a bounded cost."""
from __future__ import annotations

import pytest

from shared.reviews import statistics
from shared.teams.models import Role
from tests.integration.reviews.made_reviews import text


@pytest.fixture
def decisions(worker):
    return worker.services.review_decisions


@pytest.fixture
def ann(worker):
    return worker.services.team_members.add(worker.store, worker.team(), "Ann", "", Role.MODERATOR)[0]


def comment(worker, clock, member, review, *texts: str) -> None:
    for each in texts:
        clock.pass_seconds(1)
        worker.services.review_decisions.comment(worker.store, worker.team(), review.id, member, each)


def test_the_newest_lines_come_first_page_by_page(worker, clock, decisions, ann):
    review, = worker.create(text())
    comment(worker, clock, ann, review, *(f"comment {number}" for number in range(4)))
    clock.pass_seconds(1)
    decisions.decide(worker.store, worker.team(), review.id, ann, {}, "done")

    pages, before = [], None
    while True:
        actions, before = decisions.newest_history(worker.store, worker.team(), review.id, before, 2)
        pages.append([action.comment for action in actions])
        if before is None:
            break
    assert pages == [["done", "comment 3"], ["comment 2", "comment 1"], ["comment 0"]]
    oldest_first, _ = decisions.history(worker.store, worker.team(), review.id)
    newest_first, _ = decisions.newest_history(worker.store, worker.team(), review.id)
    assert newest_first == oldest_first[::-1]


def test_a_history_without_lines_is_empty(worker, decisions):
    review, = worker.create(text())
    assert decisions.newest_history(worker.store, worker.team(), review.id) == ([], None)


def test_a_member_is_told_of_what_the_member_sees(worker, clock, ann):
    team = worker.team()
    worker.teams.add_sub_team(worker.store, team, "Night")
    restricted, _ = worker.services.team_members.add(worker.store, team, "Bo", "", Role.MODERATOR, ["night"])
    worker.create(text(), text())
    clock.pass_seconds(60)
    seen, = worker.create(text(), sub_team="Night")
    counts = worker.services.review_statistics

    every, some = (counts.waiting(worker.store, team, member) for member in (ann, restricted))
    assert (every.waiting, every.at_hand, every.is_whole) == (3, 0, True)
    assert (some.waiting, some.at_hand, some.is_whole, some.oldest_waiting_since) == (1, 0, True, seen.created_at)
    worker.services.review_queue.next(worker.store, team, restricted)
    assert counts.waiting(worker.store, team, ann).at_hand == counts.waiting(worker.store, team, restricted).at_hand == 1


def test_counting_ends_at_its_bound(worker, ann, monkeypatch):
    monkeypatch.setattr(statistics, "ENTRIES_COUNTED", 2)
    worker.create(text(), text())
    assert worker.services.review_statistics.waiting(worker.store, worker.team(), ann).is_whole
    worker.create(text())
    counts = worker.services.review_statistics.waiting(worker.store, worker.team(), ann)
    assert (counts.waiting, counts.is_whole) == (2, False)
