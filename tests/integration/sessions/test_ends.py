"""A session ends when it was not used for a while, and at the latest some hours after it began; to the second, on both sides."""
from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from shared.bootstrap import services_of
from shared.errors import Unauthenticated
from shared.sessions.service import SessionService

SECOND = timedelta(seconds=1)
BEGAN = datetime(2026, 3, 1, 8, tzinfo=UTC)


class Clock:
    time = BEGAN

    def __call__(self) -> datetime:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sessions(settings, clock: Clock) -> SessionService:
    return services_of(settings, clock).sessions


@pytest.fixture
def is_open(sessions: SessionService, clock: Clock, account) -> Callable[[timedelta], bool]:
    """Whether the session that began with the clock opens so long after its begin."""
    _, token = sessions.sign_in(account.key1, "192.0.2.0/24", lambda session: None)

    def after(passed: timedelta) -> bool:
        clock.time = BEGAN + passed
        try:
            sessions.open(token)
        except Unauthenticated:
            return False
        return True
    return after


def test_an_hour_without_a_request_ends_it_and_a_request_begins_the_hour_anew(settings, is_open):
    idle = timedelta(minutes=settings.review_session_idle_minutes)
    assert is_open(idle - SECOND)
    assert is_open(2 * idle - 2 * SECOND)
    assert not is_open(3 * idle - 2 * SECOND)


def test_however_much_it_is_used_it_ends_at_the_latest(settings, is_open):
    longest, idle = timedelta(hours=settings.review_session_hours), timedelta(minutes=settings.review_session_idle_minutes)
    for passed in range(1, longest // idle * 2):
        assert is_open(passed * idle / 2)
    assert is_open(longest - SECOND)
    assert not is_open(longest)
