"""The back door: messages of ids, jobs that run twice, and failures that say nothing of what customers keep."""
from __future__ import annotations

import base64
import dataclasses
import json
import logging
import traceback

import azure.functions as func
import pytest
from azure.storage.queue import QueueServiceClient
from pydantic import ValidationError

from dev.azurite import Azurite, connection_string
from shared.blocklists.models import NewItem
from shared.bootstrap import services_of
from shared.deployment_gate import DeploymentGate
from shared.errors import Conflict, NotFound, Unavailable
from shared.jobs.declaration import JobMessage, QueueJob, TimerJob
from shared.jobs.register import JobFailed, register_jobs
from shared.jobs.work import QUEUE_JOBS, TIMER_JOBS
from shared.lifecycle.archive_reader import InvalidArchive
from shared.settings import Secret
from shared.storage.queues import JOB_QUEUE
from tests.integration.blocklists.lists import COMPACTING, Worker, new_name

CANARY = "a canary that sings in the mine"


class Message:
    """A queue message as the Functions worker hands it over."""

    def __init__(self, body: bytes) -> None:
        self.body = body

    def get_body(self) -> bytes:
        return self.body


def functions(services, queue_jobs=QUEUE_JOBS, timer_jobs=TIMER_JOBS) -> dict:
    app = func.FunctionApp()
    register_jobs(app, queue_jobs, timer_jobs, services)
    return {function.get_function_name(): function for function in app.get_functions()}


def run(services, body: bytes | dict, queue_jobs=QUEUE_JOBS) -> None:
    body = json.dumps(body).encode() if isinstance(body, dict) else body
    functions(services, queue_jobs)["run_job"].get_user_function()(Message(body))


@pytest.fixture(scope="module")
def own_azurite():
    with Azurite.in_memory() as running:
        yield running


@pytest.fixture
def own_settings(own_azurite, settings, tmp_path):
    """The queue is one for the storage account, so these tests have one of their own."""
    queues = QueueServiceClient.from_connection_string(own_azurite.connection_string)
    for queue in queues.list_queues():
        queues.delete_queue(queue.name)
    return dataclasses.replace(settings, storage_connection_string=Secret(own_azurite.connection_string),
                               key_encryption_key_file=str(tmp_path / "key"))


@pytest.fixture
def messages(own_azurite):
    client = QueueServiceClient.from_connection_string(own_azurite.connection_string).get_queue_client(JOB_QUEUE)
    return lambda: [base64.b64decode(message.content) for message in client.receive_messages(max_messages=32)]


def test_a_list_that_grows_and_goes_queues_jobs_of_ids_alone_and_they_do_the_work_even_twice(own_settings, messages):
    services = services_of(own_settings)
    account, _ = services.accounts.create("a")
    worker = Worker(own_settings, account)
    name = new_name()
    worker.create(name, CANARY)
    worker.fill(name, COMPACTING - 1)
    worker.append_made_up(name, 600)
    (compaction,) = messages()
    generation = worker.lists.get(worker.store, name).index.generation
    assert json.loads(compaction) == {"kind": "compact-blocklist", "accountId": account.id, "id": generation}
    for _ in range(2):
        run(services, compaction)
        assert worker.lists.get(worker.store, name).index.segments == ()
        assert worker.matched(name, [CANARY]) == {CANARY}
    worker.lists.delete(worker.store, name)
    (deletion,) = messages()  # the other one is not seen before five minutes have passed
    assert json.loads(deletion) == {"kind": "delete-blocklist", "accountId": account.id, "id": generation}
    for _ in range(2):
        run(services, deletion)
    assert worker.stored_blobs() == set()
    assert worker.repository.item_ids(worker.store, generation, None, 10) == ([], None)
    run(services, compaction)  # late, for a list that is gone


@pytest.mark.parametrize("kind", [job.kind for job in QUEUE_JOBS])
def test_a_job_of_an_account_that_is_gone_has_nothing_to_do(own_settings, kind):
    services = services_of(own_settings)
    services.accounts.create("another")
    run(services, {"kind": kind, "accountId": "0" * 32, "id": "x"})


@pytest.mark.parametrize("body", [
    b"", b"{", CANARY.encode(), b"\xff\xfe", b"[]", b"null", b'{"kind": "compact-blocklist"}',
    json.dumps({"kind": CANARY, "accountId": CANARY, "id": CANARY}).encode(),
    json.dumps({"kind": "compact-blocklist", "accountId": "a", "id": "b", "text": CANARY}).encode(),
    json.dumps({"kind": "compact-blocklist", "accountId": ["a"], "id": CANARY}).encode(),
    json.dumps({"kind": "compact-blocklist", "account_id": "a", "id": CANARY}).encode()])
def test_a_message_that_is_no_job_fails_without_a_word_of_what_it_says(services, caplog, body):
    with caplog.at_level(logging.DEBUG), pytest.raises(JobFailed) as failed:
        run(services, body)
    assert CANARY not in "".join(traceback.format_exception(failed.value))
    assert CANARY not in caplog.text


def test_a_message_holds_ids_and_takes_no_more():
    with pytest.raises(ValidationError):
        JobMessage.model_validate({"kind": "k", "accountId": "a", "id": "b", "text": "c"})
    assert set(JobMessage.model_fields) == {"kind", "account_id", "id"}


