"""The kinds of body that operations take: JSON, as a model, and bytes as they are."""
from __future__ import annotations

import azure.functions as func
from pydantic import BaseModel, ValidationError

from shared.errors import InvalidRequest, PayloadTooLarge, UnsupportedMediaType
from shared.http.operation import Operation
from shared.http.problems import problem_of

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read_json(operation: Operation, model: type[BaseModel], request: func.HttpRequest) -> BaseModel:
    """The body as the model. Raises InvalidRequest, PayloadTooLarge, UnsupportedMediaType."""
    body, parameters = _body(operation, request)
    charset = dict(parameter.partition("=")[::2] for parameter in parameters).get("charset", "").strip('"')
    if charset and charset not in ("utf-8", "utf8"):
        raise UnsupportedMediaType("The body must be encoded in UTF-8.")
    try:
        return model.model_validate_json(body.removeprefix(_BYTE_ORDER_MARK), strict=True, by_name=False)
    except ValidationError as error:
        raise InvalidRequest(*problem_of(error)) from None


def read_bytes(operation: Operation, request: func.HttpRequest) -> bytes:
    """The body as it is. Raises InvalidRequest where it is empty, PayloadTooLarge, UnsupportedMediaType."""
    body, _ = _body(operation, request)
    if not body:
        # The Functions host may hand over an empty body where a client sent one in chunks, without its length.
        raise InvalidRequest("The body is empty; send it with a Content-Length.")
    return body


def _body(operation: Operation, request: func.HttpRequest) -> tuple[bytes, list[str]]:
    """The body within its limit, and the parameters of its content type."""
    body = request.get_body()
    if len(body) > operation.body_limit_bytes:
        raise PayloadTooLarge(f"The body may have {operation.body_limit_bytes} bytes at the most.")
    media_type, *parameters = (part.strip() for part in request.headers.get("Content-Type", "").lower().split(";"))
    if media_type and media_type not in operation.media_types:
        raise UnsupportedMediaType(f"The content type must be {' or '.join(operation.media_types)}.")
    return body, parameters
