"""The dialect of our own API: camelCase, the `error` envelope of the Azure REST API guidelines."""
from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from shared.errors import (
    Conflict,
    InvalidRequest,
    NotFound,
    PayloadTooLarge,
    PermissionDenied,
    PreconditionFailed,
    QuotaExceeded,
    RangeNotSatisfiable,
    ServiceError,
    Unauthenticated,
    Unavailable,
    UnsupportedMediaType,
)
from shared.http.operation import Api, Rendered

_CODES: tuple[type[ServiceError], ...] = (
    InvalidRequest, Unauthenticated, PermissionDenied, NotFound, Conflict, PreconditionFailed, PayloadTooLarge,
    UnsupportedMediaType, RangeNotSatisfiable, QuotaExceeded, Unavailable)


class Wire(BaseModel):
    """A model of this family: camelCase names; unknown fields of a request are refused, being misspelled most likely."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True, extra="forbid", defer_build=True)


def render_error(error: ServiceError, request_id: str) -> Rendered:
    """`{"error": {"code", "message", "target"?, "requestId"}}`; the code is the name of our error class."""
    code = next((kind.__name__ for kind in _CODES if isinstance(error, kind)), "InternalError")
    body: dict[str, Any] = {"code": code, "message": error.message, "requestId": request_id}
    if error.target:
        body["target"] = error.target
    headers = {"x-ms-error-code": code}
    if isinstance(error, QuotaExceeded):
        headers["Retry-After"] = str(error.retry_after_seconds)
    if isinstance(error, RangeNotSatisfiable):
        headers["Content-Range"] = f"bytes */{error.size_bytes}"
    return Rendered(error.status, {"error": body}, headers)


api = Api("Moderato", prefix="", render_error=render_error)
