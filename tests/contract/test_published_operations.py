"""The published operations in scope are declared, each once, and refuse in the published shape."""
from __future__ import annotations

import pytest
from jsonschema import Draft202012Validator

from shared.api.content_safety import CONTENT_SAFETY
from shared.http.operation import Operation
from tests.contract.golden import OPERATIONS, Player, examples_of
from tests.contract.published import ERROR_SCHEMA, GA_VERSIONS, published_id
from tests.contract.published import OPERATIONS as PUBLISHED


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_operation_is_declared_once_with_its_success_codes(name: str):
    method, path, success, _ = PUBLISHED[name]
    declared = [operation for operation in OPERATIONS.values() if (operation.method, operation.route) == (method, path)]

    assert len(declared) == 1
    assert declared[0].success == success
    # The handler takes the published name in snake_case.
    assert declared[0].name.replace("_", "") == name.partition("_")[2].lower()


def test_nothing_is_declared_that_is_not_published():
    assert {published_id(operation) for operation in CONTENT_SAFETY.operations} == set(PUBLISHED)


def test_both_stable_versions_are_served():
    assert CONTENT_SAFETY.versions == GA_VERSIONS


@pytest.mark.parametrize("operation", CONTENT_SAFETY.operations, ids=lambda operation: operation.name)
def test_an_error_is_valid_against_the_published_schema_and_its_code_is_in_the_header(
        standing_player: Player, operation: Operation):
    example = examples_of(operation)[0]

    answer = standing_player.play(operation, example["request"], headers={})

    assert answer.status == 401
    Draft202012Validator(ERROR_SCHEMA).validate(answer.body)
    assert answer.headers["x-ms-error-code"] == answer.body["error"]["code"]
