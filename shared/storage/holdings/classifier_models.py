"""Custom Vision: what training makes of a project, and what predictions leave behind."""
from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from shared.storage.holdings.classifiers import CV_IMAGE, CV_PROJECT
from shared.storage.holdings.holding import SENDABLE, Holding, Portability, Shape, generation_of

_UUID = {"type": "string", "pattern": r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"}
_TIME = {"type": "string", "format": "date-time"}
_TIME_OR_EMPTY = {"anyOf": [{"const": ""}, _TIME]}
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def _new_iteration(seed: str) -> Mapping[str, Any]:
    return {"generation": generation_of(seed), "attempt": "", "attempts": 0, "updatedAt": _LONG_AGO}


CV_ITERATION = Holding(
    kind="cv-iteration", shape=Shape.RECORD, portability=Portability.CONTENT,
    keeps="An iteration of a project: its name and state, what it was trained for, and the name it is published under.",
    key="iteration id under the project's generation",
    content=("number", "name", "status", "createdAt", "lastModifiedAt", "trainedAt", "domainId", "classificationType", "trainingType",
             "reservedBudgetInHours", "workspace", "publishName", "publishResource", "error"),
    plain=("generation", "attempt", "attempts", "updatedAt"), parent=CV_PROJECT, parent_key="generation",
    schema={"id": _UUID,
            "number": {"type": "integer", "minimum": 1, "maximum": 999_999_999},
            "name": {"type": "string", "minLength": 1, "maxLength": 128, "pattern": SENDABLE},
            "status": {"enum": ["Training", "Completed", "Failed"]},
            "createdAt": _TIME, "lastModifiedAt": _TIME, "trainedAt": _TIME_OR_EMPTY,
            "domainId": _UUID, "classificationType": {"enum": ["Multiclass", "Multilabel"]},
            "trainingType": {"enum": ["Regular", "Advanced"]},
            "reservedBudgetInHours": {"type": "integer", "minimum": 0, "maximum": 1000},
            "workspace": {"type": "string", "pattern": r"^[0-9a-f]{64}$"},
            "publishName": {"type": "string", "maxLength": 256, "pattern": SENDABLE},
            "publishResource": {"type": "string", "maxLength": 1024, "pattern": SENDABLE},
            "error": {"type": "string", "maxLength": 1024, "pattern": SENDABLE}},
    fresh=_new_iteration,
    retention="until the owner deletes it, its project or the account")

CV_ITERATION_DATA = Holding(
    kind="cv-iteration-data", shape=Shape.BLOB, portability=Portability.CONTENT,
    keeps="Of an iteration: the ids of the images and the tags it was trained on, the model, and how held-out images were judged.",
    key="iteration generation and `snapshot`, `model` or `performance`", parent=CV_ITERATION, parent_key="generation",
    retention="as long as its iteration")

CV_ITERATION_EXPORT = Holding(
    kind="cv-iteration-export", shape=Shape.RECORD, portability=Portability.DERIVED,
    keeps="That an iteration's model was exported for a platform.",
    key="platform under the iteration's generation", content=("platform", "flavor", "status", "createdAt"),
    plain=("attempts",), parent=CV_ITERATION, parent_key="generation",
    retention="as long as its iteration")

CV_EXPORTED_MODEL = Holding(
    kind="cv-exported-model", shape=Shape.BLOB, portability=Portability.DERIVED,
    keeps="An iteration's model as a file for elsewhere.",
    key="iteration generation, and iteration id with the platform", parent=CV_ITERATION, parent_key="generation",
    retention="as long as its iteration")

CV_IMAGE_FEATURES = Holding(
    kind="cv-image-features", shape=Shape.RECORD, portability=Portability.DERIVED,
    keeps="What the network makes of an image: the numbers that classifiers learn from.",
    key="`features` under the image's generation", content=("version", "values"), parent=CV_IMAGE, parent_key="generation",
    retention="as long as its image")

CV_PREDICTION = Holding(
    kind="cv-prediction", shape=Shape.RECORD, portability=Portability.HISTORY,
    keeps="What an iteration answered for a picture that was sent to be kept.",
    key="prediction id under the project's generation, the newest first",
    content=("iterationId", "createdAt", "application", "probabilities", "domainId", "width", "height"), plain=("expiresAt",),
    parent=CV_PROJECT, parent_key="generation", expires="expiresAt",
    schema={"id": _UUID, "iterationId": _UUID, "createdAt": _TIME,
            "application": {"type": "string", "maxLength": 256, "pattern": SENDABLE},
            "probabilities": {"type": "object", "maxProperties": 500, "propertyNames": {"pattern": _UUID["pattern"]},
                              "additionalProperties": {"type": "number", "minimum": 0, "maximum": 1}},
            "domainId": _UUID,
            "width": {"type": "integer", "minimum": 1, "maximum": 65_535}, "height": {"type": "integer", "minimum": 1, "maximum": 65_535},
            "expiresAt": _TIME},
    retention="`PREDICTION_RETENTION_DAYS` after it was made, or until the owner deletes it, its project or the account")

CV_PREDICTION_PICTURE = Holding(
    kind="cv-prediction-picture", shape=Shape.BLOB, portability=Portability.HISTORY,
    keeps="The picture that a kept prediction was made of.",
    key="prediction id, and `original` or `thumbnail`", parent=CV_PREDICTION,
    retention="as long as its prediction")
