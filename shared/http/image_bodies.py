"""The kinds of body that are pictures: bytes or where they lie, and the parts of a form."""
from __future__ import annotations

import re
from typing import Any, Literal

import azure.functions as func
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from shared.errors import InvalidRequest, UnsupportedMediaType
from shared.http.bodies import BYTE_ORDER_MARK, check_json_marks, limited_body
from shared.http.operation import PARTS_TYPES, ImageBody, ImageParts, Operation
from shared.http.problems import problem_of

LONGEST_URL = 8192
PART_NAME = "imageData"
_EMPTY = "The body is empty; send the image, with its Content-Length."
_BOUNDARY = re.compile(r';\s*boundary\s*=\s*(?:"([^"]{1,200})"|([^\s;"]{1,200}))', re.IGNORECASE)


class TooManyParts(InvalidRequest):
    """A form with more pictures than the operation takes at once."""


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
    boundary = _BOUNDARY.search(request.headers["Content-Type"])
    if boundary is None:
        raise InvalidRequest("The content type multipart/form-data must name a boundary.")
    parts = _parts(body, (boundary[1] or boundary[2]).encode("latin-1", "replace"), kind.most_parts)
    if not all(parts):
        raise InvalidRequest(f"A part {PART_NAME} of the form is empty.")
    if not parts:
        raise InvalidRequest(f"The form has no part named {PART_NAME}; that is where an image belongs.")
    return kind(parts)


def _parts(body: bytes, boundary: bytes, most_parts: int) -> tuple[bytes, ...]:
    """The parts that are named `imageData`: with a file name or, as some clients send them, without."""
    from werkzeug.exceptions import RequestEntityTooLarge
    from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder, NeedData

    # Other fields may stand beside the pictures, in a bounded number.
    decoder = MultipartDecoder(boundary, max_parts=most_parts + 16)
    pictures: list[list[bytes]] = []
    is_picture = False
    try:
        decoder.receive_data(body)
        decoder.receive_data(None)
        while not isinstance(event := decoder.next_event(), (Epilogue, NeedData)):
            if isinstance(event, (Field, File)):
                is_picture = event.name == PART_NAME
                if is_picture:
                    pictures.append([])
            elif isinstance(event, Data) and is_picture:
                pictures[-1].append(event.data)
    except RequestEntityTooLarge:
        raise TooManyParts(f"The form may have {most_parts} parts {PART_NAME} at the most.") from None
    except (ValueError, LookupError, UnicodeError):
        # Not the exception's own words: they may show a piece of the body.
        raise InvalidRequest("The body is no form as its content type says.") from None
    if len(pictures) > most_parts:
        raise TooManyParts(f"The form may have {most_parts} parts {PART_NAME} at the most; it has {len(pictures)}.")
    return tuple(b"".join(pieces) for pieces in pictures)
