"""The dialect of Azure Content Moderator: PascalCase, a status in each answer, nulls shown, errors in two shapes at once.

Source: ContentModerator.json v1.0 (definitions.APIError, Status); recordings of the live service for the second shape of errors.
"""
from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic.alias_generators import to_camel, to_pascal

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
from shared.http.operation import Api, Rendered
from shared.imaging.models import ImageAspectRatioRefused, ImageDimensionsRefused, ImageRefused, ImageSizeRefused
from shared.outbound.failures import FetchFailed

_CODES: tuple[tuple[type[ServiceError], str], ...] = (
    (InvalidRequest, "BadRequest"),
    (Unauthenticated, "401"),
    (PermissionDenied, "Forbidden"),
    (NotFound, "NotFound"),
    (Conflict, "Conflict"),
    (PayloadTooLarge, "PayloadTooLarge"),
    (UnsupportedMediaType, "UnsupportedMediaType"),
    (QuotaExceeded, "TooManyRequests"),
    (Unavailable, "ServiceUnavailable"),
)
_TITLES: tuple[tuple[type[ServiceError], str], ...] = (
    (ImageDimensionsRefused, "Image Size Error"),  # the only one that is on record
    (ImageAspectRatioRefused, "Image Size Error"),
    (ImageSizeRefused, "Image Size Error"),
    (ImageRefused, "Image Format Error"),
    (FetchFailed, "Image Download Error"),
)


class Wire(BaseModel):
    """A model of this family: PascalCase names; unknown fields of a request are ignored."""

    model_config = ConfigDict(alias_generator=to_pascal, populate_by_name=True, frozen=True, defer_build=True)


class Parameters(BaseModel):
    """Values of a path or a query: names in camelCase."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True, defer_build=True)


class RequestBody(Wire):
    """A body that a client sends: the official clients write its names in PascalCase (Python) or camelCase (.NET)."""

    @model_validator(mode="before")
    @classmethod
    def _pascal_case(cls, sent: Any) -> Any:
        if not isinstance(sent, dict):
            return sent
        return {name[:1].upper() + name[1:]: value for name, value in sent.items()}


class Status(Wire):
    """Part of nearly every answer; 3000 is success, other codes are not published."""

    code: int = 3000
    description: str = "OK"
    exception: str | None = None


def render_error(error: ServiceError, request_id: str) -> Rendered:
    """`Error` of the specification, which the official clients read, and `Message`, `TrackingId`, `Errors` of the live service."""
    code = next((code for kind, code in _CODES if isinstance(error, kind)), "InternalServerError")
    title = next((title for kind, title in _TITLES if isinstance(error, kind)), None)
    body = {"Error": {"Code": code, "Message": error.message},
            "Message": title or error.message, "TrackingId": request_id,
            "Errors": [{"Title": title or code, "Message": error.message}]}
    headers = {"Retry-After": str(error.retry_after_seconds)} if isinstance(error, QuotaExceeded) else {}
    return Rendered(error.status, body, headers)


api = Api("Azure Content Moderator", prefix="contentmoderator", render_error=render_error, shows_nulls=True)
