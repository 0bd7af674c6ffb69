"""Every way by which a picture comes to an operation: read off its declaration, or off the pictures in its golden examples.

An address in an example is `{pictureUrl}`; a picture is told by its first bytes, as it is, in base64 or in a ZIP archive.
"""
from __future__ import annotations

import base64
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pydantic import BaseModel

from shared.api import APIS
from shared.api.content_moderator.pictures import PICTURES as MODERATED
from shared.api.content_safety import CONTENT_SAFETY
from shared.api.content_safety.image import LIMITS as ANALYZED
from shared.api.review_ui import REVIEW_TOOL
from shared.classifiers.pictures import TRAINING_LIMITS as TRAINED_ON
from shared.http.operation import FormBody, ImageBody, ImageParts, Operation
from shared.imaging.models import ImageLimits
from shared.reviews.rules import PICTURES as REVIEWED
from tests.contract.archived_pictures import archive_in, has_picture, is_picture
from tests.contract.golden import examples_of

ADDRESS = "{pictureUrl}"
KEPT = ("get_image_region_proposals", "suggest_tags_and_regions", "query_suggested_images", "query_suggested_image_count",
        "create_images_from_predictions", "train_project")
"""Operations, and the job that one of them asks for, that decode what is kept: it may have come in an archive, undecoded."""
TAKES_NONE = frozenset({
    "import_hashes", "import_terms",  # lines of a file
    "put_import_part",  # what an archive has is kept, and decoded by those in KEPT
    "create_project", "update_project",  # addresses that are kept as they are
})
"""Operations whose bodies could have a picture, or its address, by their declaration."""
_SHORTEST = 64
_PICTURE_WORDS = ("content", "image", "picture", "photo", "frame", "file", "url", "uri")


class Form(StrEnum):
    BYTES = "bytes"
    CACHED = "bytes that are cached"
    CACHE_ID = "cache id"
    URL = "URL"
    PARTS = "parts of a form"
    BASE64 = "base64"
    ARCHIVE = "archive"
    FILE = "file of a page"
    KEPT = "kept picture"


@dataclass(frozen=True)
class Way:
    """`example` is the golden one whose picture is replaced; None for a page. `field` tells ways of one form from each other."""

    operation: Operation
    form: Form
    example: Mapping[str, Any] | None = None
    field: str = ""

    @property
    def name(self) -> str:
        return f"{self.operation.name}: {self.form}{f' in {self.field}' if self.field else ''}"

    @property
    def limits(self) -> ImageLimits:
        """What the operation's pictures may be: the files of tests are shared out among the ways with the same limits."""
        return limits_of(self.operation)

    @property
    def decodes(self) -> bool:
        return self.example is None or self.example["status"] < 400


def limits_of(operation: Operation) -> ImageLimits:
    if "customvision" in operation.route:
        return TRAINED_ON
    if "{teamName}" in operation.route:
        return REVIEWED
    return ANALYZED if operation.api is CONTENT_SAFETY or "/try/" in operation.route else MODERATED


def ways_of(operation: Operation) -> list[Way]:
    """One for each form, and for each field of a body that has them."""
    if operation.api is REVIEW_TOOL:
        return [Way(operation, Form.FILE, field=name) for name in _files_of(operation)]
    examples = sorted(examples_of(operation), key=lambda example: example["status"])
    if operation.name in KEPT:
        return [Way(operation, Form.KEPT, examples[0])]
    if operation.body is not None and issubclass(operation.body, ImageBody):
        caches = operation.query is not None and "cache_image" in operation.query.model_fields
        forms = (Form.BYTES, Form.URL, *((Form.CACHED, Form.CACHE_ID) if caches else ()))
        return [Way(operation, form, examples[0]) for form in forms]
    if operation.body is not None and issubclass(operation.body, ImageParts):
        return [Way(operation, form, examples[0]) for form in (Form.BYTES, Form.PARTS)]
    found: dict[str, Way] = {}
    for example in examples:
        for form, field in _forms_in(example["request"]):
            way = Way(operation, form, example, field)
            found.setdefault(way.name, way)
    return list(found.values())


def all_ways() -> list[Way]:
    return [way for api in (*APIS, REVIEW_TOOL) for operation in api.operations for way in ways_of(operation)]


def may_take_a_picture(operation: Operation) -> bool:
    """By its declaration: a body of bytes, or with a text by whose name it could be a picture or an address."""
    body = operation.body
    if body is None or not issubclass(body, BaseModel):
        return body is not None and (body is bytes or issubclass(body, (ImageBody, ImageParts)))
    names = [name for name in _texts_in(body, "") if not name.endswith(("_id", "_ids"))]
    return any(word in name for name in names for word in _PICTURE_WORDS)


def _files_of(operation: Operation) -> list[str]:
    """The fields of a page's form that take a file."""
    is_form = operation.body is not None and issubclass(operation.body, FormBody)
    return [name for name, field in operation.body.model_fields.items() if field.annotation is bytes] if is_form else []


def _texts_in(annotation: Any, name: str) -> Iterator[str]:
    """The names of the texts and bytes in a model, at any depth."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for field_name, field in annotation.model_fields.items():
            yield from _texts_in(field.annotation, field_name)
    elif annotation in (str, bytes, Any):
        yield name
    else:
        for part in typing.get_args(annotation):
            yield from _texts_in(part, name)


def _forms_in(request: Mapping[str, Any]) -> Iterator[tuple[Form, str]]:
    if "content" in request:
        content = base64.b64decode(request["content"])
        if archive_in(content) is not None:
            if has_picture(content):
                yield Form.ARCHIVE, ""
        elif is_picture(content):
            yield Form.BYTES, ""
    yield from _forms_in_json(request.get("body"), "")


def _forms_in_json(value: Any, field: str) -> Iterator[tuple[Form, str]]:
    if isinstance(value, Mapping):
        for name, part in value.items():
            yield from _forms_in_json(part, name)
    elif isinstance(value, list):
        for part in value:
            yield from _forms_in_json(part, field)
    elif value == ADDRESS:
        yield Form.URL, field
    elif is_encoded_picture(value):
        yield Form.BASE64, field


def is_encoded_picture(value: Any) -> bool:
    """Whether it is one in base64."""
    if not isinstance(value, str) or len(value) < _SHORTEST:
        return False
    try:
        return is_picture(base64.b64decode(value, validate=True))
    except ValueError:
        return False
