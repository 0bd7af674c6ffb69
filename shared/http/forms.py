"""Bodies that browsers make of a form's fields. Source: WHATWG URL, section 5.1; RFC 7578."""
from __future__ import annotations

from collections.abc import Iterator
from typing import get_origin
from urllib.parse import parse_qsl

import azure.functions as func
from pydantic import ValidationError

from shared.errors import InvalidRequest, UnsupportedMediaType
from shared.http.bodies import limited_body
from shared.http.multipart import parts_of
from shared.http.operation import FORM_TYPES, FormBody, Operation
from shared.http.problems import problem_of

MOST_FIELDS = 1_000
_URL_ENCODED, _MULTIPART = FORM_TYPES
_NO_FORM = "The body is no form as its content type says."
Value = str | bytes


def read_form(operation: Operation, model: type[FormBody], request: func.HttpRequest) -> FormBody:
    """The form as the model. Raises InvalidRequest, PayloadTooLarge, UnsupportedMediaType."""
    body, media_type, charset = limited_body(operation, request)
    if media_type not in ("", *operation.media_types) or charset not in ("", "utf-8", "utf8"):
        raise UnsupportedMediaType(f"The content type must be {' or '.join(operation.media_types)}, in UTF-8.")
    pairs = _parts(body, request.headers["Content-Type"]) if media_type == _MULTIPART else _url_encoded(body)
    try:
        return model.model_validate(_gathered(model, pairs))
    except ValidationError as error:
        raise InvalidRequest(*problem_of(error)) from None


def _url_encoded(body: bytes) -> Iterator[tuple[str, Value]]:
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError:
        # Not the exception's own words: they may show a piece of the body.
        raise InvalidRequest(f"{_NO_FORM} It may have {MOST_FIELDS} fields at the most.") from None
    yield from ((name, _text(value)) for name, value in pairs)


def _text(value: str) -> str:
    """As it was typed: browsers send a line's end as two characters (WHATWG HTML, section 4.10.22.4)."""
    return value.replace("\r\n", "\n")


def _parts(body: bytes, content_type: str) -> Iterator[tuple[str, Value]]:
    for part in parts_of(body, content_type, MOST_FIELDS):
        try:
            yield part.name, part.content if part.is_file else _text(part.content.decode())
        except UnicodeDecodeError:
            raise InvalidRequest(_NO_FORM) from None


def _gathered(model: type[FormBody], pairs: Iterator[tuple[str, Value]]) -> dict[str, Value | list[Value]]:
    """The values by name; all of them where the field is a list, and where one of another field is repeated, which it may not be."""
    values: dict[str, list[Value]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    lists = {name for name, field in model.model_fields.items() if get_origin(field.annotation) in (list, tuple)}
    return {name: each if name in lists or len(each) > 1 else each[0] for name, each in values.items()}
