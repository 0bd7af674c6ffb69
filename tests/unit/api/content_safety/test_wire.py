"""The dialect of Content Safety: codes, envelope, and what its 400 messages end in."""
from __future__ import annotations

import re

import pytest

from shared.api.content_safety.wire import render_error
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
from shared.http.parsing import InvalidPath, InvalidQuery, MissingVersion, UnsupportedVersion

# The published page on response codes names these; the gateway before the service uses the numbers.
CODES = [
    (InvalidRequest("x"), 400, "InvalidRequestBody"), (InvalidQuery("x"), 400, "InvalidRequestBody"),
    (InvalidPath("x"), 400, "InvalidResourceName"), (MissingVersion("x"), 400, "MissingApiVersionParameter"),
    (UnsupportedVersion("x"), 400, "UnsupportedApiVersionValue"), (Unauthenticated("x"), 401, "401"),
    (PermissionDenied("x"), 403, "403"), (NotFound("x"), 404, "ResourceNotFound"), (Conflict("x"), 409, "Conflict"),
    (PayloadTooLarge("x"), 413, "InvalidRequestBody"), (UnsupportedMediaType("x"), 415, "UnsupportedMediaType"),
    (QuotaExceeded("x", 7), 429, "TooManyRequests"), (ServiceError("x"), 500, "InternalError"),
    (Unavailable("x"), 503, "ServerBusy")]


@pytest.mark.parametrize(("error", "status", "code"), CODES, ids=lambda value: type(value).__name__)
def test_an_error_has_its_published_code_in_body_and_header(error: ServiceError, status: int, code: str):
    rendered = render_error(error, "the-id")

    assert rendered.status == status
    assert rendered.body["error"]["code"] == rendered.headers["x-ms-error-code"] == code
    assert rendered.body["error"].keys() == {"code", "message"}


def test_a_target_is_told_where_there_is_one():
    assert render_error(NotFound("x", "blocklistName"), "the-id").body["error"]["target"] == "blocklistName"


def test_only_a_400_ends_in_request_id_and_time():
    def message(error: ServiceError) -> str:
        return render_error(error, "the-id").body["error"]["message"]

    assert re.fullmatch(r"wrong \| Request Id: the-id, Timestamp: \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\.",
                        message(InvalidRequest("wrong")))
    assert message(NotFound("gone")) == "gone"


def test_an_exceeded_quota_says_when_to_come_back():
    assert render_error(QuotaExceeded("x", 7), "the-id").headers["Retry-After"] == "7"
