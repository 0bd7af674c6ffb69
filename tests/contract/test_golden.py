"""Every operation answers its golden examples: status, headers, exact shape, and values where they are not made up."""
from __future__ import annotations

from typing import Any

import pytest

from shared.api import APIS
from shared.http.operation import Operation
from tests.contract.golden import OPERATIONS, Player, difference, examples_of, folder_of, golden_names

EXAMPLES = [pytest.param(operation, example, id=f"{operation.name}: {example['title']}")
            for operation in OPERATIONS.values() for example in examples_of(operation)]


def test_every_operation_has_a_golden_file_and_every_golden_file_an_operation():
    assert golden_names() == {(folder_of(operation), operation.name) for operation in OPERATIONS.values()}


def test_operation_names_are_unique_over_all_families():
    assert len(OPERATIONS) == sum(len(api.operations) for api in APIS)


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_the_golden_examples_show_every_success_status(operation: Operation):
    assert {example["status"] for example in examples_of(operation)} >= set(operation.success) - {503}


@pytest.mark.parametrize(("operation", "example"), EXAMPLES)
def test_the_answer_is_the_golden_one(player: Player, operation: Operation, example: dict[str, Any]):
    player.prepare(example)

    answer = player.play(operation, example["request"], example.get("api_version"))

    assert answer.status == example["status"], answer.body
    assert answer.headers["apim-request-id"]
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    if "answer" not in example:
        assert answer.headers["content-type"].startswith(example["media_type"])
        return
    if isinstance(answer.body, dict):
        assert answer.headers["content-type"] == "application/json; charset=utf-8"
    made, optional = tuple(example.get("made", ())), tuple(example.get("optional", ()))
    expected, actual = example["answer"], answer.body
    if operation.name == "list_accounts":
        # Other tests' accounts are listed too: each of them must look like the one in the example.
        expected = {"value": expected["value"] * len(actual["value"])}
    assert not difference(expected, actual, made, optional=optional)
