"""Workflows and jobs put together."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from shared.bootstrap.reviews import Reviews
from shared.callbacks.service import CallbackService
from shared.outbound.client import GuardedClient
from shared.storage.queues import JobQueue
from shared.teams.service import TeamService
from shared.workflows.analysis import Analysers
from shared.workflows.contents import Contents
from shared.workflows.jobs import ReviewJobService
from shared.workflows.repository import ReviewJobRepository, WorkflowRepository
from shared.workflows.running import JobRunner, LetWait
from shared.workflows.service import WorkflowService


@dataclass(frozen=True, slots=True)
class Workflows:
    service: WorkflowService
    jobs: ReviewJobService
    runner: JobRunner


def workflows_of(analysers: Analysers, teams: TeamService, reviews: Reviews, let_wait: LetWait, callbacks: CallbackService,
                 outbound: GuardedClient, queue: JobQueue, now: Callable[[], datetime]) -> Workflows:
    contents, records = Contents(outbound, analysers), ReviewJobRepository()
    service = WorkflowService(WorkflowRepository(), teams, contents)
    jobs = ReviewJobService(records, service, teams, queue, now)
    return Workflows(service, jobs, JobRunner(records, teams, service, reviews.service, let_wait, callbacks, queue, now))
