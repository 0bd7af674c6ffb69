"""Predictions as the wire shows them, and the tokens that lists of them go on by."""
from __future__ import annotations

import base64
import binascii

from pydantic import Field

from shared.api.custom_vision.wire import Moment, Wire, omitted_when_absent
from shared.classifiers.failures import Code, Refused
from shared.classifiers.iteration_models import Prediction, Scored


class BoundingBox(Wire):
    left: float
    top: float
    width: float
    height: float


class PredictionBody(Wire):
    """Box and type are those of detections: left out, as recorded, but for a negative tag."""

    probability: float
    tag_id: str
    tag_name: str
    bounding_box: BoundingBox | None = Field(None, exclude_if=omitted_when_absent)
    tag_type: str | None = Field(None, exclude_if=omitted_when_absent)

    @classmethod
    def of(cls, score: Scored) -> PredictionBody:
        return cls(probability=score.probability, tag_id=score.tag_id, tag_name=score.tag_name,
                   tag_type=None if score.tag_type == "Regular" else score.tag_type)


class ImagePrediction(Wire):
    id: str
    project: str
    iteration: str
    created: Moment
    predictions: list[PredictionBody]

    @classmethod
    def of(cls, made: Prediction) -> ImagePrediction:
        return cls(id=made.id, project=made.project_id, iteration=made.iteration_id, created=made.created_at,
                   predictions=[PredictionBody.of(score) for score in made.scores])


def continued(after: str | None) -> str | None:
    return None if after is None else base64.urlsafe_b64encode(after.encode()).decode()


def continues_after(continuation: str | None) -> str | None:
    try:
        return base64.urlsafe_b64decode(continuation.encode("ascii")).decode("ascii") if continuation else None
    except (ValueError, binascii.Error):
        raise Refused(Code.INVALID_QUERY_PARAMETERS, "The continuation is none that an answer gave.", "continuation") from None
