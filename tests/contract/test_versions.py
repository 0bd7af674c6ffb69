"""The query parameter api-version: required, one of the published ones, on every operation of a versioned family."""
from __future__ import annotations

import pytest

from shared.api import APIS
from shared.http.operation import Operation
from tests.contract.golden import Player, examples_of
from tests.contract.in_process import Answer, path_of
from tests.contract.published import GA_VERSIONS

VERSIONED = [operation for api in APIS if api.versions for operation in api.operations]
versioned = pytest.mark.parametrize("operation", VERSIONED, ids=lambda operation: operation.name)


def call(player: Player, operation: Operation, query: str) -> Answer:
    request = examples_of(operation)[0]["request"]
    path = path_of(operation, request.get("path", {})).partition("?")[0]
    headers = {**player.credentials(operation), "Content-Type": operation.media_types[0]}
    return player.app.call(operation.method, path + query, headers, player.content(request))


@versioned
@pytest.mark.parametrize("query", ["", "?api-version=", "?version=2024-09-01"])
def test_a_missing_version_is_refused(standing_player: Player, operation: Operation, query: str):
    answer = call(standing_player, operation, query)

    assert answer.status == 400
    assert answer.body["error"]["code"] == "MissingApiVersionParameter"
    assert answer.body["error"]["target"] == "api-version"


@versioned
@pytest.mark.parametrize("version", [
    "2024-09-02", "2023-04-30-preview", "2024-09-15-preview", "v1.0", "2024-09-01,2023-10-01", "2024-09-01%20", "%00"])
def test_an_unknown_version_is_refused_and_the_known_ones_are_named(
        standing_player: Player, operation: Operation, version: str):
    answer = call(standing_player, operation, f"?api-version={version}")

    assert answer.status == 400
    assert answer.body["error"]["code"] == "UnsupportedApiVersionValue"
    assert all(known in answer.body["error"]["message"] for known in GA_VERSIONS)
