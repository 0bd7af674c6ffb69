"""What is refused is as little said elsewhere as what is answered: a canary in each place of a request, of every operation."""
from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from shared.http.operation import Operation
from shared.services import Services
from shared.telemetry.runs import Event, Run
from tests.contract.content_of import content_of, found_in
from tests.contract.golden import OPERATIONS, Player, examples_of
from tests.heard import Heard

CANARY = "kohlrabicanary"
QUERY = {CANARY: CANARY}


def with_canaries(value: Any) -> Any:
    """Every text of a body, and one name more in each object."""
    if isinstance(value, Mapping):
        return {name: with_canaries(part) for name, part in value.items()} | {CANARY: CANARY}
    if isinstance(value, list):
        return [with_canaries(part) for part in value]
    return f"{value} {CANARY}" if isinstance(value, str) else value


def requests_of(operation: Operation, player: Player) -> Iterator[tuple[dict[str, Any], dict[str, str], bytes]]:
    """Request of an example, headers and body, with the canary in another place each time."""
    request = examples_of(operation)[0]["request"]
    credentials, content = player.credentials(operation), player.content(request)
    media_type = {"Content-Type": operation.media_types[0]} if operation.body is not None else {}
    path = {name: value if name == "accountId" else f"{CANARY}-{name}" for name, value in request.get("path", {}).items()}
    told = {"traceparent": f"00-{CANARY}", "tracestate": f"k={CANARY}", "User-Agent": CANARY, "x-ms-client-request-id": CANARY,
            "X-Forwarded-For": CANARY, "x-account-id": CANARY}
    yield {**request, "query": {**request.get("query", {}), **QUERY}}, {**credentials, **media_type, **told}, content
    yield {**request, "query": {name: CANARY for name in request.get("query", {})} | QUERY}, {**credentials, **media_type}, content
    yield {**request, "path": path}, {**credentials, **media_type}, content
    yield request, dict.fromkeys(credentials, CANARY) | media_type, content
    yield request, {"Authorization": f"Bearer {CANARY}.{CANARY}.{CANARY}"} | media_type, content
    if operation.body is None:
        return
    yield request, {**credentials, "Content-Type": f"application/{CANARY}"}, content
    yield request, {**credentials, **media_type}, CANARY.encode() + b"\xff{"
    yield request, {**credentials, **media_type}, json.dumps(with_canaries(player.filled(request.get("body", [CANARY])))).encode()


@pytest.fixture
def asking(request: pytest.FixtureRequest, operation: Operation) -> Player:
    """One account for all, but for what ends an account or replaces its keys."""
    return request.getfixturevalue("player" if operation.route.startswith("accounts") else "standing_player")


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_a_canary_in_any_place_of_a_request_is_in_no_log_span_or_metric(asking: Player, heard: Heard, operation: Operation):
    answers = [asking.play(operation, request, headers=headers, content=content)
               for request, headers, content in requests_of(operation, asking)]

    assert [line["status"] for line in heard.lines] == [answer.status for answer in answers]
    assert {line["operation"] for line in heard.lines} == {span.name for span in heard.spans} == {operation.name}
    assert CANARY not in heard.everything().casefold()


@pytest.mark.parametrize("leak", [
    lambda: logging.getLogger("shared.anything").debug("the list %s", CANARY),
    lambda: logging.getLogger("a library").info("a word", exc_info=ValueError(f"not {CANARY}")),
    lambda: logging.getLogger("azure.core").warning("GET /%s", CANARY)], ids=["at DEBUG", "text of an exception", "of a library"])
def test_a_canary_that_is_logged_is_found(heard: Heard, leak):
    leak()

    assert found_in(heard.everything(), [CANARY]) == [CANARY]


def test_a_canary_in_a_span_is_found(services: Services, heard: Heard):
    with services.telemetry.span(Run(Event.REQUEST, "analyze_text", CANARY)):
        pass

    assert found_in(heard.everything(), [CANARY]) == [CANARY]


def test_content_of_an_example_is_all_that_is_sent_but_the_account():
    example = {"before": [{"path": {"listName": "garden", "accountId": "a" * 32}, "body": {"description": "leeks and Mangold", "n": 7}}],
               "request": {"query": {"tongue": "french"}, "text": "kohlrabi"}}

    assert content_of(example, {"accountId": "a" * 32, "listId": "b" * 32}, lambda call: call["text"].encode()) == {
        "garden", "leeks and mangold", "leeks", "mangold", "french", "kohlrabi", "b" * 32, "description", "tongue"}
