"""The dialect of Azure AI Content Safety: camelCase, `error` envelope, code names, versions.

Source: contentsafety.json 2023-10-01 and 2024-09-01; the published page on response codes.
"""
from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

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
from shared.http.parsing import InvalidPath, MissingVersion, UnsupportedVersion
from shared.text_analysis.models import Category

VERSION_2023 = "2023-10-01"
VERSION_2024 = "2024-09-01"

# The first class that fits counts. 401 and 403 carry a number because the gateway before the service answers them so;
# the codes for versions follow the Azure REST API guidelines, as none is published for this service.
_CODES: tuple[tuple[type[ServiceError], str], ...] = (
    (InvalidPath, "InvalidResourceName"),
    (MissingVersion, "MissingApiVersionParameter"),
    (UnsupportedVersion, "UnsupportedApiVersionValue"),
    (InvalidRequest, "InvalidRequestBody"),
    (Unauthenticated, "401"),
    (PermissionDenied, "403"),
    (NotFound, "ResourceNotFound"),
    (Conflict, "Conflict"),
    (PayloadTooLarge, "InvalidRequestBody"),
    (UnsupportedMediaType, "UnsupportedMediaType"),
    (QuotaExceeded, "TooManyRequests"),
    (Unavailable, "ServerBusy"),
)


class Wire(BaseModel):
    """A model of this family: camelCase names; unknown fields of a request are ignored."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True, defer_build=True)


class CategoryAnalysis(Wire):
    category: Category
    severity: int


def render_error(error: ServiceError, request_id: str) -> Rendered:
    """`{"error": {"code", "message", "target"?}}`; 400 messages end in request id and time, as the service's do."""
    code = next((code for kind, code in _CODES if isinstance(error, kind)), "InternalError")
    message = error.message
    if isinstance(error, InvalidRequest):
        message += f" | Request Id: {request_id}, Timestamp: {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}."
    body: dict[str, Any] = {"code": code, "message": message}
    if error.target:
        body["target"] = error.target
    headers = {"x-ms-error-code": code}
    if isinstance(error, QuotaExceeded):
        headers["Retry-After"] = str(error.retry_after_seconds)
    return Rendered(error.status, {"error": body}, headers)


api = Api("Azure AI Content Safety", prefix="contentsafety", render_error=render_error,
          versions=(VERSION_2023, VERSION_2024))
