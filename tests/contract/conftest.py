"""The registered functions on the run's Azurite, and a player of golden examples with an account of its own."""
from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from shared.bootstrap import services_of
from shared.services import Services
from shared.settings import Settings
from shared.teams.models import Role
from tests.callback_receiver import receiving
from tests.contract.golden import Player
from tests.contract.in_process import InProcess
from tests.contract.review_tool_lines import Place, place_in
from tests.heard import Heard, Recording, hearing
from tests.picture_server import serving
from tests.pictures import encoded, pixels


@pytest.fixture(scope="session")
def recording() -> Recording:
    return Recording()


@pytest.fixture(scope="session")
def services(settings: Settings, recording: Recording) -> Services:
    """With telemetry, as far as it does not leave the process."""
    return services_of(settings, telemetry=recording.telemetry())


@pytest.fixture
def heard(recording: Recording) -> Iterator[Heard]:
    """What the test makes the process say."""
    with hearing(recording) as heard:
        yield heard


@pytest.fixture(scope="session")
def app(services: Services) -> InProcess:
    return InProcess(services)


@pytest.fixture(scope="session")
def picture_address() -> Iterator[str]:
    """Where a picture lies that the service may fetch."""
    with serving({"picture.png": encoded(pixels(1, 320, 240))}) as address:
        yield f"{address}/picture.png"


@pytest.fixture(scope="session")
def receiver_address() -> Iterator[str]:
    """Where callbacks are taken."""
    with receiving() as receiver:
        yield receiver.url


@pytest.fixture
def player(app: InProcess, account, operator_key: str, picture_address: str, receiver_address: str) -> Player:
    player = Player(app, account.account.id, account.key1, operator_key)
    player.values |= {"pictureUrl": picture_address, "receiverUrl": receiver_address}
    return player


@pytest.fixture(scope="module")
def standing_player(app: InProcess, services: Services, operator_key: str) -> Player:
    """For requests that are refused before they change anything: one account for a whole module."""
    account, keys = services.accounts.create("refused requests")
    return Player(app, account.id, keys[min(keys)], operator_key)


@pytest.fixture
def place(app: InProcess, services: Services, account) -> Callable[[Role | None], Place]:
    """A function that makes a place of the review tool for somebody of a role, all in one account."""
    return lambda role: place_in(app, services, account.account, account.key1, role)
