"""Custom Vision: projects, tags and images. What training makes of them is in classifier_models.py."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.storage.holdings.holding import SENDABLE, Holding, Portability, Shape, generation_of

_ID = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
_UUID = {"type": "string", "pattern": _ID}
_TIME = {"type": "string", "format": "date-time"}
_FRACTION = {"type": "number", "minimum": 0, "maximum": 1}
_MILLISECONDS = {"type": "integer", "minimum": 0, "maximum": 253_402_300_799_999}


def _new_project(seed: str) -> Mapping[str, Any]:
    """Nothing is in training, and what was being copied from another project stays as it is. Rosters are made anew."""
    return {"generation": generation_of(seed), "training": "", "status": "Succeeded", "isIndexed": False}


CV_PROJECT = Holding(
    kind="cv-project", shape=Shape.RECORD, portability=Portability.CONTENT,
    keeps="A Custom Vision project: its name and settings, and the key that makes the keyed hashes of its images.",
    key="project id",
    content=("name", "description", "domainId", "classificationType", "targetExportPlatforms", "augmentationMethods", "createdAt",
             "lastModifiedAt", "hashKey", "iterationsMade", "training", "status", "isIndexed"),
    plain=("generation",),
    schema={"id": _UUID,
            "name": {"type": "string", "minLength": 1, "maxLength": 128, "pattern": SENDABLE},
            "description": {"type": "string", "maxLength": 1024, "pattern": SENDABLE},
            "domainId": _UUID,
            "classificationType": {"enum": ["Multiclass", "Multilabel", None]},
            "targetExportPlatforms": {"type": "array", "maxItems": 6, "uniqueItems": True,
                                      "items": {"enum": ["CoreML", "TensorFlow", "DockerFile", "ONNX", "VAIDK", "OpenVino"]}},
            "augmentationMethods": {"type": "object", "maxProperties": 7, "additionalProperties": {"type": "boolean"},
                                    "propertyNames": {"enum": ["rotation", "scaling", "translation", "horizontal flip", "equalize",
                                                               "solarize", "padtosquare"]}},
            "createdAt": _TIME, "lastModifiedAt": _TIME,
            "hashKey": {"type": "string", "pattern": r"^[0-9a-f]{64}$"},
            "iterationsMade": {"type": "integer", "minimum": 0, "maximum": 999_999_999}},
    fresh=_new_project,
    retention="until the owner deletes it or the account ends")

CV_TAG = Holding(
    kind="cv-tag", shape=Shape.RECORD, portability=Portability.CONTENT,
    keeps="A tag of a project.",
    key="tag id under the project's generation", content=("name", "description", "type"), parent=CV_PROJECT, parent_key="generation",
    schema={"id": _UUID,
            "name": {"type": "string", "minLength": 1, "maxLength": 128, "pattern": SENDABLE},
            "description": {"type": ["string", "null"], "maxLength": 1024, "pattern": SENDABLE},
            "type": {"enum": ["Regular", "Negative", "GeneralProduct"]}},
    retention="until the owner deletes it, its project or the account")

CV_CLAIM = Holding(
    kind="cv-claim", shape=Shape.RECORD, portability=Portability.DERIVED,
    keeps="That an image has a content, so that no other one of its project has the same.",
    key="keyed hash of the content's keyed hash, under the project's generation", content=("owner",),
    parent=CV_PROJECT, parent_key="generation",
    retention="until its image is deleted, its project or the account")

CV_ROSTER = Holding(
    kind="cv-roster", shape=Shape.RECORD, portability=Portability.DERIVED,
    keeps="Which images a project has, up to 80 in a row, and the ids of their tags: lists and counts are made from these rows.",
    key="number under the project's generation", content=("tags", "images", "pending", "reserved"),
    parent=CV_PROJECT, parent_key="generation",
    retention="until its images are deleted, its project or the account")

CV_REMOVAL = Holding(
    kind="cv-removal", shape=Shape.RECORD, portability=Portability.TRANSIENT,
    keeps="Images that are being deleted: their ids.",
    key="chance, under the project's generation", content=("imageIds", "everything", "allIterations"),
    parent=CV_PROJECT, parent_key="generation",
    retention="until they are deleted")


def _new_image(seed: str) -> Mapping[str, Any]:
    return {"generation": generation_of(seed)}


CV_IMAGE = Holding(
    kind="cv-image", shape=Shape.RECORD, portability=Portability.CONTENT,
    keeps="An image of a project, without its pixels: size, tags, regions, metadata.",
    key="image id under the project's generation; it holds the time and the number of the image's roster",
    content=("createdAt", "width", "height", "contentHash", "isResized", "tags", "regions", "metadata", "inWorkspace"),
    plain=("generation",), parent=CV_PROJECT, parent_key="generation",
    schema={"id": {"type": "string", "pattern": r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"},
            "createdAt": _TIME,
            "width": {"type": "integer", "minimum": 1, "maximum": 65_535}, "height": {"type": "integer", "minimum": 1, "maximum": 65_535},
            "contentHash": {"type": "string", "pattern": r"^[0-9a-f]{64}$"},
            "isResized": {"type": "boolean"},
            # Tag id: since when, in milliseconds since 1970.
            "tags": {"type": "object", "maxProperties": 100, "propertyNames": {"pattern": _ID}, "additionalProperties": _MILLISECONDS},
            # Region id, tag id, left, top, width, height, since when.
            "regions": {"type": "array", "maxItems": 300, "items": {
                "type": "array", "minItems": 7, "maxItems": 7, "prefixItems": [_UUID, _UUID, *[_FRACTION] * 4, _MILLISECONDS]}},
            "metadata": {"type": "object", "maxProperties": 50,
                         "propertyNames": {"minLength": 1, "maxLength": 256, "pattern": SENDABLE},
                         "additionalProperties": {"type": "string", "maxLength": 512, "pattern": SENDABLE}},
            "inWorkspace": {"type": "boolean"}},
    fresh=_new_image,
    retention="until the owner deletes it, the last iteration that has it where the workspace has not, its project or the account")

CV_PICTURE = Holding(
    kind="cv-picture", shape=Shape.BLOB, portability=Portability.CONTENT,
    keeps="The pixels of an image: as uploaded, smaller where it is large, and as a thumbnail.",
    key="image generation and `original`, `resized` or `thumbnail`", parent=CV_IMAGE, parent_key="generation",
    retention="as long as its image")
