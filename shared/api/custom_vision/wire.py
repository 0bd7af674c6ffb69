"""The dialect of Azure Custom Vision: camelCase, flat errors of `code` and `message`.

Source: definitions.CustomVisionError of CustomVision-Training-v3.3.json; the answer to a wrong key is the gateway's.
"""
from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from shared.errors import (
    Conflict,
    InvalidRequest,
    NotFound,
    PermissionDenied,
    QuotaExceeded,
    ServiceError,
    Unauthenticated,
    Unavailable,
)
from shared.http.operation import Api, Rendered

_CODES: tuple[tuple[type[ServiceError], str], ...] = (
    (InvalidRequest, "BadRequest"),
    (PermissionDenied, "Forbidden"),
    (NotFound, "NotFound"),
    (Conflict, "Conflict"),
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
    code = next((code for kind, code in _CODES if isinstance(error, kind)), "ErrorUnknown")
    body: dict[str, Any] = {"code": code, "message": error.message}
    headers = {"Retry-After": str(error.retry_after_seconds)} if isinstance(error, QuotaExceeded) else {}
    return Rendered(error.status, body, headers)


training_20 = Api("Azure Custom Vision Training 2.0", prefix="customvision/v2.0/training", render_error=render_error)
