"""Iterations, what they were trained on, and predictions."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from shared.classifiers.models import ClassificationType, TagType


class IterationStatus(StrEnum):
    TRAINING = "Training"
    COMPLETED = "Completed"
    FAILED = "Failed"


class TrainingType(StrEnum):
    REGULAR = "Regular"
    ADVANCED = "Advanced"


class ExportStatus(StrEnum):
    EXPORTING = "Exporting"
    DONE = "Done"
    FAILED = "Failed"


@dataclass(frozen=True, slots=True)
class Iteration:
    """What it owns lies under `generation`. `workspace` (hex) is a digest of all that decides what would be trained.

    `attempt` is the run that trains it; `publish_name` and `error` are empty where there is none.
    """

    id: str
    number: int
    name: str
    status: IterationStatus
    created_at: datetime
    last_modified_at: datetime
    domain_id: str
    classification_type: ClassificationType
    generation: str
    workspace: str
    updated_at: datetime
    trained_at: datetime | None = None
    training_type: TrainingType = TrainingType.REGULAR
    reserved_budget_in_hours: int = 0
    publish_name: str = ""
    publish_resource: str = ""
    error: str = ""
    attempt: str = ""
    attempts: int = 0
    etag: str | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class SnapshotTag:
    id: str
    name: str
    description: str | None
    type: TagType


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a project had when an iteration was begun: all its tags, and the ids of the tags of each of its images.

    `selected` are the ids of the tags that are trained.
    """

    tags: tuple[SnapshotTag, ...]
    images: Mapping[str, tuple[str, ...]]
    selected: frozenset[str]
    is_mirrored: bool


@dataclass(frozen=True, slots=True)
class ExportedModel:
    platform: str
    flavor: str
    status: ExportStatus
    created_at: datetime
    attempts: int = 0
    etag: str | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Scored:
    """One tag of an answer."""

    tag_id: str
    tag_name: str
    tag_type: TagType
    probability: float


@dataclass(frozen=True, slots=True)
class Prediction:
    """`scores` run from the likeliest tag to the least likely."""

    id: str
    project_id: str
    iteration_id: str
    created_at: datetime
    scores: tuple[Scored, ...]
    uncertainty: float
    domain_id: str = ""
    width: int = 0
    height: int = 0
