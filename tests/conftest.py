"""What the tests share: one Azurite for the run, services on it, and a fresh account for each test."""
from __future__ import annotations

import base64
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from dev.azurite import Azurite
from shared.accounts.models import Account
from shared.bootstrap import services_of
from shared.services import Services
from shared.settings import Settings
from shared.storage.account_store import AccountStore
from tests.worker_environment import worker_environment


@pytest.fixture(scope="session")
def azurite() -> Iterator[Azurite]:
    with Azurite.in_memory() as running:
        yield running


@pytest.fixture(scope="session")
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keys") / "key-encryption-key"
    path.write_bytes(base64.b64encode(secrets.token_bytes(32)))
    return path


@pytest.fixture(scope="session")
def operator_key() -> str:
    return secrets.token_hex(32)


@pytest.fixture(scope="session")
def environ(azurite: Azurite, key_file: Path, operator_key: str) -> dict[str, str]:
    """The environment of a worker on the run's Azurite."""
    return worker_environment(azurite.connection_string, key_file, operator_key)


@pytest.fixture(scope="session")
def settings(environ: dict[str, str]) -> Settings:
    return Settings.from_environ(environ)


@pytest.fixture(scope="session")
def services(settings: Settings) -> Services:
    return services_of(settings)


@dataclass(frozen=True)
class OpenAccount:
    """An account of one test: its directory entry, both keys, and its own storage."""

    account: Account
    key1: str
    key2: str
    store: AccountStore


@pytest.fixture
def new_account(services: Services):
    """A function that makes an account: `new_account() -> OpenAccount`."""
    def make() -> OpenAccount:
        account, keys = services.accounts.create("an account of a test")
        return OpenAccount(account, *(keys[name] for name in sorted(keys)), services.accounts.open(account))
    return make


@pytest.fixture
def account(new_account) -> OpenAccount:
    return new_account()
