"""The records of workflows and of their jobs, all under the team's generation.

Kind WORKFLOW: one record for each, id = its name in lower case. Kind REVIEW_JOB: one record for each, id = the job's. Kind
REVIEW_JOB_CONTENT: one blob for each job that has not ended, `<id>/content`.
"""
from __future__ import annotations

from datetime import datetime

from shared.errors import NotFound
from shared.storage.account_store import AccountStore, Record
from shared.storage.holdings import REVIEW_JOB, REVIEW_JOB_CONTENT, WORKFLOW
from shared.storage.times import time_of, time_text
from shared.workflows.models import WORKFLOW_LIMIT, ContentType, JobStatus, ReviewJob, Step, Workflow


class WorkflowRepository:
    def find(self, account: AccountStore, team_generation: str, key: str) -> Workflow | None:
        record = account.records.find(WORKFLOW, key, team_generation)
        return None if record is None else _workflow(record)

    def all(self, account: AccountStore, team_generation: str) -> list[Workflow]:
        """In the order of their names; there are few."""
        page = account.records.page(WORKFLOW, team_generation, size=2 * WORKFLOW_LIMIT)
        return [_workflow(record) for record in page.records]

    def upsert(self, account: AccountStore, team_generation: str, workflow: Workflow) -> None:
        account.records.upsert_all(WORKFLOW, [Record(workflow.key, {
            "name": workflow.name, "description": workflow.description, "type": workflow.type.value,
            "expression": dict(workflow.expression)})], team_generation)

    def delete(self, account: AccountStore, team_generation: str, key: str) -> None:
        account.records.delete(WORKFLOW, key, team_generation)


class ReviewJobRepository:
    def find(self, account: AccountStore, team_generation: str, job_id: str) -> ReviewJob | None:
        record = account.records.find(REVIEW_JOB, job_id, team_generation)
        return None if record is None else _job(record)

    def insert(self, account: AccountStore, team_generation: str, job: ReviewJob) -> None:
        account.records.insert(REVIEW_JOB, _job_record(job), team_generation)

    def replace(self, account: AccountStore, team_generation: str, job: ReviewJob) -> str:
        """Return the new etag. Raises Conflict if it changed since it was read, NotFound if it is gone."""
        return account.records.replace(REVIEW_JOB, _job_record(job), team_generation)

    def delete(self, account: AccountStore, team_generation: str, job_id: str) -> None:
        """The record last: what dies in between is deleted by whoever deletes the record."""
        self.delete_content(account, job_id)
        account.records.delete(REVIEW_JOB, job_id, team_generation)

    def due(self, account: AccountStore, time: datetime, size: int) -> list[tuple[str, str]]:
        """Generation of the team and id of up to `size` jobs that were to be run by this time."""
        return [(placed.parent_key or "", placed.record.id) for placed in account.records.due(REVIEW_JOB, "nextRunAt", time, size)]

    def write_content(self, account: AccountStore, job_id: str, content: bytes) -> None:
        account.blobs.write(REVIEW_JOB_CONTENT, _blob_id(job_id), [content])

    def content(self, account: AccountStore, job_id: str) -> bytes | None:
        try:
            return b"".join(account.blobs.read(REVIEW_JOB_CONTENT, _blob_id(job_id)))
        except NotFound:
            return None

    def delete_content(self, account: AccountStore, job_id: str) -> None:
        account.blobs.delete_all(REVIEW_JOB_CONTENT, f"{job_id}/")


def _blob_id(job_id: str) -> str:
    return f"{job_id}/content"


def _workflow(record: Record) -> Workflow:
    content = record.content
    return Workflow(content["name"], content["description"], ContentType(content["type"]), content["expression"], etag=record.etag)


def _job_record(job: ReviewJob) -> Record:
    return Record(job.id, {
        "workflow": job.workflow, "type": job.type.value, "contentId": job.content_id, "callbackEndpoint": job.callback_endpoint,
        "isFetched": job.is_fetched, "createdAt": time_text(job.created_at), "status": job.status.value, "reviewId": job.review_id,
        "results": [list(pair) for pair in job.results], "report": [[time_text(step.at), step.message] for step in job.report],
        "runs": job.runs}, {"nextRunAt": job.next_run_at, "expiresAt": job.expires_at}, job.etag)


def _job(record: Record) -> ReviewJob:
    content = record.content
    return ReviewJob(
        id=record.id, workflow=content["workflow"], type=ContentType(content["type"]), content_id=content["contentId"],
        callback_endpoint=content["callbackEndpoint"], is_fetched=content["isFetched"],
        created_at=time_of(content["createdAt"]), next_run_at=record.plain["nextRunAt"],
        expires_at=record.plain["expiresAt"], status=JobStatus(content["status"]), review_id=content["reviewId"],
        results=tuple((key, value) for key, value in content["results"]),
        report=tuple(Step(time_of(at), message) for at, message in content["report"]), runs=content["runs"],
        etag=record.etag)
