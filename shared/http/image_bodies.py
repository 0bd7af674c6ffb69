"""The kinds of body that are pictures: bytes or where they lie, and the parts of a form."""
from __future__ import annotations

from typing import Any, Literal

import azure.functions as func
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from shared.errors import InvalidRequest, UnsupportedMediaType
from shared.http.bodies import BYTE_ORDER_MARK, check_json_marks, limited_body
from shared.http.multipart import named_parts
from shared.http.operation import PARTS_TYPES, ImageBody, ImageParts, Operation
from shared.http.problems import problem_of

LONGEST_URL = 8192
PART_NAME = "imageData"
_EMPTY = "The body is empty; send the image, with its Content-Length."


class _ImageReference(BaseModel):
    """Where a picture lies. The Python client writes the names in PascalCase, the .NET client in camelCase."""

    model_config = ConfigDict(frozen=True, title="ImageReference")

    representation: Literal["URL", "CacheID"] = Field(alias="DataRepresentation")
    value: str = Field(alias="Value", min_length=1, max_length=LONGEST_URL)

    @model_validator(mode="before")
    @classmethod
    def _as_declared(cls, sent: Any) -> Any:
        if not isinstance(sent, dict):
            return sent
        values = {name[:1].upper() + name[1:]: value for name, value in sent.items()}
        known = {"url": "URL", "cacheid": "CacheID"}
        representation = values.get("DataRepresentation")
        if isinstance(representation, str):
            values["DataRepresentation"] = known.get(representation.lower(), representation)
        return values


IMAGE_REFERENCE_SCHEMA = _ImageReference.model_json_schema(by_alias=True)


def read_image(operation: Operation, kind: type[ImageBody], request: func.HttpRequest) -> ImageBody:
    """The picture as bytes, or where it lies, which JSON says. Raises InvalidRequest, PayloadTooLarge, UnsupportedMediaType."""
    body, media_type, charset = limited_body(operation, request)
    if not body:
        raise InvalidRequest(_EMPTY)
    if media_type != "application/json":
        return kind(content=body)
    if charset not in ("", "utf-8", "utf8"):
        raise UnsupportedMediaType("The body must be encoded in UTF-8.")
    check_json_marks(body)
    try:
        reference = _ImageReference.model_validate_json(body.removeprefix(BYTE_ORDER_MARK), strict=True)
    except ValidationError as error:
        raise InvalidRequest(*problem_of(error)) from None
    return kind(url=reference.value) if reference.representation == "URL" else kind(cache_id=reference.value)


def read_parts(operation: Operation, kind: type[ImageParts], request: func.HttpRequest) -> ImageParts:
    """The pictures of a form, in its order, or the body as the only one; without a content type it is that.

    Raises InvalidRequest (TooManyParts), PayloadTooLarge, UnsupportedMediaType.
    """
    body, media_type, _ = limited_body(operation, request)
    if not body:
        raise InvalidRequest(_EMPTY)
    if media_type in ("", "application/octet-stream"):
        return kind((body,))
    if media_type != "multipart/form-data":
        raise UnsupportedMediaType(f"The content type must be {' or '.join(PARTS_TYPES)}.")
    parts = tuple(content for _, content in named_parts(body, request.headers["Content-Type"], (PART_NAME,), kind.most_parts))
    if not all(parts):
        raise InvalidRequest(f"A part {PART_NAME} of the form is empty.")
    if not parts:
        raise InvalidRequest(f"The form has no part named {PART_NAME}; that is where an image belongs.")
    return kind(parts)
