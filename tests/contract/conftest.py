"""The registered functions on the run's Azurite, and a player of golden examples with an account of its own."""
from __future__ import annotations

import pytest

from shared.services import Services
from tests.contract.golden import Player
from tests.contract.in_process import InProcess


@pytest.fixture(scope="session")
def app(services: Services) -> InProcess:
    return InProcess(services)


@pytest.fixture
def player(app: InProcess, account, operator_key: str) -> Player:
    return Player(app, account.account.id, account.key1, operator_key)


@pytest.fixture(scope="module")
def standing_player(app: InProcess, services: Services, operator_key: str) -> Player:
    """For requests that are refused before they change anything: one account for a whole module."""
    account, keys = services.accounts.create("refused requests")
    return Player(app, account.id, keys[min(keys)], operator_key)
