"""Path, query and body become models, or a refusal that repeats nothing of what was sent."""
from __future__ import annotations

import json

import pytest

from shared.errors import InvalidRequest, PayloadTooLarge, UnsupportedMediaType
from shared.http.operation import Auth, Call, Operation
from shared.http.parsing import InvalidPath, InvalidQuery, MissingVersion, UnsupportedVersion, parse
from tests.unit.http.things import Thing, ThingPath, ThingQuery, Things, new_api

JSON = {"Content-Type": "application/json"}
SECRET = "wheelbarrow"


@pytest.fixture
def operation() -> Operation:
    api = new_api("1", "2")

    @api.operation("PUT", "{name}", auth=Auth.PUBLIC, body_limit_bytes=100,
                   media_types=("application/json", "application/merge-patch+json"))
    def put_thing(call: Call, path: ThingPath, query: ThingQuery, body: Thing) -> Thing: ...
    return api.operations[0]


def test_every_part_arrives_as_its_model_and_the_version_beside(operation: Operation, request_of):
    request = request_of(b'{"name": "leek", "weight": 3}', name="a", headers=JSON,
                         url="http://host/things/a?size=4&api-version=1")

    assert parse(operation, request) == ("1", {
        "path": ThingPath(name="a"), "query": ThingQuery(size=4), "body": Thing(name="leek", weight=3)})


@pytest.mark.parametrize("slash", ["%2F", "%2f"])
def test_the_slash_that_the_host_leaves_encoded_is_decoded(operation: Operation, request_of, slash: str):
    _, arguments = parse(operation, request_of(b'{"name": "leek"}', headers=JSON, name=f"a{slash}b"))

    assert arguments["path"].name == "a/b"


@pytest.mark.parametrize(("url", "refusal"), [
    ("http://host/things/a", MissingVersion), ("http://host/things/a?api-version=", MissingVersion),
    ("http://host/things/a?api-version=3", UnsupportedVersion), ("http://host/things/a?API-VERSION=1", MissingVersion)])
def test_a_version_must_be_one_of_the_familys(operation: Operation, request_of, url: str, refusal: type):
    with pytest.raises(refusal) as caught:
        parse(operation, request_of(b'{"name": "leek"}', url=url, headers=JSON, name="a"))

    assert caught.value.target == "api-version"


def test_a_family_without_versions_ignores_the_parameter(request_of):
    api = new_api()

    @api.operation("GET", "", auth=Auth.PUBLIC)
    def get_things(call: Call) -> None: ...

    assert parse(api.operations[0], request_of(url="http://host/things?api-version=9")) == (None, {})


@pytest.mark.parametrize(("url", "name", "refusal", "target"), [
    ("http://host/?api-version=2&size=0", "a", InvalidQuery, "size"),
    ("http://host/?api-version=2&size=wheelbarrow", "a", InvalidQuery, "size"),
    ("http://host/?api-version=2&size=", "a", InvalidQuery, "size"),
    ("http://host/?api-version=2", "Wheelbarrow", InvalidPath, "name"),
    ("http://host/?api-version=2", "a\n", InvalidPath, "name")])
def test_a_path_or_query_value_against_its_rule_is_refused_and_named(
        operation: Operation, request_of, url: str, name: str, refusal: type, target: str):
    with pytest.raises(refusal) as caught:
        parse(operation, request_of(b'{"name": "leek"}', url=url, headers=JSON, name=name))

    assert caught.value.target == target
    assert SECRET not in caught.value.message.lower()


def test_of_a_repeated_query_parameter_the_last_counts(operation: Operation, request_of):
    request = request_of(b'{"name": "leek"}', name="a", headers=JSON,
                         url="http://host/?size=2&api-version=1&size=5&api-version=2")

    version, arguments = parse(operation, request)
    assert (version, arguments["query"].size) == ("2", 5)


@pytest.mark.parametrize("content_type", [
    "application/json", "APPLICATION/JSON", "application/json;charset=utf-8", "application/json ; charset=UTF-8",
    'application/json; charset="utf8"', "application/merge-patch+json", ""])
def test_json_in_utf_8_is_read_under_each_declared_content_type(operation: Operation, request_of, content_type: str):
    _, arguments = parse(operation, request_of(
        '{"name": "Rübe"}'.encode(), headers={"Content-Type": content_type}, name="a"))

    assert arguments["body"].name == "Rübe"


@pytest.mark.parametrize("content_type", [
    "text/plain", "application/json-seq", "json", "application/json; charset=latin-1",
    "application/json; charset=utf-16"])
def test_another_content_type_or_encoding_is_refused(operation: Operation, request_of, content_type: str):
    with pytest.raises(UnsupportedMediaType):
        parse(operation, request_of(b'{"name": "leek"}', headers={"Content-Type": content_type}, name="a"))


@pytest.mark.parametrize(("size", "is_taken"), [(100, True), (101, False)])
def test_a_body_may_have_as_many_bytes_as_declared(operation: Operation, request_of, size: int, is_taken: bool):
    body = b'{"name": "leek"}'.ljust(size)
    if is_taken:
        assert parse(operation, request_of(body, headers=JSON, name="a"))[1]["body"].name == "leek"
    else:
        with pytest.raises(PayloadTooLarge):
            parse(operation, request_of(body, headers=JSON, name="a"))


@pytest.mark.parametrize("body", [
    b"", b"{", b"null", b"[]", b'"wheelbarrow"', b'{"name": 5}', b'{"name": "x", "weight": "5"}',
    b'{"name": "x", "weight": 1.5}',
    b'{"name": "x", "weight": true}', b'{"name": ["wheelbarrow"]}', b'{"weight": 1}', b"\xff{}", b'{"name": "\xff"}',
    b'{"name": NaN}', b'\xef\xbb\xbf\xef\xbb\xbf{"name": "x"}'])
def test_a_body_of_another_shape_is_refused_without_being_repeated(operation: Operation, request_of, body: bytes):
    with pytest.raises(InvalidRequest) as caught:
        parse(operation, request_of(body, headers=JSON, name="a"))

    assert type(caught.value) is InvalidRequest
    assert SECRET not in caught.value.message


def test_five_problems_are_told_and_the_rest_is_counted(request_of):
    api = new_api()

    @api.operation("POST", "", auth=Auth.PUBLIC)
    def post_things(call: Call, body: Things) -> None: ...

    with pytest.raises(InvalidRequest) as caught:
        parse(api.operations[0], request_of(json.dumps({"things": [{"name": 1}] * 8}).encode(), headers=JSON))

    assert caught.value.target == "things[0].name"
    assert caught.value.message.count("things[") == 5
    assert caught.value.message.endswith("; and 3 more.")
