"""The dialect of our own API: the error's class is its code."""
from __future__ import annotations

import pytest
from pydantic import ValidationError

from shared.api.management.accounts import NewAccount
from shared.api.management.wire import render_error
from shared.errors import (
    Conflict,
    InvalidRequest,
    NotFound,
    PermissionDenied,
    PreconditionFailed,
    QuotaExceeded,
    ServiceError,
    Unauthenticated,
    Unavailable,
)
from shared.http.parsing import InvalidPath


@pytest.mark.parametrize(("error", "status", "code"), [
    (InvalidRequest("x"), 400, "InvalidRequest"), (InvalidPath("x"), 400, "InvalidRequest"),
    (Unauthenticated("x"), 401, "Unauthenticated"), (PermissionDenied("x"), 403, "PermissionDenied"),
    (NotFound("x"), 404, "NotFound"), (Conflict("x"), 409, "Conflict"),
    (PreconditionFailed("x"), 412, "PreconditionFailed"),
    (QuotaExceeded("x", 7), 429, "QuotaExceeded"), (ServiceError("x"), 500, "InternalError"),
    (Unavailable("x"), 503, "Unavailable")], ids=lambda value: type(value).__name__)
def test_an_error_has_its_class_as_code_and_the_request_id(error: ServiceError, status: int, code: str):
    rendered = render_error(error, "the-id")

    assert rendered.status == status
    assert rendered.body["error"] == {"code": code, "message": error.message, "requestId": "the-id"}
    assert rendered.headers["x-ms-error-code"] == code


def test_a_misspelled_field_is_refused_rather_than_ignored():
    with pytest.raises(ValidationError):
        NewAccount.model_validate({"displayName": "x", "dispalyName": "y"})


def test_a_display_name_has_1_to_128_characters():
    assert NewAccount.model_validate({"displayName": "\U0001F955" * 128})
    for length in (0, 129):
        with pytest.raises(ValidationError):
            NewAccount.model_validate({"displayName": "x" * length})
