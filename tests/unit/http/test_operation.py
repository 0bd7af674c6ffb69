"""A handler's decorator and signature are its whole declaration."""
from __future__ import annotations

import pytest

from shared.errors import Conflict, NotFound, Unauthenticated
from shared.http.operation import JSON_BODY_LIMIT_BYTES, Auth, Call, Caller, Document, Reply
from tests.unit.http.things import Thing, ThingPath, ThingQuery, new_api


def test_path_query_body_and_answer_are_read_off_the_signature():
    api = new_api("1")

    @api.operation("PUT", "{name}", auth=Auth.ACCOUNT, success=(200, 201), errors=(NotFound, Conflict))
    def put_thing(call: Call, path: ThingPath, query: ThingQuery, body: Thing) -> Reply[Thing]:
        """Put a thing."""

    operation, = api.operations
    assert (operation.name, operation.method, operation.route) == ("put_thing", "PUT", "things/{name}")
    assert (operation.path, operation.query) == (ThingPath, ThingQuery)
    assert (operation.body, operation.response) == (Thing, Thing)
    assert (operation.success, operation.errors) == ((200, 201), (NotFound, Conflict))
    assert operation.summary == "Put a thing."
    assert operation.handler is put_thing


def test_what_a_signature_leaves_out_is_none():
    api = new_api()

    @api.operation("DELETE", "{name}", auth=Auth.OPERATOR, success=(204,))
    def delete_thing(call: Call) -> None: ...

    operation, = api.operations
    assert (operation.path, operation.query, operation.body, operation.response) == (None, None, None, None)
    assert operation.media_types == ("application/json",)
    assert operation.body_limit_bytes == JSON_BODY_LIMIT_BYTES


def test_an_answer_without_reply_around_it_and_a_document_are_understood():
    api = new_api()

    @api.operation("GET", "one", auth=Auth.PUBLIC)
    def one(call: Call) -> Thing: ...

    @api.operation("GET", "two", auth=Auth.PUBLIC)
    def two(call: Call) -> Reply[Document]: ...

    assert [operation.response for operation in api.operations] == [Thing, None]


def test_nobody_can_forget_to_say_who_may_call():
    with pytest.raises(TypeError):
        new_api().operation("GET", "open")


def test_a_call_without_an_account_has_no_storage(services):
    with pytest.raises(Unauthenticated):
        _ = Call(services, Caller("operator", is_operator=True), "id", "http://host", None).account
