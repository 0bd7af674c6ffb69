"""Callbacks on Azurite, sent to a real receiver."""
from __future__ import annotations

import dataclasses

import pytest

from shared.bootstrap import services_of
from shared.callbacks.models import CallbackState
from tests.callback_receiver import receiving
from tests.integration.accounts.conftest import Clock
from tests.picture_server import NETWORK


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def worker(settings, clock):
    return services_of(dataclasses.replace(settings, fetch_allowed_networks=NETWORK), now=clock)


def test_a_callback_arrives_as_it_was_asked_for(worker, account):
    team = worker.teams.create(account.store, "Turnips")
    with receiving() as receiver:
        callback_id = worker.callbacks.send(account.store, team, receiver.url, {"JobId": "1", "Metadata": {"k": "ö"}}, "1")
        worker.callbacks.sender.run(account.store, team.generation, callback_id)
    (request,) = receiver.requests
    assert request.body == '{"JobId":"1","Metadata":{"k":"ö"}}'.encode()
    assert request.headers["x-moderato-delivery"] == callback_id
    ((_, callback),), _ = worker.callbacks.page(account.store, [team], None, None, 10)
    assert callback.state is CallbackState.DELIVERED
