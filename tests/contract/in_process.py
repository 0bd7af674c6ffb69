"""The registered functions, called in this process: routed by the local host's router, no server and no socket."""
from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import azure.functions as func
from jsonschema import Draft202012Validator

from dev.host.configuration import HostConfiguration
from dev.host.functions import FunctionIndex, index
from dev.host.routing import decode_path
from shared.api import APIS, SERVED
from shared.http.openapi import openapi_document
from shared.http.operation import Operation, Route
from shared.http.register import register
from shared.services import Services

ROOT = Path(__file__).resolve().parents[2]
HOST = "https://moderato.example"


@dataclass(frozen=True)
class Answer:
    """`headers` by lower-case name; `body` is the parsed JSON, the text where it is no JSON, an archive's bytes, None where empty."""

    status: int
    headers: Mapping[str, str]
    body: Any

    @property
    def error(self) -> dict[str, Any]:
        """The error, whichever family's dialect it is in: `code`, `message`, and what else the family says."""
        if "code" in self.body:
            return self.body
        if "error" in self.body:
            return self.body["error"]
        return {name.lower(): value for name, value in self.body["Error"].items()}


class InProcess:
    """Every answer is held against the answers that its operation documents."""

    def __init__(self, services: Services) -> None:
        app = func.FunctionApp()
        self.services = services
        register(app, SERVED, services)
        self.index: FunctionIndex = index(app, HostConfiguration.read(ROOT), {})
        self._document = openapi_document(APIS, "Moderato")
        self._operations = {route.function_name: (operation, route) for api in APIS for operation in api.operations
                            for route in operation.routes}

    def call(self, method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> Answer:
        """`path` as it stands in a request line, with its query."""
        address = urlsplit(f"{HOST}{path}")
        match = self.index.router.find(method, decode_path(address.path.encode()))
        assert match is not None, "the host would answer without the app"
        request = func.HttpRequest(
            method=method, url=f"{HOST}{path}", headers=dict(headers), params=dict(parse_qsl(address.query)),
            route_params=match.values, body=body)
        answer = _answer(self.index.http[match.function_name].handler(request))
        if match.function_name in self._operations:
            self.check(*self._operations[match.function_name], answer)
        return answer

    def check(self, operation: Operation, route: Route, answer: Answer) -> None:
        """Raise unless the answer is one that the OpenAPI document gives for the operation."""
        documented = self._document["paths"][f"/{route.path}"][operation.method.lower()]["responses"]
        assert str(answer.status) in documented, f"{operation.name} does not document {answer.status}"
        content = documented[str(answer.status)].get("content", {}).get("application/json", {})
        if "schema" in content:
            schema = {**content["schema"], "components": self._document["components"]}
            Draft202012Validator(schema).validate(answer.body)
        elif "example" in content:
            documented_error = Answer(answer.status, {}, content["example"]).error
            assert answer.body.keys() == content["example"].keys()
            assert documented_error.keys() <= answer.error.keys() | {"target"}


def _answer(response: func.HttpResponse) -> Answer:
    headers = {name.lower(): value for name, value in response.headers.items()}
    content = response.get_body()
    media_type = headers.get("content-type", response.mimetype)
    if media_type == "application/zip" or media_type.startswith("image/") or media_type == "application/octet-stream":
        return Answer(response.status_code, {**headers, "content-type": media_type}, content)
    body: Any = content.decode() or None
    if body is not None and media_type.startswith("application/json"):
        body = json.loads(body)
    return Answer(response.status_code, {**headers, "content-type": media_type}, body)


def path_of(operation: Operation, values: Mapping[str, str], query: Mapping[str, object] | None = None,
            version: str | None = None) -> str:
    """The request path of an operation with these path values: of this version, or of the newest, where it has versions."""
    path = next((route.path for route in operation.routes if version and route.version == version), operation.route)
    for name, value in values.items():
        path = path.replace(f"{{{name}}}", quote(str(value), safe=""))
    parameters = ({"api-version": version or operation.api.versions[-1]} if operation.api.versions else {}) | dict(query or {})
    return f"/{path}" + (f"?{urlencode(parameters)}" if parameters else "")
