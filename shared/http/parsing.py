"""A request's path, query and body become the models that the operation declares."""
from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import azure.functions as func
from pydantic import BaseModel, ValidationError

from shared.errors import InvalidRequest, PayloadTooLarge, UnsupportedMediaType
from shared.http.operation import Operation

VERSION_PARAMETER = "api-version"
_PROBLEMS_TOLD = 5
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class InvalidPath(InvalidRequest):
    """A name or id in the path breaks its rule."""


class InvalidQuery(InvalidRequest):
    """A query parameter breaks its rule."""


class MissingVersion(InvalidRequest):
    """The query parameter `api-version` is absent."""


class UnsupportedVersion(InvalidRequest):
    """The `api-version` is none that the family has."""


def parse(operation: Operation, request: func.HttpRequest) -> tuple[str | None, dict[str, Any]]:
    """The API version, if the family has versions, and the handler's arguments by name.

    Raises InvalidRequest (or one of the four above), PayloadTooLarge, UnsupportedMediaType.
    """
    query = dict(parse_qsl(request.url.partition("?")[2].partition("#")[0], keep_blank_values=True))
    version = _version(operation, query)
    arguments: dict[str, Any] = {}
    if operation.path is not None:
        # The Functions host leaves %2F in a path as it is, and decodes all else.
        parameters = {name: value.replace("%2F", "/").replace("%2f", "/")
                      for name, value in request.route_params.items()}
        arguments["path"] = _checked(operation.path, parameters, InvalidPath)
    if operation.query is not None:
        arguments["query"] = _checked(operation.query, query, InvalidQuery)
    if operation.body is not None:
        arguments["body"] = _json_body(operation, operation.body, request)
    return version, arguments


def _version(operation: Operation, query: dict[str, str]) -> str | None:
    versions = operation.api.versions
    if not versions:
        return None
    version = query.get(VERSION_PARAMETER)
    if not version:
        raise MissingVersion(f"The query parameter api-version is required; it may be {' or '.join(versions)}.",
                             VERSION_PARAMETER)
    if version not in versions:
        raise UnsupportedVersion(f"The api-version is not supported; it may be {' or '.join(versions)}.",
                                 VERSION_PARAMETER)
    return version


def _json_body(operation: Operation, model: type[BaseModel], request: func.HttpRequest) -> BaseModel:
    body = request.get_body()
    if len(body) > operation.body_limit_bytes:
        raise PayloadTooLarge(f"The body may have {operation.body_limit_bytes} bytes at the most.")
    media_type, *parameters = (part.strip() for part in request.headers.get("Content-Type", "").lower().split(";"))
    if media_type and media_type not in operation.media_types:
        raise UnsupportedMediaType(f"The content type must be {' or '.join(operation.media_types)}.")
    charset = dict(parameter.partition("=")[::2] for parameter in parameters).get("charset", "").strip('"')
    if charset and charset not in ("utf-8", "utf8"):
        raise UnsupportedMediaType("The body must be encoded in UTF-8.")
    try:
        return model.model_validate_json(body.removeprefix(_BYTE_ORDER_MARK), strict=True, by_name=False)
    except ValidationError as error:
        raise InvalidRequest(*_problem(error)) from None


def _checked(model: type[BaseModel], values: dict[str, str], failure: type[InvalidRequest]) -> BaseModel:
    try:
        return model.model_validate(values, by_name=False)
    except ValidationError as error:
        raise failure(*_problem(error)) from None


def _problem(error: ValidationError) -> tuple[str, str | None]:
    """A message and the first target, made of places and rules alone: what the caller sent is not repeated."""
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    for problem in problems:
        if problem["type"] == "extra_forbidden":  # its place ends in a name that the caller made up
            problem.update(loc=problem["loc"][:-1], msg="There is a field that the operation does not have")
    told = [f"{_place(problem['loc'])}{problem['msg']}" for problem in problems[:_PROBLEMS_TOLD]]
    if len(problems) > _PROBLEMS_TOLD:
        told.append(f"and {len(problems) - _PROBLEMS_TOLD} more")
    target = _place(problems[0]["loc"]).rstrip(": ")
    return "; ".join(told) + ".", target or None


def _place(location: tuple[int | str, ...]) -> str:
    path = ""
    for part in location:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else part
    return f"{path}: " if path else ""

