"""Every operation answers its golden examples: status, headers, exact shape, and values where they are not made up.

Those of Content Safety are held against the published schema of their version too.
"""
from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from shared.api import APIS
from shared.api.content_safety import CONTENT_SAFETY
from shared.http.operation import Operation
from tests.contract.content_of import content_of, found_in
from tests.contract.decoder_watch import watching
from tests.contract.golden import OPERATIONS, Player, difference, examples_of, folder_of, golden_names
from tests.contract.picture_ways import all_ways
from tests.contract.published import GA_VERSIONS, answer_schema, published_id
from tests.contract.published import OPERATIONS as PUBLISHED
from tests.heard import Heard

EXAMPLES = [pytest.param(operation, example, id=f"{operation.name}: {example['title']}")
            for operation in OPERATIONS.values() for example in examples_of(operation)]

TAKING_PICTURES = {way.operation.name for way in all_ways()}
"""Those that hostile files are sent to."""
ALWAYS_REFUSED = {"detect_image", "detect_image_with_no_store", "detect_image_url", "detect_image_url_with_no_store"}
"""Declared, with what a success would be, so that clients get the published error: no project can do it yet."""


def test_every_operation_has_a_golden_file_and_every_golden_file_an_operation():
    assert golden_names() == {(folder_of(operation), operation.name) for operation in OPERATIONS.values()}


def test_operation_names_are_unique_over_all_families():
    assert len(OPERATIONS) == sum(len(api.operations) for api in APIS)


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_the_golden_examples_show_every_success_status(operation: Operation):
    shown = {example["status"] for example in examples_of(operation)}

    assert shown >= set(operation.success) - {503} or (operation.name in ALWAYS_REFUSED and shown == {400})


@pytest.mark.parametrize(("operation", "example"), EXAMPLES)
def test_the_answer_is_the_golden_one_and_nothing_that_was_sent_is_said_elsewhere(
        player: Player, heard: Heard, operation: Operation, example: dict[str, Any]):
    player.prepare(example)

    with watching() as seen:
        answer = player.play(operation, example["request"], example.get("api_version"))

    assert answer.status == example["status"], answer.body
    assert not seen.limits or operation.name in TAKING_PICTURES
    line = heard.lines[-1]
    assert (line["event"], line["operation"], line["family"]) == ("request", operation.name, operation.api.name)
    assert (line["status"], line["requestId"]) == (answer.status, answer.headers["apim-request-id"])
    assert found_in(heard.everything(), content_of(example, player.values, player.content)) == []
    assert answer.headers["apim-request-id"]
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    if "answer" not in example:
        assert answer.headers["content-type"].startswith(example["media_type"])
        return
    if isinstance(answer.body, dict):
        assert answer.headers["content-type"] == "application/json; charset=utf-8"
    made, optional = tuple(example.get("made", ())), tuple(example.get("optional", ()))
    expected, actual = player.filled(example["answer"]), answer.body
    if operation.name == "list_accounts":
        # Other tests' accounts are listed too: each of them must look like the one in the example.
        expected = {"value": expected["value"] * len(actual["value"])}
    assert not difference(expected, actual, made, optional=optional)
    schema_name = PUBLISHED[published_id(operation)][3] if operation.api is CONTENT_SAFETY else None
    if schema_name is not None:
        Draft202012Validator(answer_schema(schema_name, example["api_version"])).validate(answer.body)


@pytest.mark.parametrize("operation", CONTENT_SAFETY.operations, ids=lambda operation: operation.name)
def test_the_golden_examples_show_each_published_version(operation: Operation):
    assert {example["api_version"] for example in examples_of(operation)} == set(GA_VERSIONS)
