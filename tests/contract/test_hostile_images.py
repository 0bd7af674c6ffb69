"""Hostile files through every operation that takes a picture, found by its declaration or by its golden example: never our fault."""
from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from shared.http.operation import ImageBody, ImageParts, Operation
from tests.contract.golden import OPERATIONS, Player, examples_of
from tests.unit.imaging.hostile import hostile_files

_ENCODED_FIELDS = ("content", "contents")
# Every file goes to some operations; those that are decoded cost each of them a run of its models.
_EVERY = 6


def _with_picture(body: Any, content: bytes) -> tuple[Any, bool]:
    """The body with every picture in base64 replaced, and whether it had one."""
    if isinstance(body, list):
        parts = [_with_picture(part, content) for part in body]
        return [part for part, _ in parts], any(found for _, found in parts)
    if not isinstance(body, dict):
        return body, False
    replaced, has_one = {}, False
    for name, value in body.items():
        if name in _ENCODED_FIELDS and isinstance(value, str):
            replaced[name], found = base64.b64encode(content).decode(), True
        else:
            replaced[name], found = _with_picture(value, content)
        has_one |= found
    return replaced, has_one


def _example_of(operation: Operation) -> dict[str, Any] | None:
    """The example whose picture can be replaced; None where the operation takes none."""
    if isinstance(operation.body, type) and issubclass(operation.body, (ImageBody, ImageParts)):
        return examples_of(operation)[0]
    return next((example for example in examples_of(operation)
                 if _with_picture(example["request"].get("body"), b"")[1]), None)


TAKING = {operation.name: (operation, example) for operation in OPERATIONS.values() if operation.body is not None
          and "mage" in operation.name and (example := _example_of(operation)) is not None}


def test_the_image_operations_of_every_family_are_found():
    assert {"analyze_image", "image_moderation_evaluate", "list_management_image_add_image", "create_images_from_data"} <= set(TAKING)


@pytest.mark.parametrize("name", TAKING)
def test_no_hostile_file_is_our_fault(player: Player, name: str):
    operation, example = TAKING[name]
    player.prepare(example)
    start = list(TAKING).index(name) % _EVERY
    for file, content in list(hostile_files().items())[start::_EVERY]:
        if issubclass(operation.body, (ImageBody, ImageParts)):
            body, content_type = content, "application/octet-stream"
        else:
            filled = _with_picture(player.filled(example["request"]["body"]), content)[0]
            body, content_type = json.dumps(filled).encode(), "application/json"

        answer = player.play(operation, example["request"], example.get("api_version"), content=body,
                             headers={**player.credentials(operation), "Content-Type": content_type})

        assert answer.status < 500, f"{file}: {answer.body}"
