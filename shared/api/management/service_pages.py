"""Pages about the service: whether it lives, whether it can work, and what it can do."""
from __future__ import annotations

import json
from functools import cache
from typing import Literal

from shared.api.management.wire import Wire, api
from shared.http.operation import Auth, Call, Document, Reply

API_TITLE = "Moderato"


class Health(Wire):
    status: Literal["ok"] = "ok"


class Ready(Wire):
    """`missing` names what does not work, `violations` says what is wrong with the storage account or the key-encryption key."""

    status: Literal["ready", "not ready"]
    region: str
    missing: list[str]
    violations: list[str]


@api.operation("GET", "health", auth=Auth.PUBLIC)
def get_health(call: Call) -> Health:
    """The process answers."""
    return Health()


@api.operation("GET", "ready", auth=Auth.PUBLIC, success=(200, 503))
def get_ready(call: Call) -> Reply[Ready]:
    """Storage, keys and model work and the deployment keeps its promises; 503 and their names where some do not."""
    missing = call.services.readiness.missing()
    return Reply(Ready(status="not ready" if missing else "ready", region=call.services.region, missing=missing,
                       violations=call.services.deployment_gate.found), 503 if missing else 200)


@api.operation("GET", "openapi.json", auth=Auth.PUBLIC)
def get_openapi(call: Call) -> Reply[Document]:
    """This document: every operation with its models, as OpenAPI 3.1."""
    return Reply(Document(json.dumps({**_openapi(), "servers": [{"url": call.endpoint}]}),
                          "application/json; charset=utf-8"))


@api.operation("GET", "docs", auth=Auth.PUBLIC)
def get_docs(call: Call) -> Reply[Document]:
    """The same to read."""
    from shared.http.reference_page import reference_page

    return Reply(Document(reference_page(_openapi()), "text/html; charset=utf-8"),
                 headers={"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"})


@cache
def _openapi() -> dict[str, object]:
    from shared.api import APIS
    from shared.http.openapi import openapi_document

    return openapi_document(APIS, API_TITLE)
