"""Callbacks to a receiver that fails: all arrive, each counts once, and what was tampered with or replayed is refused."""
from __future__ import annotations

import dataclasses
import random
import re
import threading
import time
from pathlib import Path

import pytest

from shared.bootstrap import services_of
from shared.callbacks.models import CallbackState
from shared.callbacks.sending import PAUSES_SECONDS
from shared.callbacks.signing import signed_headers
from shared.errors import Conflict
from tests.callback_receiver import receiving
from tests.integration.accounts.conftest import Clock
from tests.picture_server import NETWORK

COUNT = 30
PAGE = Path(__file__).parents[3] / "docs" / "reviews.md"


def verifier():
    """The example of the page, as it stands there."""
    namespace: dict = {}
    exec(re.search(r"```python\n(import hashlib.*?)```", PAGE.read_text(), re.DOTALL)[1], namespace)
    return namespace["is_genuine"]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def worker(settings, clock):
    return services_of(dataclasses.replace(settings, fetch_allowed_networks=NETWORK), now=clock)


@pytest.fixture
def team(worker, account):
    return worker.teams.create(account.store, "Turnips")


def found(worker, account, team):
    return [callback for _, callback in worker.callbacks.page(account.store, [team], None, None, 1000)[0]]


def test_all_arrive_under_failures_and_each_counts_once(worker, account, team, clock):
    chance, effective, lock = random.Random(7), set(), threading.Lock()

    def answer(request):
        with lock:
            fate = chance.random()
            if fate < 0.1:
                return 500
            if fate < 0.2:
                return None
            effective.add(request.headers["x-moderato-delivery"])
            return None if fate < 0.3 else 200  # the answer is lost after its effect
    with receiving(answer) as receiver:
        ids = {worker.callbacks.send(account.store, team, receiver.url, {"JobId": str(number)}, str(number)) for number in range(COUNT)}
        for pause in (0, *PAUSES_SECONDS):
            clock.pass_seconds(pause * 1.3 + 1)
            for callback_id in ids:
                worker.callbacks.sender.run(account.store, team.generation, callback_id)
    assert len(ids) == COUNT and effective == ids and len(receiver.requests) > COUNT
    assert {callback.state for callback in found(worker, account, team)} == {CallbackState.DELIVERED}


def test_a_callback_that_is_given_up_is_seen_and_can_be_sent_again(worker, account, team, clock):
    status = 503
    with receiving(lambda request: status) as receiver:
        callback_id = worker.callbacks.send(account.store, team, receiver.url, {"JobId": "1"}, "1")
        for pause in (*PAUSES_SECONDS, 0):
            worker.callbacks.sender.run(account.store, team.generation, callback_id)
            clock.pass_seconds(pause * 1.3 + 1)
        (callback,) = found(worker, account, team)
        assert (callback.state, callback.attempts, callback.last_status) == (CallbackState.FAILED, len(PAUSES_SECONDS) + 1, 503)
        status = 204
        worker.callbacks.send_again(account.store, [team], callback_id)
        with pytest.raises(Conflict):
            worker.callbacks.send_again(account.store, [team], callback_id)
        worker.callbacks.sender.run(account.store, team.generation, callback_id)
        assert {request.headers["x-moderato-delivery"] for request in receiver.requests} == {callback_id}
    assert found(worker, account, team)[0].state is CallbackState.DELIVERED


def test_the_same_event_asked_for_twice_is_one_callback(worker, account, team):
    ids = {worker.callbacks.send(account.store, team, "http://example.com/", {"JobId": "1"}, "1") for _ in range(2)}

    assert len(ids) == len(found(worker, account, team)) == 1


def test_the_verifier_of_the_page_takes_what_is_genuine_alone(worker, account, clock):
    is_genuine, key, body = verifier(), worker.callbacks.keys.get(account.store).key, b'{"JobId":"1"}'
    now = clock()
    clock.time = now.fromtimestamp(time.time(), now.tzinfo)
    headers = signed_headers([key], "a" * 32, clock(), body)
    assert is_genuine(key, headers, body)
    assert not is_genuine(key, headers, body + b" ")
    assert not is_genuine("0" * 64, headers, body)
    assert not is_genuine(key, {**headers, "x-moderato-delivery": "b" * 32}, body)
    clock.pass_seconds(-400)
    assert not is_genuine(key, signed_headers([key], "a" * 32, clock(), body), body)


def test_a_renewed_key_and_the_old_one_both_count_for_a_day(worker, account, clock):
    old = worker.callbacks.keys.get(account.store).key
    new = worker.callbacks.keys.renew(account.store).key
    assert worker.callbacks.keys.signing(account.store) == [new, old] and old != new
    clock.pass_seconds(24 * 3600 - 1)
    assert worker.callbacks.keys.signing(account.store) == [new, old]
    clock.pass_seconds(2)
    assert worker.callbacks.keys.signing(account.store) == [new]
