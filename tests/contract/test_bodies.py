"""What an operation makes of a body that is broken, of the wrong kind, or too large."""
from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import BaseModel

from shared.http.operation import Operation
from tests.contract.golden import OPERATIONS, Player, examples_of, folder_of
from tests.contract.in_process import Answer

WITH_BODY = [operation for operation in OPERATIONS.values()
             if operation.body and issubclass(operation.body, BaseModel) and not operation.body_optional]
WITH_BYTES = [operation for operation in OPERATIONS.values() if operation.body is bytes]
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
CANARY = "wheelbarrow-7731"
BROKEN = {
    "cut": b'{"text": "' + CANARY.encode(),
    "not JSON": CANARY.encode(),
    "empty": b"",
    "white space": b" \n ",
    "an array": json.dumps([{"text": CANARY}]).encode(),
    "a string": json.dumps(CANARY).encode(),
    "a number": b"7",
    "null": b"null",
    "not UTF-8": b'{"text": "\xff\xfe"}',
    "two documents": b"{} {}",
    "single quotes": b"{'text': 'wheelbarrow-7731'}",
    "deep": b'{"text":' * 3000 + b"1" + b"}" * 3000,
}

with_body = pytest.mark.parametrize("operation", WITH_BODY, ids=lambda operation: operation.name)


def send(player: Player, operation: Operation, content: bytes, content_type: str | None = None,
         example: dict[str, Any] | None = None) -> Answer:
    example = example or examples_of(operation)[0]
    headers = {**player.credentials(operation), "Content-Type": content_type or operation.media_types[0]}
    return player.play(operation, example["request"], example.get("api_version"), headers=headers, content=content)


def assert_refused(operation: Operation, answer: Answer, status: int) -> None:
    codes = {"content_safety": {400: "InvalidRequestBody", 413: "InvalidRequestBody", 415: "UnsupportedMediaType"},
             "content_moderator": {400: "BadRequest", 413: "PayloadTooLarge", 415: "UnsupportedMediaType"},
             "custom_vision": {400: "BadRequest", 413: "BadRequestImageSizeBytes", 415: "UnsupportedMediaType"},
             "management": {400: "InvalidRequest", 413: "PayloadTooLarge", 415: "UnsupportedMediaType"}}
    assert answer.status == status, answer.body
    assert answer.error["code"] == codes[folder_of(operation)][status]
    assert CANARY not in json.dumps(answer.body)


def target_of(operation: Operation, answer: Answer) -> str:
    """What an error is about. The dialects of Content Moderator and Custom Vision have no place for it but the message."""
    return answer.error["message"] if folder_of(operation) in ("content_moderator", "custom_vision") else answer.error["target"]


@with_body
@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_a_body_that_is_no_json_object_is_refused_without_being_repeated(
        standing_player: Player, operation: Operation, content: bytes):
    assert_refused(operation, send(standing_player, operation, content), 400)


def _fields() -> list[Any]:
    return [pytest.param(operation, field, rule, id=f"{operation.name}: {field}")
            for operation in WITH_BODY
            for field, rule in operation.body.model_json_schema(by_alias=True).get("properties", {}).items()]


@pytest.mark.parametrize(("operation", "field", "rule"), _fields())
def test_a_field_of_another_type_is_refused_and_named(
        standing_player: Player, operation: Operation, field: str, rule: dict[str, Any]):
    kinds = {part.get("type", "object" if "$ref" in part else None) for part in (rule, *rule.get("anyOf", ()))}
    samples = {"array": [CANARY], "object": {"x": CANARY}, "integer": 7, "boolean": True}
    others = [value for kind, value in samples.items()
              if kind not in kinds or kind == "array"]
    for value in others:
        body = {**standing_player.filled(examples_of(operation)[0]["request"]["body"]), field: [[value]] if value == [CANARY] else value}

        answer = send(standing_player, operation, json.dumps(body).encode())

        assert_refused(operation, answer, 400)
        assert target_of(operation, answer).startswith(field)


@pytest.mark.parametrize(("operation", "field"), [
    pytest.param(operation, field, id=f"{operation.name}: {field}") for operation in WITH_BODY
    for field in operation.body.model_json_schema(by_alias=True).get("required", ())])
