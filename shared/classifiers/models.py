"""Projects, tags, images and regions of Custom Vision."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class DomainType(StrEnum):
    CLASSIFICATION = "Classification"
    OBJECT_DETECTION = "ObjectDetection"


class ClassificationType(StrEnum):
    MULTICLASS = "Multiclass"
    MULTILABEL = "Multilabel"


class ProjectStatus(StrEnum):
    SUCCEEDED = "Succeeded"
    IMPORTING = "Importing"
    FAILED = "Failed"


class TagType(StrEnum):
    REGULAR = "Regular"
    NEGATIVE = "Negative"
    GENERAL_PRODUCT = "GeneralProduct"


EXPORT_PLATFORMS = ("CoreML", "TensorFlow", "DockerFile", "ONNX", "VAIDK", "OpenVino")
"""What a project may name as the platforms that its models should run on; which of them we make is another matter."""
AUGMENTATION_METHODS = ("rotation", "scaling", "translation", "horizontal flip", "equalize", "solarize", "padtosquare")


@dataclass(frozen=True, slots=True)
class Domain:
    id: str
    name: str
    type: DomainType
    exportable_platforms: tuple[str, ...]
    is_exportable: bool


@dataclass(frozen=True, slots=True)
class Project:
    """`classification_type` is None for object detection. All that the project owns lies under `generation`.

    `hash_key` (hex) makes the keyed hashes of its images' contents. `training` is the id of the iteration in training, else
    empty; `iterations_made` counts those that were ever begun. `is_indexed` is False where rosters and claims must be made
    from the records first.
    """

    id: str
    name: str
    description: str
    domain_id: str
    classification_type: ClassificationType | None
    target_export_platforms: tuple[str, ...]
    augmentation_methods: Mapping[str, bool]
    created_at: datetime
    last_modified_at: datetime
    generation: str
    hash_key: str
    status: ProjectStatus = ProjectStatus.SUCCEEDED
    iterations_made: int = 0
    training: str = ""
    is_indexed: bool = True
    etag: str | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Tag:
    id: str
    name: str
    description: str | None
    type: TagType
    etag: str | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Box:
    """Of a picture: fractions of its width and height."""

    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Region:
    id: str
    tag_id: str
    box: Box
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Image:
    """`width` and `height` in pixels, as uploaded and upright. `tagged_at` says for each tag's id since when.

    What the image owns lies under `key`. `in_workspace` is False where iterations alone hold the image.
    """

    id: str
    created_at: datetime
    width: int
    height: int
    content_hash: str
    key: str
    is_resized: bool
    tagged_at: Mapping[str, datetime] = field(default_factory=dict)
    regions: tuple[Region, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    in_workspace: bool = True
    etag: str | None = field(default=None, compare=False)

    @property
    def tag_ids(self) -> tuple[str, ...]:
        return tuple(self.tagged_at)
