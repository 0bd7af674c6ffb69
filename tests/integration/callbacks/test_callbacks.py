"""Callbacks on Azurite, sent to a real receiver."""
from __future__ import annotations

from shared.callbacks.models import CallbackState
from tests.callback_receiver import receiving


def test_a_callback_arrives_as_it_was_asked_for(worker, account, team):
    with receiving() as receiver:
        callback_id = worker.callbacks.send(account.store, team, receiver.url, {"JobId": "1", "Metadata": {"k": "ö"}}, "1")
        worker.callbacks.sender.run(account.store, team.generation, callback_id)
    (request,) = receiver.requests
    assert request.body == '{"JobId":"1","Metadata":{"k":"ö"}}'.encode()
    assert request.headers["x-moderato-delivery"] == callback_id
    ((_, callback),), _ = worker.callbacks.page(account.store, [team], None, None, 10)
    assert callback.state is CallbackState.DELIVERED
