"""The straight line that every request takes: authenticate, parse, refuse what a foreign page sent, record, handle, render;
and errors in the family's dialect.
"""
from __future__ import annotations

import json
import logging
import re
import traceback
import uuid
from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import azure.functions as func
from pydantic import BaseModel

from shared.errors import (
    InvalidRequest,
    PayloadTooLarge,
    PermissionDenied,
    ServiceError,
    Unauthenticated,
    Unavailable,
    UnsupportedMediaType,
)
from shared.http.auditing import address_range, audited, notice_use
from shared.http.auth import authenticate
from shared.http.forgery import is_guarded, require_own_site, require_own_token
from shared.http.operation import Auth, Call, Document, Operation, Reply
from shared.http.parsing import parse
from shared.telemetry.runs import Event, Run, running

if TYPE_CHECKING:
    from shared.services import Services

_HOST = re.compile(r"([A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?")
_JSON = "application/json; charset=utf-8"
_log = logging.getLogger(__name__)


class UndeclaredAnswer(Exception):
    """A status that the operation does not declare; and, where STRICT_CONTRACT is on, an error that it does not."""


def handle(operation: Operation, services: Services, request: func.HttpRequest, path_version: str | None = None) -> func.HttpResponse:
    """Answer one request; `path_version` is that of the route.

    Whatever goes wrong becomes an answer; what is our own fault is logged without content.
    """
    named = Run(Event.REQUEST, operation.name, operation.api.name, request_id=str(uuid.uuid4()))
    with running(services.telemetry, named) as run:
        response = _answer(operation, services, request, path_version, run)
        run.status = response.status_code
        return response


def _answer(operation: Operation, services: Services, request: func.HttpRequest, path_version: str | None, run: Run) -> func.HttpResponse:
    request_id = str(run.request_id)
    try:
        try:
            if operation.auth is not Auth.PUBLIC or is_guarded(operation):  # a sign-in writes too
                services.deployment_gate.require()
            endpoint = endpoint_of(services, request)
            caller = authenticate(operation.auth, request.headers, services, endpoint)
            run.account_id = caller.account.id if caller.account else None
            require_own_site(operation, request.headers, endpoint)
            came_from = address_range(request.headers)
            notice_use(services, caller, came_from, request_id)
            version, arguments = parse(operation, request)
            run.account_id = run.account_id or getattr(arguments.get("path"), "account_id", None)
            require_own_token(operation, caller, request.headers, arguments.get("body"))
            call = Call(services, caller, request_id, endpoint, path_version or version, came_from)
            with audited(operation, call, arguments):
                return _success(operation, operation.handler(call, **arguments), request_id)
        except ServiceError as error:
            run.failure = type(error).__name__
            if services.strict_contract and not isinstance(error, declared_errors(operation)):
                raise UndeclaredAnswer(f"{operation.name} does not declare {type(error).__name__}") from error
            if isinstance(error, Unauthenticated):  # the caller is not told why, the operator is
                _log.info("request %s: %s refused: %s", request_id, operation.name, error.reason)
            elif error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                _log.error("request %s: %s failed with %s", request_id, operation.name, type(error).__name__)
            return _failure(operation, error, request_id)
    except Exception as error:
        run.failure = type(error).__name__
        # Neither the exception's text nor its arguments are logged: they may hold what a customer sent.
        _log.error("request %s: %s failed with %s at %s", request_id, operation.name, type(error).__name__, _trace(error))
        return _failure(operation, ServiceError("An internal error occurred."), request_id)


def declared_errors(operation: Operation) -> tuple[type[ServiceError], ...]:
    """What the operation can answer: what it declares, and what follows from its declaration."""
    errors: list[type[ServiceError]] = [*operation.errors, Unavailable]
    if operation.auth is not Auth.PUBLIC:
        errors += [Unauthenticated]
    if operation.auth in (Auth.OPERATOR, Auth.ACCOUNT_OR_OPERATOR, Auth.ACCOUNT_OR_REVIEWER) or is_guarded(operation):
        errors += [PermissionDenied]
    if operation.auth is not Auth.PUBLIC or operation.api.versions or operation.path or operation.query \
            or operation.header or operation.body:
        errors += [InvalidRequest]
    if operation.body is not None:
        errors += [PayloadTooLarge, UnsupportedMediaType]
    return tuple(dict.fromkeys(errors))


def _success(operation: Operation, answer: Any, request_id: str) -> func.HttpResponse:
    reply = answer if isinstance(answer, Reply) else Reply(answer)
    status = operation.success[0] if reply.status is None else reply.status
    if status not in operation.success:
        raise UndeclaredAnswer(f"{operation.name} does not declare status {status}")
    headers = {**operation.api.headers, **reply.headers}
    if isinstance(reply.body, BaseModel):
        return _response(status, reply.body.model_dump_json(by_alias=True, exclude_none=not operation.api.shows_nulls), _JSON,
                         request_id, headers)
    if isinstance(reply.body, Document):
        return _response(status, reply.body.content, reply.body.media_type, request_id, headers)
    return _response(status, "", None, request_id, headers)


def _failure(operation: Operation, error: ServiceError, request_id: str) -> func.HttpResponse:
    rendered = operation.api.render_error(error, request_id)
    headers = {**operation.api.headers, **rendered.headers}
    if isinstance(rendered.body, Document):
        return _response(rendered.status, rendered.body.content, rendered.body.media_type, request_id, headers)
    return _response(rendered.status, json.dumps(rendered.body), _JSON, request_id, headers)


def _response(status: int, body: str | bytes, media_type: str | None, request_id: str,
              headers: Mapping[str, str]) -> func.HttpResponse:
    # The content type as a header: to a `mimetype` of text the worker would add a second charset.
    common = {"apim-request-id": request_id, "x-content-type-options": "nosniff", "Cache-Control": "no-store",
              "Content-Type": media_type or "application/json"}
    return func.HttpResponse(body, status_code=status, headers={**common, **headers})


def endpoint_of(services: Services, request: func.HttpRequest) -> str:
    """Scheme and host that the caller reached, for links in answers: the setting, or what a proxy forwarded.

    Clients send their key to where a link leads, so that nothing but a host gets into one.
    """
    if services.public_endpoint:
        return services.public_endpoint.rstrip("/")
    own_scheme, _, rest = request.url.partition("://")
    own_host = re.split("[/?#]", rest, maxsplit=1)[0]
    schemes = request.headers.get("X-Forwarded-Proto", "").partition(",")[0].strip().lower(), own_scheme, "https"
    hosts = request.headers.get("X-Forwarded-Host", "").partition(",")[0].strip(), own_host, "localhost"
    return (f"{next(scheme for scheme in schemes if scheme in ('http', 'https'))}://"
            f"{next(host for host in hosts if _HOST.fullmatch(host))}")


def _trace(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return " > ".join(f"{frame.filename.rpartition('/')[2]}:{frame.lineno}:{frame.name}" for frame in frames)
