"""Operations become Azure Functions; whatever no operation matches is answered in the family's dialect."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import azure.functions as func

from shared.errors import NotFound
from shared.http.operation import VERSION, Api, Auth, Call, Operation, Route
from shared.http.pipeline import handle

if TYPE_CHECKING:
    from shared.services import Services

UNMATCHED = "zz_unmatched"
"""The Functions host tries routes in the order of function names; this one must come last."""
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]


def register(app: func.FunctionApp, apis: Sequence[Api], services: Services) -> None:
    """Declare one function for each route of each operation of each API, and the fallback."""
    for api in apis:
        for operation in api.operations:
            for route in operation.routes:
                _add(app, route.function_name, route.path, [operation.method], _endpoint(operation, route, services))
    _add(app, UNMATCHED, "{*path}", _METHODS, _unmatched_endpoint(apis, services))


def _add(app: func.FunctionApp, name: str, route: str, methods: list[str],
         endpoint: Callable[[func.HttpRequest], func.HttpResponse]) -> None:
    routed = app.route(route=route, methods=methods, auth_level=func.AuthLevel.ANONYMOUS)(endpoint)
    app.function_name(name)(routed)


def _endpoint(operation: Operation, route: Route, services: Services) -> Callable[[func.HttpRequest], func.HttpResponse]:
    def endpoint(req: func.HttpRequest) -> func.HttpResponse:
        return handle(operation, services, req, route.version)
    return endpoint


def _unmatched_endpoint(apis: Sequence[Api], services: Services) -> Callable[[func.HttpRequest], func.HttpResponse]:
    """404 in the dialect of the family whose prefix the path begins with, of the last API (without one) otherwise."""
    fallbacks = [(api.prefix.partition(VERSION)[0].strip("/").lower(), _unmatched_operation(api)) for api in apis]

    def endpoint(req: func.HttpRequest) -> func.HttpResponse:
        path = req.route_params.get("path", "").lower()
        operation = next(operation for prefix, operation in fallbacks if path.startswith(prefix))
        return handle(operation, services, req)
    return endpoint


def _unmatched_operation(api: Api) -> Operation:
    def unmatched(call: Call) -> None:
        raise NotFound("There is no such operation; GET /docs lists those that there are.")
    unversioned = Api(api.name, prefix=api.prefix, render_error=api.render_error, headers=api.headers)
    unversioned.operation("GET", "{*path}", auth=Auth.PUBLIC, errors=(NotFound,))(unmatched)
    return unversioned.operations[0]
