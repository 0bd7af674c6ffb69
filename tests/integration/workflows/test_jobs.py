"""Jobs on Azurite: what a workflow decides, the review that comes of it, and runs that die in the middle."""
from __future__ import annotations

import dataclasses

import pytest

from shared.bootstrap import services_of
from shared.errors import InvalidRequest, NotFound
from shared.reviews.models import ReviewStatus
from shared.storage.holdings import REVIEW_JOB_CONTENT
from shared.workflows.models import ContentType, JobStatus, Workflow
from shared.workflows.running import CLAIM
from tests.callback_receiver import receiving
from tests.integration.accounts.conftest import Clock
from tests.integration.storage.wire import Died, Wire, dies_after, dies_before, is_write
from tests.picture_server import NETWORK

PROFANE, PLAIN = "What a load of crap.", "The turnips are ripe."


class Worker:
    def __init__(self, settings, account, clock: Clock, wire: Wire | None = None) -> None:
        self.services = services_of(dataclasses.replace(settings, fetch_allowed_networks=NETWORK), now=clock,
                                    **({} if wire is None else wire.options))
        self.store = self.services.accounts.open(account)

    def create(self, team, text: str = PROFANE, workflow: str = "default", callback: str = "") -> str:
        return self.services.review_jobs.create(self.store, team, workflow, ContentType.TEXT, text, "content-1", callback)

    def run(self, team, job_id: str) -> None:
        self.services.job_runner.run(self.store, team.generation, job_id)

    def job(self, team, job_id: str):
        return self.services.review_jobs.get(self.store, team, job_id)

    def reviews(self, team):
        return self.services.reviews.page(self.store, team)[0]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def worker(settings, account, clock) -> Worker:
    return Worker(settings, account.account, clock)


@pytest.fixture
def team(worker):
    return worker.services.teams.create(worker.store, "Turnips")


def test_a_review_is_created_where_the_workflow_asks_for_one(worker, team):
    job_id = worker.create(team)
    worker.run(team, job_id)

    job, (review,) = worker.job(team, job_id), worker.reviews(team)
    assert (job.status, job.review_id) == (JobStatus.COMPLETE, review.id)
    assert dict(job.results)["hasProfanity"] == "True"
    assert (review.status, review.content_id, review.analysis["hasProfanity"]) == (ReviewStatus.PENDING, "content-1", True)
    assert worker.services.reviews.content(worker.store, team, review.id).data == PROFANE.encode()
    assert job.report[0].at >= job.report[-1].at and "complete" in job.report[0].message and "created" in job.report[-1].message
    assert worker.store.blobs.ids(REVIEW_JOB_CONTENT) == []


def test_no_review_is_created_where_it_does_not(worker, team):
    job_id = worker.create(team, PLAIN)
    worker.run(team, job_id)

    assert (worker.job(team, job_id).status, worker.job(team, job_id).review_id, worker.reviews(team)) == (JobStatus.COMPLETE, "", [])


def test_a_picture_that_is_none_ends_in_an_error(worker, team):
    job_id = worker.services.review_jobs.create(worker.store, team, "default", ContentType.IMAGE, b"\xff\xd8\xff turnip", "1", "")
    worker.run(team, job_id)

    job = worker.job(team, job_id)
    assert job.status is JobStatus.ERROR and "error" in job.report[0].message and worker.reviews(team) == []


def test_a_job_tells_its_callback(worker, team):
    with receiving() as receiver:
        job_id = worker.create(team, callback=receiver.url)
        worker.run(team, job_id)
        ((_, callback),), _ = worker.services.callbacks.page(worker.store, [team], None, None, 10)
        worker.services.callbacks.sender.run(worker.store, team.generation, callback.id)
    assert b'"CallBackType":"Job"' in receiver.requests[0].body and job_id.encode() in receiver.requests[0].body


@pytest.mark.parametrize("dies", [dies_before, dies_after], ids=["before", "after"])
@pytest.mark.parametrize("number", range(10))
def test_a_run_that_dies_at_any_write_makes_no_second_review(settings, account, clock, worker, team, dies, number):
    job_id = worker.create(team, callback="http://127.0.0.2:1024/x")
    wire = Wire()
    dying = Worker(settings, account.account, clock, wire)
    wire.clear()
    wire.trouble(dies, is_write, after=number)
    try:
        dying.run(team, job_id)
    except Died:
        clock.pass_seconds(CLAIM.total_seconds() + 1)
    worker.run(team, job_id)

    job, (review,) = worker.job(team, job_id), worker.reviews(team)
    assert (job.status, job.review_id) == (JobStatus.COMPLETE, review.id)
    assert len(worker.services.callbacks.page(worker.store, [team], None, None, 10)[0]) == 1
    assert worker.store.blobs.ids(REVIEW_JOB_CONTENT) == []


def test_unknown_workflows_and_those_for_other_contents_are_refused(worker, team):
    with pytest.raises(NotFound):
        worker.create(team, workflow="none")
    worker.services.workflows.put(worker.store, team, Workflow("pictures", "", ContentType.IMAGE, {
        "Type": "Condition", "OutputName": "adultscore", "Operator": "ge", "Value": "0.4"}))
    with pytest.raises(InvalidRequest):
        worker.create(team, workflow="Pictures")
