"""The dialect of Azure Custom Vision: camelCase, nulls shown, flat errors of `code` and `message`, versions in the path.

Source: definitions.CustomVisionError of CustomVision-Training-v3.3.json; the answer to a wrong key is the gateway's.
"""
from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer, StringConstraints
from pydantic.alias_generators import to_camel

from shared.classifiers.failures import Code
from shared.errors import (
    Conflict,
    InvalidRequest,
    NotFound,
    PayloadTooLarge,
    PermissionDenied,
    QuotaExceeded,
    ServiceError,
    Unauthenticated,
    Unavailable,
    UnsupportedMediaType,
)
from shared.http.multipart import TooManyParts
from shared.http.operation import Api, Rendered
from shared.imaging.models import ImageAspectRatioRefused, ImageDimensionsRefused, ImageRefused, ImageSizeRefused
from shared.outbound.failures import FetchFailed

_CODES: tuple[tuple[type[ServiceError], str], ...] = (
    (ImageSizeRefused, Code.IMAGE_SIZE_BYTES),
    (ImageAspectRatioRefused, Code.IMAGE_ASPECT_RATIO),
    (ImageDimensionsRefused, Code.IMAGE_DIMENSIONS),
    (ImageRefused, Code.IMAGE_FORMAT),
    (TooManyParts, Code.EXCEEDED_BATCH_SIZE),
    (FetchFailed, Code.IMAGE_URL),
    (InvalidRequest, "BadRequest"),
    (PermissionDenied, "Forbidden"),
    (NotFound, "NotFound"),
    (Conflict, "Conflict"),
    (PayloadTooLarge, Code.IMAGE_SIZE_BYTES),
    (UnsupportedMediaType, "UnsupportedMediaType"),
    (QuotaExceeded, "TooManyRequests"),
    (Unavailable, "ServiceUnavailable"),
)


class Wire(BaseModel):
    """A model of this family: camelCase names; unknown fields of a request are ignored."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True, defer_build=True)


def render_error(error: ServiceError, request_id: str) -> Rendered:
    """`{"code", "message"}`; without a valid key `{"error": {"code": "401", "message"}}`, as the gateway says it."""
    if isinstance(error, Unauthenticated):
        return Rendered(error.status, {"error": {"code": "401", "message": error.message}})
    code = getattr(error, "code", None) or next((code for kind, code in _CODES if isinstance(error, kind)), "ErrorUnknown")
    body: dict[str, Any] = {"code": code, "message": error.message}
    headers = {"Retry-After": str(error.retry_after_seconds)} if isinstance(error, QuotaExceeded) else {}
    return Rendered(error.status, body, headers)


def separated(value: Any) -> Any:
    """`a,b` as a query has a list; nothing is an empty one."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


_UUID = r"^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$"
Id = Annotated[str, StringConstraints(pattern=_UUID, to_lower=True)]
"""An id as the service made it; in either case."""
Ids = Annotated[list[Id], BeforeValidator(separated)]
"""Ids of a query, separated by commas."""
Moment = Annotated[datetime, PlainSerializer(lambda moment: moment_text(moment), return_type=str)]


def moment_text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def omitted_when_absent(value: Any) -> bool:
    """For `exclude_if` of a property that is left out where others show null: those that are empty or None."""
    return not value


class ProjectPath(Wire):
    project_id: Id


training = Api("Azure Custom Vision Training", prefix="customvision/{version}/training", render_error=render_error,
               path_versions=("v3.3", "v3.4-preview"), shows_nulls=True)
prediction = Api("Azure Custom Vision Prediction", prefix="customvision/{version}/prediction", render_error=render_error,
                 path_versions=("v3.0", "v3.1"), shows_nulls=True)
training_20 = Api("Azure Custom Vision Training 2.0", prefix="customvision/v2.0/training", render_error=render_error)
