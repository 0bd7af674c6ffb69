"""A request's path, query and body become the models that the operation declares."""
from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import azure.functions as func
from pydantic import BaseModel, ValidationError

from shared.errors import InvalidRequest
from shared.http.bodies import read_bytes, read_json, read_text
from shared.http.forms import read_form
from shared.http.image_bodies import read_image, read_parts
from shared.http.operation import FormBody, ImageBody, ImageParts, Operation, TextBody
from shared.http.problems import problem_of

VERSION_PARAMETER = "api-version"


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
    if operation.header is not None:
        names = {field.alias or name for name, field in operation.header.model_fields.items()}
        headers = {name: request.headers[name] for name in names if name in request.headers}
        arguments["header"] = _checked(operation.header, headers, InvalidRequest)
    if operation.body_optional and not request.get_body():
        arguments["body"] = None
    elif operation.body is bytes:
        arguments["body"] = read_bytes(operation, request)
    elif operation.body is not None and issubclass(operation.body, TextBody):
        arguments["body"] = read_text(operation, operation.body, request)
    elif operation.body is not None and issubclass(operation.body, ImageBody):
        arguments["body"] = read_image(operation, operation.body, request)
    elif operation.body is not None and issubclass(operation.body, ImageParts):
        arguments["body"] = read_parts(operation, operation.body, request)
    elif operation.body is not None and issubclass(operation.body, FormBody):
        arguments["body"] = read_form(operation, operation.body, request)
    elif operation.body is not None:
        arguments["body"] = read_json(operation, operation.body, request)
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


def _checked(model: type[BaseModel], values: dict[str, str], failure: type[InvalidRequest]) -> BaseModel:
    try:
        return model.model_validate(values, by_name=False)
    except ValidationError as error:
        raise failure(*problem_of(error)) from None
