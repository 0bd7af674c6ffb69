"""A worker that may send to receivers of the tests, and a team of its account."""
from __future__ import annotations

import dataclasses

import pytest

from shared.bootstrap import services_of
from shared.services import Services
from shared.teams.models import Team
from tests.integration.accounts.conftest import Clock
from tests.picture_server import NETWORK


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def worker(settings, clock) -> Services:
    return services_of(dataclasses.replace(settings, fetch_allowed_networks=NETWORK), now=clock)


@pytest.fixture
def team(worker, account) -> Team:
    return worker.teams.create(account.store, "Turnips")
