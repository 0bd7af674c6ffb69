"""The job queue on Azurite: made when it is missing, messages of ids in base64, failures as our errors."""
from __future__ import annotations

import base64
import json
from contextlib import suppress

import pytest
from azure.core.exceptions import ResourceExistsError
from azure.storage.queue import QueueClient, QueueServiceClient

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


@pytest.fixture
def poison(own_azurite):
    """A function that puts messages where the host puts what workers gave up on; and the queue itself."""
    client = QueueServiceClient.from_connection_string(own_azurite.connection_string).get_queue_client(f"{JOB_QUEUE}-poison")

    def put(*account_ids: str) -> QueueClient:
        with suppress(ResourceExistsError):
            client.create_queue()
        for account_id in account_ids:
            content = json.dumps({"kind": "k", "accountId": account_id, "id": "1"}).encode()
            client.send_message(base64.b64encode(content).decode())
        return client
    return put


def test_poisoned_messages_of_one_account_go_and_those_of_others_stay_and_are_seen(queue, poison):
    client = poison(*["mine", "theirs"] * 40)
    client.send_message("no base64 at all")
    client.send_message(base64.b64encode(b"[1]").decode())
    assert queue.delete_poisoned("mine") == 40
    assert client.get_queue_properties().approximate_message_count == 42
    assert len(client.peek_messages(32)) == 32
    assert queue.delete_poisoned("mine") == 0
    assert queue.delete_poisoned("theirs") == 40


def test_poisoned_messages_that_somebody_holds_are_not_taken_for_none(queue, poison):
    client = poison("mine", "theirs")
    next(client.receive_messages(messages_per_page=1, visibility_timeout=60))
    with pytest.raises(Unavailable):
        queue.delete_poisoned("mine")


def test_without_a_poison_queue_there_is_nothing_to_delete(queue):
    assert queue.delete_poisoned("mine") == 0


def test_waiting_jobs_of_an_account_are_counted_and_left_alone(queue, own_azurite):
    assert queue.peek_of("mine") == 0
    for account_id in ("mine", "theirs", "mine"):
        queue.send("k", account_id, "1")
    assert queue.peek_of("mine") == 2
    client = QueueServiceClient.from_connection_string(own_azurite.connection_string).get_queue_client(JOB_QUEUE)
    assert [message.dequeue_count for message in client.receive_messages()] == [1, 1, 1]
