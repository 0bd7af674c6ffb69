"""The kinds of body that operations take: JSON, as a model; a text in a character encoding; and bytes as they are."""
from __future__ import annotations

import codecs
from typing import TypeVar

import azure.functions as func
from pydantic import BaseModel, ValidationError

from shared.errors import InvalidRequest, PayloadTooLarge, UnsupportedMediaType
from shared.http.operation import Operation, TextBody
from shared.http.problems import problem_of

M = TypeVar("M", bound=BaseModel)
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
MOST_JSON_MARKS = 300_000
"""Commas and opening brackets of a JSON body. A batch of 64 images with 300 regions each has some 135,000; a body of 100 MB
that is nothing but `{},{},...` would take gigabytes and minutes before any limit of a list is looked at."""
# Names of a charset: Python's codec. A byte order mark is no part of the text; without one UTF-16 is little-endian, as in
# the encoding standard of the web.
_CODECS = {
    "": "utf-8-sig", "utf-8": "utf-8-sig", "utf8": "utf-8-sig", "us-ascii": "ascii", "ascii": "ascii",
    "iso-8859-1": "latin-1", "latin1": "latin-1", "windows-1252": "cp1252", "cp1252": "cp1252",
    "utf-16": "utf-16", "utf-16le": "utf-16-le", "utf-16be": "utf-16-be",
}


def read_json(operation: Operation, model: type[BaseModel], request: func.HttpRequest) -> BaseModel:
    """The body as the model. Raises InvalidRequest, PayloadTooLarge, UnsupportedMediaType."""
    body, media_type, charset = limited_body(operation, request)
    _require_type(operation, media_type)
    if charset not in ("", "utf-8", "utf8"):
        raise UnsupportedMediaType("The body must be encoded in UTF-8.")
    return json_as(model, body)


def json_as(model: type[M], body: bytes) -> M:
    """JSON in UTF-8 as the model. Raises InvalidRequest."""
    check_json_marks(body)
    try:
        return model.model_validate_json(body.removeprefix(BYTE_ORDER_MARK), strict=True, by_name=False)
    except ValidationError as error:
        raise InvalidRequest(*problem_of(error)) from None


def check_json_marks(body: bytes) -> None:
    """Raises InvalidRequest where parsing the body would take memory and time out of proportion to its bytes."""
    if sum(body.count(mark) for mark in (b",", b"[", b"{")) > MOST_JSON_MARKS:
        raise InvalidRequest(f"The body may have {MOST_JSON_MARKS} commas and opening brackets at the most.")


def read_text(operation: Operation, kind: type[TextBody], request: func.HttpRequest) -> TextBody:
    """The body decoded; without a content type it is the operation's first one, without a charset UTF-8.

    Raises InvalidRequest where it is empty, too long or not of its charset, PayloadTooLarge, UnsupportedMediaType.
    """
    body, media_type, charset = limited_body(operation, request)
    _require_type(operation, media_type)
    if charset not in _CODECS:
        raise UnsupportedMediaType(f"The charset must be one of {', '.join(filter(None, _CODECS))}.")
    try:
        text = _decoded(body, _CODECS[charset])
    except UnicodeDecodeError:
        # Not the exception's own words: they show a piece of the text.
        raise InvalidRequest(f"The body is not valid {charset or 'utf-8'}.") from None
    if not text:
        raise InvalidRequest("The body is empty; send the text, with its Content-Length.")
    if len(text) > kind.longest:
        raise InvalidRequest(f"The text may have {kind.longest} characters (Unicode code points) at the most.")
    return kind(text, media_type or operation.media_types[0])


def _decoded(body: bytes, codec: str) -> str:
    if codec == "utf-16" and body[:2] not in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        codec = "utf-16-le"
    text = body.decode(codec)
    return text.removeprefix("\ufeff") if codec in ("utf-16-le", "utf-16-be") else text


def read_bytes(operation: Operation, request: func.HttpRequest) -> bytes:
    """The body as it is. Raises InvalidRequest where it is empty, PayloadTooLarge, UnsupportedMediaType."""
    body, media_type, _ = limited_body(operation, request)
    _require_type(operation, media_type)
    if not body:
        # The Functions host may hand over an empty body where a client sent one in chunks, without its length.
        raise InvalidRequest("The body is empty; send it with a Content-Length.")
    return body


def limited_body(operation: Operation, request: func.HttpRequest) -> tuple[bytes, str, str]:
    """The body, its media type and its charset, in lower case; those that are not given are empty. Raises PayloadTooLarge."""
    body = request.get_body()
    if len(body) > operation.body_limit_bytes:
        raise PayloadTooLarge(f"The body may have {operation.body_limit_bytes} bytes at the most.")
    media_type, *parameters = (part.strip() for part in request.headers.get("Content-Type", "").lower().split(";"))
    charset = dict(parameter.partition("=")[::2] for parameter in parameters).get("charset", "").strip('"')
    return body, media_type, charset


def _require_type(operation: Operation, media_type: str) -> None:
    if media_type and media_type not in operation.media_types:
        raise UnsupportedMediaType(f"The content type must be {' or '.join(operation.media_types)}.")
