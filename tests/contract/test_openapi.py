"""The OpenAPI document and its readable page say everything that is served, and nothing else."""
from __future__ import annotations

import re
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator, validate

from shared.http.operation import Auth, Operation
from tests.contract.golden import OPERATIONS
from tests.contract.in_process import HOST, InProcess


@pytest.fixture(scope="module")
def document(app: InProcess) -> dict[str, Any]:
    return app.call("GET", "/openapi.json", {}).body


@pytest.fixture(scope="module")
def page(app: InProcess) -> str:
    return app.call("GET", "/docs", {}).body


def documented(document: dict[str, Any], operation: Operation) -> dict[str, Any]:
    return document["paths"][f"/{operation.route}"][operation.method.lower()]


def test_the_document_is_valid_openapi_3_1(document: dict[str, Any]):
    assert document["openapi"].startswith("3.1.")
    validate(document, cls=OpenAPIV31SpecValidator)


def test_the_document_has_every_operation_and_no_other(document: dict[str, Any]):
    listed = {operation["operationId"] for methods in document["paths"].values() for operation in methods.values()}

    assert listed == {route.function_name for operation in OPERATIONS.values() for route in operation.routes}


def test_the_server_is_the_one_that_the_caller_reached(app: InProcess, document: dict[str, Any]):
    forwarded = app.call("GET", "/openapi.json", {"X-Forwarded-Host": "safety.example", "X-Forwarded-Proto": "https"})

    assert document["servers"] == [{"url": HOST}]
    assert forwarded.body["servers"] == [{"url": "https://safety.example"}]


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_an_operation_is_documented_in_full(document: dict[str, Any], operation: Operation):
    entry = documented(document, operation)
    parameters = {parameter["name"]: parameter for parameter in entry["parameters"]}

    assert len(entry["summary"]) > 10
    assert set(re.findall(r"{(\w+)}", operation.route)) == {
        name for name, parameter in parameters.items() if parameter["in"] == "path"}
    assert {str(status) for status in operation.success} <= set(entry["responses"])
    assert ("requestBody" in entry) == (operation.body is not None)
    assert ("api-version" in parameters) == bool(operation.api.versions)
    assert bool(entry["security"]) == (operation.auth is not Auth.PUBLIC)
    assert ("401" in entry["responses"]) == (operation.auth is not Auth.PUBLIC)


def test_every_reference_leads_to_a_model_and_every_model_is_referred_to(document: dict[str, Any]):
    references = set(re.findall(r"'\$ref': '#/components/schemas/([^']+)'", str(document)))

    assert references == set(document["components"]["schemas"])


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_the_page_shows_the_operation(page: str, operation: Operation):
    for route in operation.routes:
        assert f'<details id="{route.function_name}">' in page
        assert f"<code>/{route.path}</code>" in page


def test_the_page_needs_no_other_host_and_no_script(app: InProcess, page: str):
    addresses = re.findall(r"""(?:href|src|action)\s*=\s*["']([^"']+)|url\(([^)]+)|@import""", page)

    assert [address for pair in addresses for address in pair if address] == ["/openapi.json"]
    assert "<script" not in page
    assert "default-src 'none'" in app.call("GET", "/docs", {}).headers["content-security-policy"]


def test_the_page_is_well_formed_enough_for_a_browser(page: str):
    for tag in ("details", "table", "pre", "h2", "div", "summary"):
        assert page.count(f"<{tag}") == page.count(f"</{tag}>")
