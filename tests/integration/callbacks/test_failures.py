"""Callbacks to a receiver that fails: all arrive, each counts once, and what was tampered with or replayed is refused."""
from __future__ import annotations

import random
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import cycle
from pathlib import Path

import pytest

from shared.callbacks.models import CallbackState
from shared.callbacks.repository import CallbackRepository
from shared.callbacks.sending import PAUSES_SECONDS, CallbackSender
from shared.callbacks.signing import signed_headers
from tests.callback_receiver import Fate, receiving
from tests.contract.in_process import InProcess

COUNT = 40
ATTEMPT_SECONDS = 0.5
FAILING = (500, 503, Fate.DROPPED, Fate.RESET, Fate.NEVER_ANSWERED, Fate.DRIPPED, Fate.SENT_ELSEWHERE)
PAGE = Path(__file__).parents[3] / "docs" / "reviews.md"


def verifier():
    """The example of the page, as it stands there."""
    namespace: dict = {}
    exec(re.search(r"```python\n(import hashlib.*?)```", PAGE.read_text(), re.DOTALL)[1], namespace)
    return namespace["is_genuine"]


def found(worker, account, team):
    return [callback for _, callback in worker.callbacks.page(account.store, [team], None, None, 1000)[0]]


@pytest.fixture
def sender(worker, clock) -> CallbackSender:
    """As the worker's own, with less patience for a receiver."""
    return CallbackSender(CallbackRepository(), worker.callbacks.keys, worker.outbound, worker.job_queue, timedelta(days=7), clock,
                          attempt_seconds=ATTEMPT_SECONDS)


def test_all_arrive_under_failures_and_each_counts_once(worker, sender, account, team, clock):
    chance, failing, lock = random.Random(7), cycle(FAILING), threading.Lock()
    is_genuine, key = verifier(), worker.callbacks.keys.get(account.store).key
    clock.time = clock().fromtimestamp(time.time(), clock().tzinfo)
    effects, fates, genuine = [], [], []

    def answer(request):
        delivery = request.headers["x-moderato-delivery"]
        with lock:
            fate = next(failing) if chance.random() < 0.3 else 200
            fates.append(fate)
            # Of the failures every other one happens after the work was done: the receiver knows what it has done by the id.
            if (fate == 200 or chance.random() < 0.5) and delivery not in effects:
                effects.append(delivery)
            return fate
    with receiving(answer) as receiver, ThreadPoolExecutor(4) as pool:
        ids = {worker.callbacks.send(account.store, team, receiver.url, {"JobId": str(number)}, str(number)) for number in range(COUNT)}
        for pause in (0, *PAUSES_SECONDS):
            clock.pass_seconds(pause * 1.3 + 1)
            twice = sorted(ids) * 2  # a message of the queue may come twice
            list(pool.map(lambda callback_id: sender.run(account.store, team.generation, callback_id), twice))
            genuine += [is_genuine(key, request.headers, request.body) for request in receiver.requests if not pause]
            if all(callback.state is CallbackState.DELIVERED for callback in found(worker, account, team)):
                break
    assert len(ids) == COUNT and sorted(effects) == sorted(ids)
    assert {*FAILING, 200} <= set(fates) and len(receiver.requests) == len(fates) > COUNT
    assert {callback.state for callback in found(worker, account, team)} == {CallbackState.DELIVERED}
    assert {request.path for request in receiver.requests} == {"/callbacks"}  # no redirect was followed
    assert len(genuine) >= COUNT and all(genuine)


@pytest.mark.parametrize("fate", FAILING, ids=str)
def test_one_attempt_ends_by_itself_whatever_the_receiver_does(worker, sender, account, team, fate):
    with receiving(lambda request: fate) as receiver:
        callback_id = worker.callbacks.send(account.store, team, receiver.url, {"JobId": "1"}, "1")
        sender.run(account.store, team.generation, callback_id)
    (callback,) = found(worker, account, team)
    status = 302 if fate is Fate.SENT_ELSEWHERE else None if isinstance(fate, Fate) else fate
    assert (callback.state, callback.attempts, callback.last_status) == (CallbackState.PENDING, 1, status)
    assert len(receiver.requests) == 1


def test_a_callback_that_is_given_up_is_seen_by_the_owner_and_can_be_sent_again(worker, account, team, clock):
    status, app, path = 503, InProcess(worker), "/accounts/me/callbacks"

    def call(method, path):
        return app.call(method, path, {"Ocp-Apim-Subscription-Key": account.key1})
    with receiving(lambda request: status) as receiver:
        callback_id = worker.callbacks.send(account.store, team, receiver.url, {"JobId": "1"}, "job-1")
        for pause in (*PAUSES_SECONDS, 0):
            assert call("GET", f"{path}?state=Failed").body == {"value": []}
            worker.callbacks.sender.run(account.store, team.generation, callback_id)
            clock.pass_seconds(pause * 1.3 + 1)
        (failed,) = call("GET", f"{path}?state=Failed").body["value"]
        assert (failed["id"], failed["about"], failed["teamName"], failed["url"]) == (callback_id, "job-1", "Turnips", receiver.url)
        assert (failed["state"], failed["attempts"], failed["lastStatus"]) == ("Failed", len(PAUSES_SECONDS) + 1, 503)
        assert "nextAttemptAt" not in failed
        status = 204
        assert call("POST", f"{path}/{callback_id}/resend").status == 202
        assert call("POST", f"{path}/{callback_id}/resend").status == 409
        assert call("GET", f"{path}?state=Failed").body == {"value": []}
        worker.callbacks.sender.run(account.store, team.generation, callback_id)
        assert {request.headers["x-moderato-delivery"] for request in receiver.requests} == {callback_id}
        assert len(receiver.requests) == len(PAUSES_SECONDS) + 2
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