def test_a_missing_required_field_is_refused_and_named(standing_player: Player, operation: Operation, field: str):
    example = standing_player.filled(examples_of(operation)[0]["request"]["body"])
    body = {name: value for name, value in example.items() if name != field}

    answer = send(standing_player, operation, json.dumps(body).encode())

    assert_refused(operation, answer, 400)
    assert target_of(operation, answer).partition(": ")[0] == field


@with_body
def test_a_body_at_the_limit_is_taken_and_one_byte_more_is_413(player: Player, operation: Operation):
    example = examples_of(operation)[0]
    player.prepare(example)
    content = player.content(example["request"])
    at_limit = content + b" " * (operation.body_limit_bytes - len(content))

    assert_refused(operation, send(player, operation, at_limit + b" ", example=example), 413)
    assert send(player, operation, at_limit, example=example).status == example["status"]


@with_body
@pytest.mark.parametrize("content_type", [
    "text/plain", "application/xml", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded",
    "application/octet-stream", "application/jsonx", "application/json; charset=utf-16"])
def test_another_content_type_is_415(standing_player: Player, operation: Operation, content_type: str):
    content = standing_player.content(examples_of(operation)[0]["request"])

    assert_refused(operation, send(standing_player, operation, content, content_type), 415)


@with_body
def test_json_is_taken_under_each_declared_content_type_with_parameters(player: Player, operation: Operation):
    example = examples_of(operation)[0]
    player.prepare(example)
    content = player.content(example["request"])
    suffixes = ("", "; charset=utf-8", ';charset="UTF-8"', "; odata.metadata=minimal")

    for content_type in (*operation.media_types, *(operation.media_types[0] + suffix for suffix in suffixes)):
        assert send(player, operation, content, content_type, example).status in (*operation.success, example["status"])


@with_body
def test_a_byte_order_mark_and_a_missing_content_type_are_forgiven(player: Player, operation: Operation):
    example = examples_of(operation)[0]
    player.prepare(example)

    answer = player.play(operation, example["request"], example.get("api_version"),
                         headers={**player.credentials(operation), "Content-Type": ""},
                         content=BYTE_ORDER_MARK + player.content(example["request"]))

    assert answer.status == example["status"]


@pytest.mark.parametrize("operation", [operation for operation in WITH_BODY if operation.method == "PATCH"],
                         ids=lambda operation: operation.name)
def test_patch_takes_merge_patch_and_plain_json_where_that_is_published(operation: Operation):
    merge_patch = set() if folder_of(operation) == "custom_vision" else {"application/merge-patch+json"}
    assert set(operation.media_types) == {"application/json"} | merge_patch


with_bytes = pytest.mark.parametrize("operation", WITH_BYTES, ids=lambda operation: operation.name)


@pytest.fixture
def prepared(player: Player, operation: Operation) -> Player:
    player.prepare(examples_of(operation)[0])
    return player


@with_bytes
def test_more_bytes_than_the_limit_are_413(prepared: Player, operation: Operation):
    assert_refused(operation, send(prepared, operation, b"x" * (operation.body_limit_bytes + 1)), 413)


def test_a_part_of_an_archive_may_have_32_mebibytes(player: Player):
    operation = OPERATIONS["put_import_part"]
    created = player.play(OPERATIONS["create_import"], {
        "path": {"accountId": "{accountId}"}, "body": {"sizeBytes": operation.body_limit_bytes, "sha256": "0" * 64}})
    player.values["importId"] = created.body["id"]

    assert operation.body_limit_bytes == 32 * 1024 * 1024
    assert send(player, operation, b"x" * operation.body_limit_bytes).status == 204


@pytest.mark.parametrize("operation", [each for each in WITH_BYTES if not each.body_optional], ids=lambda operation: operation.name)
def test_no_bytes_are_refused(prepared: Player, operation: Operation):
    assert_refused(operation, send(prepared, operation, b""), 400)


@with_bytes
@pytest.mark.parametrize("content_type", [
    "text/plain", "application/json", "application/x-7z-compressed", "multipart/form-data; boundary=x"])
def test_bytes_of_another_content_type_are_415(prepared: Player, operation: Operation, content_type: str):
    is_taken = content_type.partition(";")[0] in operation.media_types

    assert_refused(operation, send(prepared, operation, b"x", content_type), 400 if is_taken else 415)
