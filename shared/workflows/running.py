"""The run of a job: its content is looked at, the workflow decides, a review is made, the content goes, the callback is sent.

It can die anywhere and goes on where it was. The review's id is made of the job's, so that no second one comes of a second run;
one run at a time has the job, by a claim that ends by itself.
"""
from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from datetime import datetime, timedelta

from shared.callbacks.service import CallbackService
from shared.errors import Conflict, InvalidRequest, NotFound, QuotaExceeded, Unavailable
from shared.reviews.models import KeyValue, Review, ReviewStatus, ReviewType
from shared.reviews.repository import new_review_id
from shared.reviews.rules import NewReview
from shared.reviews.service import ReviewService
from shared.storage.account_store import AccountStore
from shared.storage.queues import JobQueue
from shared.storage.times import NEVER
from shared.teams.models import Team
from shared.teams.service import TeamService
from shared.workflows.jobs import RUN_REVIEW_JOB
from shared.workflows.models import ContentType, JobStatus, ReviewJob, Step
from shared.workflows.outputs import Value
from shared.workflows.repository import ReviewJobRepository
from shared.workflows.service import Verdict, WorkflowService

MOST_RUNS = 5
RETRY = timedelta(seconds=30)
CLAIM = timedelta(minutes=11)
"""Longer than a function may run."""
_REVIEW_ID_PURPOSE = "review of a job"
LetWait = Callable[[AccountStore, Team, list[Review]], None]


class JobRunner:
    def __init__(self, records: ReviewJobRepository, teams: TeamService, workflows: WorkflowService,
                 reviews: ReviewService, let_wait: LetWait, callbacks: CallbackService, jobs: JobQueue,
                 now: Callable[[], datetime]) -> None:
        """`let_wait` puts reviews into the queue of those who decide, again if need be."""
        self._records = records
        self._teams = teams
        self._workflows = workflows
        self._reviews = reviews
        self._let_wait = let_wait
        self._callbacks = callbacks
        self._jobs = jobs
        self._now = now

    def run(self, account: AccountStore, team_generation: str, job_id: str) -> None:
        """Nothing happens if the job has ended, and is ended in all."""
        team = next((team for team in self._teams.list(account) if team.generation == team_generation), None)
        job = None if team is None else self._records.find(account, team.generation, job_id)
        if team is None or job is None or job.next_run_at == NEVER:
            return
        now = self._now()
        if job.next_run_at > now:  # another run has it, which may die
            self._queue(account, team, job, job.next_run_at - now)
            return
        try:
            job = self._written(account, team, dataclasses.replace(job, runs=job.runs + 1, next_run_at=now + CLAIM))
            if job.status is JobStatus.IN_PROGRESS:
                job = self._written(account, team, self._done(account, team, job))
            if job.status is JobStatus.IN_PROGRESS:
                self._queue(account, team, job, RETRY)
                return
            self._finish(account, team, job)
        except (Conflict, NotFound):
            return  # another run has it, or it was deleted meanwhile

    def _done(self, account: AccountStore, team: Team, job: ReviewJob) -> ReviewJob:
        """The job after its work: complete, an error, or in progress still where another try may help."""
        if job.runs > MOST_RUNS:
            return self._failed(job, "The content could not be analyzed; it was tried several times.")
        content = self._records.content(account, job.id)
        if content is None:
            return self._failed(job, "The content is not there.")
        try:
            workflow = self._workflows.of_type(account, team, job.workflow, job.type)
            verdict = self._workflows.run(account, workflow, content if job.type is ContentType.IMAGE and not job.is_fetched
                                          else content.decode())
            job = self._told(job, "The content was analyzed.", verdict)
            if verdict.review is None:
                return self._complete(self._told(job, f"The workflow {workflow.name} asks for no review."))
            job = self._told(job, f"The workflow {workflow.name} asks for a review.")
            review_id = self._review(account, team, job, verdict, content)
        except (Unavailable, QuotaExceeded):
            return dataclasses.replace(job, report=job.report[:1], results=(), next_run_at=self._now() + RETRY)
        except (InvalidRequest, NotFound) as refused:  # their messages name what is wrong, and nothing of the content
            return self._failed(job, refused.message)
        return self._complete(dataclasses.replace(self._told(job, f"The review {review_id} was created."), review_id=review_id))

    def _review(self, account: AccountStore, team: Team, job: ReviewJob, verdict: Verdict, content: bytes) -> str:
        """Make the review, if an earlier run did not, and let it wait. Raises InvalidRequest, Unavailable."""
        action = verdict.review
        assert action is not None
        chance = account.keys.keyed_hash(_REVIEW_ID_PURPOSE, team.generation, job.id).hex()[:20]
        review_id = new_review_id(ReviewType(job.type), job.created_at, chance)
        try:
            review = self._reviews.get(account, team, review_id)
        except NotFound:
            item = NewReview(
                ReviewType(job.type), content.decode() if job.is_fetched or job.type is ContentType.TEXT else content, job.content_id,
                tuple(KeyValue(key, value) for key, value in job.results), action.callback_endpoint or "",
                analysis={**verdict.values, "workflow": job.workflow, "suggestedTags": list(action.tags)}, id=review_id)
            self._reviews.create(account, team, [item], action.sub_team or None)
            return review_id
        if review.status is ReviewStatus.PENDING:
            self._let_wait(account, team, [review])
        return review_id

    def _finish(self, account: AccountStore, team: Team, job: ReviewJob) -> None:
        """What follows the end of a job; all of it can be done twice."""
        self._records.delete_content(account, job.id)
        if job.callback_endpoint:
            self._callbacks.send(account, team, job.callback_endpoint, {
                "JobId": job.id, "ReviewId": job.review_id or None, "WorkFlowId": job.workflow, "Status": job.status.value,
                "ContentType": job.type.value, "ContentId": job.content_id, "CallBackType": "Job", "Metadata": dict(job.results)}, job.id)
        self._records.replace(account, team.generation, dataclasses.replace(job, next_run_at=NEVER))

    def _told(self, job: ReviewJob, message: str, verdict: Verdict | None = None) -> ReviewJob:
        results = job.results if verdict is None else tuple((key, _said(value)) for key, value in verdict.values.items())
        return dataclasses.replace(job, report=(*job.report, Step(self._now(), message)), results=results)

    def _complete(self, job: ReviewJob) -> ReviewJob:
        told = self._told(job, "The job is complete, and its content has been removed.")
        return dataclasses.replace(told, status=JobStatus.COMPLETE)

    def _failed(self, job: ReviewJob, message: str) -> ReviewJob:
        return dataclasses.replace(self._told(job, f"The job ended with an error: {message}"), status=JobStatus.ERROR)

    def _written(self, account: AccountStore, team: Team, job: ReviewJob) -> ReviewJob:
        return dataclasses.replace(job, etag=self._records.replace(account, team.generation, job))

    def _queue(self, account: AccountStore, team: Team, job: ReviewJob, pause: timedelta) -> None:
        self._jobs.send(RUN_REVIEW_JOB, account.account_id, f"{team.generation}/{job.id}", math.ceil(pause.total_seconds()))


def _said(value: Value) -> str:
    """As the published results have it: `False`, `0.0015`."""
    return str(value)
