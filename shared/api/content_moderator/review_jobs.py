"""Content Moderator jobs: the wire."""
from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from shared.api.content_moderator.image import KeyValue
from shared.api.content_moderator.pictures import BODY_LIMIT_BYTES
from shared.api.content_moderator.review_bodies import TeamPath, form_of
from shared.api.content_moderator.wire import RequestBody, Wire, api
from shared.errors import InvalidRequest, NotFound
from shared.http.bodies import json_as
from shared.http.operation import Auth, Call
from shared.workflows.models import ContentType, ReviewJob

_MEDIA_TYPES = ("application/json", "image/jpeg", "image/png", "image/gif", "image/bmp", "image/tiff", "application/octet-stream")
_LONGEST_CONTENT = 64 * 1024


class JobPath(TeamPath):
    job_id: Annotated[str, *form_of(r"^[0-9]{6}[0-9a-f]{32}$", f"{0:038x}")] = Field(alias="JobId")


class JobQuery(BaseModel):
    """Names compare without case."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    content_type: str = Field(alias="ContentType", max_length=16)
    content_id: str = Field(alias="ContentId", min_length=1, max_length=512)
    workflow_name: str = Field(alias="WorkflowName", min_length=1, max_length=64)
    callback_endpoint: str = Field("", alias="CallBackEndpoint", max_length=2048)

    @model_validator(mode="before")
    @classmethod
    def _as_declared(cls, sent: dict[str, str]) -> dict[str, str]:
        names = {name.lower(): name for name in ("ContentType", "ContentId", "WorkflowName", "CallBackEndpoint")}
        return {names.get(name.lower(), name): value for name, value in sent.items() if value.strip()}


class ContentBody(RequestBody):
    content_value: str = Field(min_length=1, max_length=_LONGEST_CONTENT)


class JobIdBody(Wire):
    job_id: str


class StepBody(Wire):
    ts: datetime
    msg: str


class JobBody(Wire):
    """`ReviewId` is empty where there is none. The report has the newest step first."""

    id: str
    team_name: str
    status: str
    workflow_id: str
    type: str
    call_back_endpoint: str
    review_id: str
    result_meta_data: list[KeyValue]
    job_execution_report: list[StepBody]

    @classmethod
    def of(cls, job: ReviewJob, team_name: str) -> JobBody:
        return cls(id=job.id, team_name=team_name, status=job.status, workflow_id=job.workflow, type=job.type,
                   call_back_endpoint=job.callback_endpoint, review_id=job.review_id,
                   result_meta_data=[KeyValue(key=key, value=value) for key, value in job.results],
                   job_execution_report=[StepBody(ts=step.at, msg=step.message) for step in job.report])


@api.operation("POST", "review/v1.0/teams/{teamName}/jobs", auth=Auth.ACCOUNT, errors=(NotFound,), media_types=_MEDIA_TYPES,
               body_limit_bytes=BODY_LIMIT_BYTES, audit_targets=("teamName",))
def reviews_create_job(call: Call, path: TeamPath, query: JobQuery, body: bytes) -> JobIdBody:
    """Have a content looked at by a workflow, which decides whether people are to review it.

    The body is `{"ContentValue": ...}`, whatever content type is announced, with a text or the URL of a picture; or it is the picture.
    Source: Reviews_CreateJob, v1.0.
    """
    content_type = _content_type(query.content_type)
    # No picture begins with a brace. The official clients send JSON also where they announce image/jpeg.
    content: Any = json_as(ContentBody, body).content_value if body.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{" else body
    if isinstance(content, bytes) and content_type is not ContentType.IMAGE:
        raise InvalidRequest('The body must be {"ContentValue": "..."} with the text.')
    team = call.services.teams.get(call.account, path.team_name)
    return JobIdBody(job_id=call.services.review_jobs.create(
        call.account, team, query.workflow_name, content_type, content, query.content_id, query.callback_endpoint))


@api.operation("GET", "review/v1.0/teams/{teamName}/jobs/{JobId}", auth=Auth.ACCOUNT, errors=(NotFound,))
def reviews_get_job_details(call: Call, path: JobPath) -> JobBody:
    """How a job goes, or went. Source: Reviews_GetJobDetails, v1.0."""
    team = call.services.teams.get(call.account, path.team_name)
    return JobBody.of(call.services.review_jobs.get(call.account, team, path.job_id), team.key)


def _content_type(written: str) -> ContentType:
    if written.lower() == "video":
        raise InvalidRequest("Jobs analyze pictures and texts. Videos are reviewed by people alone: create a review of the type Video.",
                             "ContentType")
    found = {each.lower(): each for each in ContentType}.get(written.lower())
    if found is None:
        raise InvalidRequest("ContentType must be Image, Text or Video.", "ContentType")
    return found
