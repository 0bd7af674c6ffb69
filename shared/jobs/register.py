"""Jobs become Azure Functions: one queue trigger for all kinds, one timer trigger each."""
from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from math import ceil
from typing import TYPE_CHECKING

import azure.functions as func
from pydantic import ValidationError

from shared.errors import InvalidRequest, ServiceError, Unavailable
from shared.jobs.declaration import JobMessage, QueueJob, TimerJob
from shared.storage.queues import JOB_QUEUE
from shared.telemetry.runs import JOB_FAMILY, PUT_BACK, UNKNOWN_JOB, Event, Run, running

if TYPE_CHECKING:
    from shared.services import Services

_log = logging.getLogger(__name__)


class JobFailed(Exception):
    """Tells the Functions host to try again, and to give up into the poison queue after five tries. No content."""


def register_jobs(app: func.FunctionApp, queue_jobs: Sequence[QueueJob], timer_jobs: Sequence[TimerJob],
                  services: Services) -> None:
    """Declare one queue function for all kinds of job, and one timer function for each timer job."""
    queued = app.queue_trigger(arg_name="msg", queue_name=JOB_QUEUE, connection="AzureWebJobsStorage")(
        _queue_endpoint({job.kind: job for job in queue_jobs}, services))
    app.function_name("run_job")(queued)
    for job in timer_jobs:
        timed = app.timer_trigger(arg_name="timer", schedule=job.schedule, run_on_startup=False)(
            _timer_endpoint(job, services))
        app.function_name(job.name)(timed)


def _queue_endpoint(jobs: dict[str, QueueJob], services: Services) -> Callable[[func.QueueMessage], None]:
    def endpoint(msg: func.QueueMessage) -> None:
        with running(services.telemetry, Run(Event.JOB, UNKNOWN_JOB, JOB_FAMILY)) as run:
            try:
                message = JobMessage.model_validate_json(msg.get_body())
                job = jobs[message.kind]
            except (ValidationError, KeyError):
                raise JobFailed("a message of the job queue is of no kind that this version knows") from None
            run.operation, run.account_id = job.kind, message.account_id
            name = f"job {message.kind} {message.account_id} {message.id}"
            _without_content(name, run, lambda: _run_or_put_back(name, run, job, services, message))
    return endpoint


def _run_or_put_back(name: str, run: Run, job: QueueJob, services: Services, message: JobMessage) -> None:
    """A deployment that is refused, which is mended in minutes or in days, costs a job none of its tries."""
    try:
        services.deployment_gate.require()
    except Unavailable as refused:
        wait_seconds = ceil(services.deployment_gate.seconds_to_next_question)
        _log.warning("%s waits: %s", name, refused.message)
        services.job_queue.send(message.kind, message.account_id, message.id, wait_seconds)
        run.status = PUT_BACK
        return
    job.run(services, message)


def _run_timer(job: TimerJob, services: Services) -> None:
    services.deployment_gate.require()
    job.run(services)


def _timer_endpoint(job: TimerJob, services: Services) -> Callable[[func.TimerRequest], None]:
    def endpoint(timer: func.TimerRequest) -> None:
        with running(services.telemetry, Run(Event.TIMER, job.name, JOB_FAMILY)) as run:
            _without_content(f"timer {job.name}", run, lambda: _run_timer(job, services))
    return endpoint


def _without_content(name: str, run: Run, work: Callable[[], None]) -> None:
    """Do the work, and let no text of an exception out: the host would log it, and it may hold what a customer keeps."""
    try:
        work()
    except Exception as error:
        run.failure = type(error).__name__
        # What is wrong with a customer's archive names paths of theirs: that is for its owner.
        is_ours = isinstance(error, ServiceError) and not isinstance(error, InvalidRequest)
        reason = error.message if is_ours else type(error).__name__
        _log.error("%s failed: %s", name, reason)
        raise JobFailed(f"{name} failed: {reason}") from None
