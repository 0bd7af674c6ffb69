"""The job queue on Azurite: made when it is missing, messages of ids in base64, failures as our errors."""
from __future__ import annotations

import base64
import json

import pytest
from azure.storage.queue import QueueServiceClient

from dev.azurite import Azurite
from shared.errors import Unavailable
from shared.storage.queues import JOB_QUEUE, JobQueue
from tests.integration.storage.wire import Wire, answering, lost_answer, lost_request


@pytest.fixture(scope="module")
def own_azurite():
    """The job queue is one for the storage account, so these tests have one of their own."""
    with Azurite.in_memory() as running:
        yield running


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def queue(own_azurite, wire) -> JobQueue:
    client = QueueServiceClient.from_connection_string(own_azurite.connection_string)
    for each in client.list_queues():
        client.delete_queue(each.name)
    return JobQueue(QueueServiceClient.from_connection_string(own_azurite.connection_string, **wire.options))


@pytest.fixture
def messages(own_azurite):
    client = QueueServiceClient.from_connection_string(own_azurite.connection_string).get_queue_client(JOB_QUEUE)
    return lambda: [message.content for message in client.receive_messages(max_messages=32)]


def test_a_job_is_ids_and_nothing_else_in_base64(queue, messages):
    queue.send("compact", "account", "subject")
    (message,) = messages()
    assert json.loads(base64.b64decode(message)) == {"kind": "compact", "accountId": "account", "id": "subject"}


def test_the_queue_is_made_where_it_is_missing_and_kept_where_it_is(queue, messages):
    queue.send("a", "b", "c")
    queue.create()
    queue.check()
    queue.send("d", "e", "f")
    assert len(messages()) == 2


def test_a_delayed_job_is_not_seen_before_its_time(queue, messages):
    queue.send("later", "a", "b", delay_seconds=300)
    queue.send("now", "a", "b")
    assert [json.loads(base64.b64decode(message))["kind"] for message in messages()] == ["now"]


@pytest.mark.parametrize("trouble", [lost_request, lost_answer, answering(500), answering(503)])
def test_a_queue_that_does_not_answer_is_unavailable(queue, wire, trouble):
    wire.trouble(trouble, times=100)
    with pytest.raises(Unavailable):
        queue.send("a", "b", "c")
    with pytest.raises(Unavailable):
        queue.check()
