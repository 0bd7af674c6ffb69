"""Workflows and the jobs that they are run by, as Azure Content Moderator's review API has them."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

DEFAULT = "default"
WORKFLOW_LIMIT = 100
"""Workflows of a team."""


class ContentType(StrEnum):
    IMAGE = "Image"
    TEXT = "Text"


@dataclass(frozen=True, slots=True)
class Workflow:
    """`expression` is JSON in the published form. Names are told from one another without case; `is_built_in`: it has no record."""

    name: str
    description: str
    type: ContentType
    expression: Mapping[str, Any]
    is_built_in: bool = False
    etag: str | None = field(default=None, compare=False)

    @property
    def key(self) -> str:
        return self.name.lower()


def _creates_review(condition: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"Type": "Logic", "If": condition, "Then": {"Type": "Actions", "Perform": [
        {"Name": "createreview", "Subteam": None, "CallbackEndpoint": None, "Tags": []}]}, "Else": None}


def _is_true(output: str) -> Mapping[str, Any]:
    return {"Type": "Condition", "ConnectorName": "moderator", "OutputName": output, "Operator": "eq", "Value": "true",
            "AlternateInput": None}


BUILT_IN = {
    ContentType.IMAGE: Workflow(DEFAULT, "Default", ContentType.IMAGE, _creates_review(_is_true("isAdult")), is_built_in=True),
    ContentType.TEXT: Workflow(DEFAULT, "Default", ContentType.TEXT, _creates_review(
        {"Type": "Combine", "Combine": "OR", "Left": _is_true("hasProfanity"), "Right": _is_true("reviewRecommended")}), is_built_in=True),
}
"""The workflow `default` of every team, for pictures as published, until the team writes one of this name and type."""


class JobStatus(StrEnum):
    IN_PROGRESS = "InProgress"
    COMPLETE = "Complete"
    ERROR = "Error"


@dataclass(frozen=True, slots=True)
class Step:
    at: datetime
    message: str


@dataclass(frozen=True, slots=True)
class ReviewJob:
    """`report` has the oldest step first. `runs` counts how often it was begun; until `next_run_at` one run has it,
    NEVER where it has ended.

    `is_fetched`: the content that is kept is the address of a picture.
    """

    id: str
    workflow: str
    type: ContentType
    content_id: str
    callback_endpoint: str
    is_fetched: bool
    created_at: datetime
    next_run_at: datetime
    expires_at: datetime
    status: JobStatus = JobStatus.IN_PROGRESS
    review_id: str = ""
    results: tuple[tuple[str, str], ...] = ()
    report: tuple[Step, ...] = ()
    runs: int = 0
    etag: str | None = field(default=None, compare=False)
