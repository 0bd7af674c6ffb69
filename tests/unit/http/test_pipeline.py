"""The straight line of a request, and what becomes of it when something goes wrong on the way."""
from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

import azure.functions as func
import pytest

from shared.errors import Conflict, InvalidRequest, NotFound, PermissionDenied, Unauthenticated, Unavailable
from shared.http.operation import Auth, Call, Document, Operation, Reply
from shared.http.parsing import MissingVersion
from shared.http.pipeline import declared_errors, handle
from tests.unit.http.things import Thing, ThingQuery, new_api

CANARY = "wheelbarrow"


def operation_of(handler: Callable[..., Any], **declared: Any) -> Operation:
    api = new_api()
    api.operation("POST", "", **{"auth": Auth.PUBLIC, **declared})(handler)
    return api.operations[0]


def answering(answer: Any) -> Callable[[Call], Any]:
    def handler(call: Call) -> None:
        if isinstance(answer, Exception):
            raise answer
        return answer
    return handler


def test_a_model_is_rendered_as_json_without_what_is_none(services, request_of):
    answer = handle(operation_of(answering(Thing(name="Rübe"))), services, request_of())

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert json.loads(answer.get_body()) == {"name": "Rübe", "weight": 0}


def test_a_reply_brings_status_and_headers(services, request_of):
    operation = operation_of(answering(Reply(Thing(name="x"), 201, {"Location": "there"})), success=(200, 201))

    answer = handle(operation, services, request_of())

    assert (answer.status_code, answer.headers["Location"]) == (201, "there")


def test_nothing_is_an_empty_body_with_the_only_success_status(services, request_of):
    answer = handle(operation_of(answering(None), success=(204,)), services, request_of())

    assert (answer.status_code, answer.get_body()) == (204, b"")


def test_a_document_keeps_its_media_type(services, request_of):
    answer = handle(operation_of(answering(Reply(Document("<p>", "text/html; charset=utf-8")))), services, request_of())

    assert answer.get_body() == b"<p>"
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize("answer", [Thing(name="x"), NotFound("gone"), ZeroDivisionError()])
def test_every_answer_has_a_request_id_and_may_not_be_stored_by_caches(services, request_of, answer: Any):
    operation = operation_of(answering(answer), errors=(NotFound,))
    first, second = (handle(operation, services, request_of()) for _ in range(2))

    assert first.headers["apim-request-id"] != second.headers["apim-request-id"]
    assert first.headers["Cache-Control"] == "no-store"
    assert first.headers["X-Content-Type-Options"] == "nosniff"


def test_a_declared_error_is_told_in_the_familys_dialect(services, request_of):
    answer = handle(operation_of(answering(NotFound("gone", "name")), errors=(NotFound,)), services, request_of())

    assert (answer.status_code, answer.headers["x-oops"]) == (404, "yes")
    assert json.loads(answer.get_body()) == {"oops": "gone", "of": "NotFound", "at": "name"}


def test_an_undeclared_error_is_a_500_in_tests_and_told_elsewhere(make_services, request_of, caplog):
    operation = operation_of(answering(Conflict("taken")))

    assert handle(operation, make_services(), request_of()).status_code == 500
    assert "does not declare Conflict" not in caplog.text
    assert handle(operation, make_services(STRICT_CONTRACT="false"), request_of()).status_code == 409


def test_an_undeclared_status_is_a_500(services, request_of):
    assert handle(operation_of(answering(Reply(None, 202))), services, request_of()).status_code == 500


def test_what_is_not_available_is_logged_by_request_operation_and_kind_and_without_its_message(services, request_of, caplog):
    answer = handle(operation_of(answering(Unavailable(CANARY))), services, request_of())

    (record,) = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert (answer.status_code, CANARY in record.getMessage()) == (503, False)
    assert "failed with Unavailable" in record.getMessage() and answer.headers["apim-request-id"] in record.getMessage()


def test_an_unexpected_exception_is_a_500_and_logged_once_without_its_text(services, request_of, caplog):
    def handler(call: Call, body: Thing) -> None:
        raise ValueError(body.name)
    caplog.set_level(logging.DEBUG)
    operation = operation_of(handler)

    answer = handle(operation, services, request_of(
        json.dumps({"name": CANARY}).encode(), headers={"Content-Type": "application/json"}))

    assert answer.status_code == 500
    assert CANARY not in answer.get_body().decode()
    assert CANARY not in caplog.text
    (record,) = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert "ValueError" in record.getMessage()
    assert answer.headers["apim-request-id"] in record.getMessage()


def test_who_may_not_call_is_told_so_before_the_request_is_read(services, request_of):
    def handler(call: Call, query: ThingQuery) -> None: ...

    answer = handle(operation_of(handler, auth=Auth.OPERATOR), services, request_of(url="http://host/?size=no"))

    assert answer.status_code == 401


def test_the_operators_key_opens_the_operators_operations(services, request_of):
    callers = []

    def handler(call: Call) -> None:
        callers.append(call.caller)
    operation = operation_of(handler, auth=Auth.OPERATOR, success=(204,))

    assert handle(operation, services, request_of(headers={"x-operator-key": "o" * 32})).status_code == 204
    assert handle(operation, services, request_of(headers={"x-operator-key": "o" * 31})).status_code == 401
    assert handle(operation, services, request_of(headers={"x-operator-key": "é" * 32})).status_code == 401
    assert [(caller.name, caller.account, caller.is_operator) for caller in callers] == [("operator", None, True)]


@pytest.mark.parametrize(("url", "headers", "endpoint"), [
    ("http://host:7071/things?x=1", {}, "http://host:7071"),
    ("http://inner/things", {"X-Forwarded-Host": "outer.example"}, "http://outer.example"),
    ("http://inner/things", {"X-Forwarded-Proto": "https"}, "https://inner"),
    ("http://inner/things", {"X-Forwarded-Host": "outer.example, middle", "X-Forwarded-Proto": "https, http"},
     "https://outer.example")])
def test_links_begin_with_what_the_caller_reached(
        services, request_of, url: str, headers: dict[str, str], endpoint: str):
    endpoints = []

    def handler(call: Call) -> None:
        endpoints.append(call.endpoint)
    handle(operation_of(handler, success=(204,)), services, request_of(url=url, headers=headers))

    assert endpoints == [endpoint]


def test_a_set_public_endpoint_goes_before_what_a_proxy_says(make_services, request_of):
    endpoints = []

    def handler(call: Call) -> None:
        endpoints.append(call.endpoint)
    handle(operation_of(handler, success=(204,)), make_services(PUBLIC_ENDPOINT="https://safety.example/"),
           request_of(headers={"X-Forwarded-Host": "evil.example"}))

    assert endpoints == ["https://safety.example"]


def test_the_errors_of_an_operation_follow_from_its_declaration():
    def bare(call: Call) -> None: ...

    def full(call: Call, body: Thing) -> None: ...

    assert declared_errors(operation_of(bare)) == (Unavailable,)
    assert set(declared_errors(operation_of(bare, auth=Auth.OPERATOR))) == {
        Unavailable, Unauthenticated, PermissionDenied, InvalidRequest}
    assert {error.status for error in declared_errors(operation_of(full, errors=(NotFound,)))} == {
        400, 404, 413, 415, 503}
    # The more special refusals of parsing are InvalidRequest too.
    assert issubclass(MissingVersion, InvalidRequest)


def test_an_answer_is_one_that_the_functions_host_can_send(services, request_of):
    assert isinstance(handle(operation_of(answering(None), success=(204,)), services, request_of()), func.HttpResponse)
