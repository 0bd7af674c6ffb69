"""Jobs: a content and the workflow that it is to be run through; asked for at once, done by a job of the queue."""
from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from shared.errors import InvalidRequest, NotFound
from shared.reviews.models import KeyValue, ReviewType
from shared.reviews.rules import PICTURES, NewReview, check_reviews
from shared.storage.account_store import AccountStore
from shared.storage.queues import JobQueue
from shared.teams.models import Team
from shared.teams.service import TeamService
from shared.workflows.contents import checked_text
from shared.workflows.models import ContentType, ReviewJob, Step
from shared.workflows.repository import ReviewJobRepository
from shared.workflows.service import WorkflowService

RUN_REVIEW_JOB = "run-review-job"
KEPT_FOR = timedelta(days=30)
_OVERDUE = timedelta(minutes=10)
_OVERDUE_AT_ONCE = 200


class ReviewJobService:
    def __init__(self, records: ReviewJobRepository, workflows: WorkflowService, teams: TeamService, jobs: JobQueue,
                 now: Callable[[], datetime]) -> None:
        self._records = records
        self._workflows = workflows
        self._teams = teams
        self._jobs = jobs
        self._now = now

    def create(self, account: AccountStore, team: Team, workflow_name: str, content_type: ContentType, content: str | bytes,
               content_id: str, callback_endpoint: str) -> str:
        """Have a text, a picture or the picture at an address run through a workflow, and return the job's id.

        Raises NotFound where there is no such workflow, InvalidRequest.
        """
        if content_type is ContentType.TEXT:
            checked_text(content)
        elif len(content) > PICTURES.size_bytes:
            raise InvalidRequest(f"The image may have {PICTURES.size_bytes} bytes at the most.")
        # What a review of it would have to keep is refused now, and not when the job is run.
        check_reviews([NewReview(ReviewType(content_type), content, content_id, (KeyValue("x", ""),), callback_endpoint)])
        workflow = self._workflows.of_type(account, team, workflow_name, content_type)
        now = self._now()
        job = ReviewJob(
            f"{now:%Y%m}{secrets.token_hex(16)}", workflow.name, content_type, content_id, callback_endpoint,
            is_fetched=content_type is ContentType.IMAGE and isinstance(content, str), created_at=now, next_run_at=now,
            expires_at=now + KEPT_FOR, report=(Step(now, "The job was created."),))
        self._records.insert(account, team.generation, job)
        self._records.write_content(account, job.id, content if isinstance(content, bytes) else content.encode())
        try:
            self._teams.require_still(account, team)
        except NotFound:
            self._records.delete(account, team.generation, job.id)
            raise
        self._queue(account, team.generation, job.id)
        return job.id

    def get(self, account: AccountStore, team: Team, job_id: str) -> ReviewJob:
        """Raises NotFound."""
        job = self._records.find(account, team.generation, job_id)
        if job is None or job.expires_at <= self._now():
            raise NotFound("The team has no such job.")
        return dataclasses.replace(job, report=tuple(reversed(job.report)))

    def revive(self, account: AccountStore) -> None:
        """Queue those again whose time has come for a while and that no worker took: their message was lost."""
        due = self._records.due(account, self._now() - _OVERDUE, _OVERDUE_AT_ONCE)
        for generation, job_id in due:
            self._queue(account, generation, job_id)

    def _queue(self, account: AccountStore, team_generation: str, job_id: str) -> None:
        self._jobs.send(RUN_REVIEW_JOB, account.account_id, f"{team_generation}/{job_id}")
