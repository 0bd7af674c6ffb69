"""Teams whose reviews are looked at."""
from __future__ import annotations

import pytest

from tests.integration.accounts.conftest import Clock
from tests.integration.reviews.made_reviews import Worker


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def worker(settings, account, clock) -> Worker:
    return Worker(settings, account.account, clock)


@pytest.fixture
def other(settings, new_account, clock) -> Worker:
    """Another account's."""
    return Worker(settings, new_account().account, clock)
