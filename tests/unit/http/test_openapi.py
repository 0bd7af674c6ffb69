"""Operations become an OpenAPI document."""
from __future__ import annotations

from typing import Any

import pytest

from shared.errors import NotFound, QuotaExceeded
from shared.http.openapi import openapi_document
from shared.http.operation import Auth, Call, Reply
from tests.unit.http.things import Thing, ThingPath, ThingQuery, new_api


@pytest.fixture(scope="module")
def documented() -> dict[str, Any]:
    """The paths of a family with two operations on one path."""
    api = new_api("1", "2")

    @api.operation("PATCH", "{name}", auth=Auth.ACCOUNT, success=(200, 201), errors=(NotFound, QuotaExceeded),
                   media_types=("application/merge-patch+json", "application/json"))
    def change_thing(call: Call, path: ThingPath, query: ThingQuery, body: Thing) -> Reply[Thing]:
        """Change a thing.

        Or make it.
        """

    @api.operation("DELETE", "{name}", auth=Auth.OPERATOR, success=(204,))
    def delete_thing(call: Call, path: ThingPath) -> None:
        """Delete a thing."""
    return openapi_document([api], "Things")["paths"]["/things/{name}"]


def test_operations_of_one_path_stand_side_by_side(documented: dict[str, Any]):
    assert {method: entry["operationId"] for method, entry in documented.items()} == {
        "patch": "change_thing", "delete": "delete_thing"}


def test_a_docstring_is_summary_and_description(documented: dict[str, Any]):
    assert (documented["patch"]["summary"], documented["patch"]["description"]) == ("Change a thing.", "Or make it.")
    assert "description" not in documented["delete"]


def test_parameters_say_where_they_stand_and_whether_they_must(documented: dict[str, Any]):
    assert {(each["name"], each["in"], each["required"]) for each in documented["patch"]["parameters"]} == {
        ("api-version", "query", True), ("name", "path", True), ("size", "query", False)}
    version = next(each for each in documented["patch"]["parameters"] if each["name"] == "api-version")
    assert version["schema"]["enum"] == ["1", "2"]


def test_every_media_type_of_the_body_and_every_answer_is_there(documented: dict[str, Any]):
    assert set(documented["patch"]["requestBody"]["content"]) == {"application/merge-patch+json", "application/json"}
    assert set(documented["patch"]["responses"]) == {
        "200", "201", "400", "401", "404", "413", "415", "429", "503"}
    assert set(documented["delete"]["responses"]) == {"204", "400", "401", "403", "503"}
    assert "content" not in documented["delete"]["responses"]["204"]


def test_an_error_is_shown_in_the_familys_dialect(documented: dict[str, Any]):
    example = documented["patch"]["responses"]["404"]["content"]["application/json"]["example"]

    assert example["of"] == "NotFound"


def test_security_names_the_headers_that_count(documented: dict[str, Any]):
    assert {name for scheme in documented["patch"]["security"] for name in scheme} == {
        "Ocp-Apim-Subscription-Key", "Training-Key", "Prediction-Key", "entra"}
    assert {name for scheme in documented["delete"]["security"] for name in scheme} == {"x-operator-key", "entra"}