@pytest.mark.parametrize(("failure", "reason"), [
    (ValueError(CANARY), "ValueError"), (KeyError(CANARY), "KeyError"), (ExceptionGroup(CANARY, [ValueError(CANARY)]), "ExceptionGroup"),
    (Unavailable("The storage is overloaded; try again."), "overloaded"), (Conflict("It was changed."), "changed"),
    (NotFound("It is gone."), "gone"), (InvalidArchive(f"The path {CANARY} is none that an export has."), "InvalidArchive")])
def test_a_job_that_fails_says_which_and_why_and_nothing_of_what_it_handled(services, caplog, failure, reason):
    def fail(*_) -> None:
        local = CANARY
        raise failure from RuntimeError(local)
    jobs = functions(services, [QueueJob("k", fail)], [TimerJob("tick", "0 0 0 * * *", fail)])
    for call in (lambda: jobs["run_job"].get_user_function()(Message(b'{"kind": "k", "accountId": "a1", "id": "i1"}')),
                 lambda: jobs["tick"].get_user_function()(None)):
        caplog.clear()
        with caplog.at_level(logging.DEBUG), pytest.raises(JobFailed) as failed:
            call()
        assert reason in str(failed.value)
        assert CANARY not in "".join(traceback.format_exception(failed.value))
        assert CANARY not in caplog.text
    assert "tick" in str(failed.value)


@pytest.mark.parametrize(("seconds", "is_seen"), [(0.0, True), (0.01, False), (600.0, False)])
def test_in_a_deployment_that_is_refused_a_job_waits_for_the_next_look_and_costs_no_try(
        own_settings, own_azurite, messages, caplog, seconds, is_seen):
    ran: list[JobMessage] = []
    jobs = [QueueJob("k", lambda _, message: ran.append(message))]
    services = services_of(own_settings)
    gate = DeploymentGate({"the storage account": lambda: ["versioning of blobs is on"]})
    with pytest.raises(Unavailable):
        gate.require()
    refused = dataclasses.replace(services, deployment_gate=_Standing(gate, seconds))
    with caplog.at_level(logging.WARNING):
        run(refused, {"kind": "k", "accountId": "a1", "id": "i1"}, jobs)
    assert ran == []
    assert "job k a1 i1 waits: This deployment is refused: the storage account: versioning of blobs is on." in caplog.text
    client = QueueServiceClient.from_connection_string(own_azurite.connection_string).get_queue_client(JOB_QUEUE)
    assert client.get_queue_properties().approximate_message_count == 1
    seen = messages()
    assert len(seen) == is_seen
    for message in seen:
        run(services, message, jobs)
        assert [(each.account_id, each.id) for each in ran] == [("a1", "i1")]


@dataclasses.dataclass(frozen=True)
class _Standing:
    """A gate that is what it is, and is looked at again after some seconds."""

    gate: DeploymentGate
    seconds_to_next_question: float

    def require(self) -> None:
        self.gate.require()


def test_a_job_that_cannot_be_put_back_fails_and_the_host_keeps_its_message(own_settings):
    services = services_of(own_settings)
    refused = dataclasses.replace(
        services, deployment_gate=DeploymentGate({"the storage account": lambda: ["versioning of blobs is on"]}),
        job_queue=services_of(dataclasses.replace(own_settings, storage_connection_string=Secret(connection_string((1, 1, 1)))),
                              retry_total=0).job_queue)
    with pytest.raises(JobFailed, match="job k a1 i1 failed: "):
        run(refused, {"kind": "k", "accountId": "a1", "id": "i1"}, [QueueJob("k", lambda *_: None)])


def test_in_a_deployment_that_is_refused_a_timer_does_nothing_and_fails(services):
    ran: list[str] = []
    refused = dataclasses.replace(
        services, deployment_gate=DeploymentGate({"the storage account": lambda: ["versioning of blobs is on"]}))
    tick = functions(refused, timer_jobs=[TimerJob("tick", "0 0 0 * * *", lambda _: ran.append("ran"))])["tick"]
    with pytest.raises(JobFailed, match="tick failed: This deployment is refused: the storage account: versioning"):
        tick.get_user_function()(None)
    assert ran == []


def test_the_functions_of_the_jobs_are_bound_to_queue_and_timer(services):
    bindings = {name: json.loads(function.get_function_json())["bindings"][0] for name, function in functions(services).items()}
    assert (bindings["run_job"]["type"], bindings["run_job"]["queueName"]) == ("queueTrigger", "jobs")
    assert bindings["run_job"]["connection"] == "AzureWebJobsStorage"
    assert set(bindings) == {"run_job"} | {job.name for job in TIMER_JOBS}
    for job in TIMER_JOBS:
        assert (bindings[job.name]["type"], bindings[job.name]["schedule"]) == ("timerTrigger", job.schedule)
    assert len({job.kind for job in QUEUE_JOBS}) == len(QUEUE_JOBS)


def test_the_timer_of_the_rotation_finishes_one_that_was_begun(own_settings):
    services = services_of(dataclasses.replace(own_settings, data_key_settle_seconds=0))
    account, _ = services.accounts.create("a")
    store = services.accounts.open(account)
    services.blocklists.upsert(store, "list", None)
    services.blocklists.add_items(store, "list", [NewItem("apple", None, False)])
    services.key_rotation.rotate(account.id)
    for _ in range(3):
        functions(services)["rotate_keys"].get_user_function()(None)
    account = services.accounts.get(account.id)
    assert set(account.data_keys.versions) == {2}
    assert services.blocklists.get(services.accounts.open(account), "list").name == "list"
