"""The published examples of Content Moderator's text and term list operations, played: each difference is named with its reason.

The page docs/screening.md names them, and names none that is not there. Source: the examples of ContentModerator.json, v1.0
(github.com/Azure/azure-rest-api-specs, MIT), in `published_text_examples.json` without keys and endpoints.
"""
from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.api.content_moderator import CONTENT_MODERATOR
from shared.services import Services
from tests.contract.golden import Player
from tests.contract.in_process import ROOT, Answer, InProcess
from tests.contract.published_content_moderator import OPERATIONS as PUBLISHED

EXAMPLES: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_name("published_text_examples.json").read_text("utf-8"))
SCREEN, LISTS, DETAILS, TERMS = (
    "TextModeration_ScreenText", "ListManagementTermLists_GetAllTermLists", "ListManagementTermLists_GetDetails",
    "ListManagementTerm_GetAllTerms")
ASKED_FOR = "TextModeration_ScreenText, asked for what it shows"
PLAYED = {**EXAMPLES, ASKED_FOR: EXAMPLES[SCREEN]}
_ROW = re.compile(r"^\| `(\w+)` \| `([\w.\[\]]+)` \| (.+) \|$", re.MULTILINE)
NAMED: dict[tuple[str, str], str] = {
    (operation, place): reason for operation, place, reason in _ROW.findall((ROOT / "docs" / "screening.md").read_text("utf-8"))}


def played(player: Player, name: str) -> Answer:
    example = PLAYED[name]
    operation = name.partition(",")[0]
    request = example["request"]
    if operation == LISTS:
        for published in example["answer"]:
            made(player, published)
    if "listId" in request.get("path", {}):
        number = made(player, EXAMPLES[DETAILS]["answer"])["Id"]
        for term in ["testA", "testB"] if operation == TERMS else ["hell"] if "DeleteTerm" in operation else []:
            path = {"listId": number, "term": term}
            assert player.play(declared("ListManagementTerm_AddTerm"), {"path": path, "query": {"language": "eng"}}).status == 201
        request = {**request, "path": {**request["path"], "listId": str(number)}}
    if name == ASKED_FOR:
        request = {**request, "query": {**request["query"], "PII": True, "classify": True}}
    return player.play(declared(operation), request)


def made(player: Player, published: dict[str, Any]) -> dict[str, Any]:
    """A list with the properties of a published one."""
    properties = {name: value for name, value in published.items() if name != "Id"}
    return player.play(declared("ListManagementTermLists_Create"), {"body": properties}).body


def declared(name: str) -> Any:
    method, path, *_ = PUBLISHED[name]
    (operation,) = [each for each in CONTENT_MODERATOR.operations if (each.method, each.route) == (method, path)]
    return operation


def differences(published: Any, ours: Any, place: str = "") -> Iterator[str]:
    """The properties that differ, as `Outer.Inner`, with `[]` for every entry of an array; terms in any order."""
    if isinstance(published, dict) and isinstance(ours, dict):
        for name in dict.fromkeys([*published, *ours]):
            below = f"{place}.{name}" if place else name
            if name in published and name in ours:
                yield from differences(published[name], ours[name], below)
            else:
                yield below
    elif isinstance(published, list) and isinstance(ours, list) and len(published) == len(ours):
        if place == "Data.Terms":
            published, ours = (sorted(terms, key=json.dumps) for terms in (published, ours))
        for one, other in zip(published, ours, strict=True):
            yield from differences(one, other, f"{place}[]")
    elif type(published) is not type(ours) or published != ours:
        yield place or "body"


@pytest.fixture(scope="module")
def answers(app: InProcess, services: Services, operator_key: str) -> dict[str, Answer]:
    """What we answer to each example; the account is new, as the published lists are all it has."""
    account, keys = services.accounts.create("published examples")
    player = Player(app, account.id, keys[min(keys)], operator_key)
    return {name: played(player, name) for name in sorted(PLAYED, key=lambda name: name != LISTS)}


def found(answers: dict[str, Answer], name: str) -> set[tuple[str, str]]:
    operation = name.partition(",")[0]
    return {(operation, place) for place in differences(PLAYED[name]["answer"], answers[name].body)}


def test_the_examples_are_those_of_all_text_and_term_list_operations():
    assert set(EXAMPLES) == {name for name in PUBLISHED if name.startswith(("TextModeration", "ListManagementTerm"))}


@pytest.mark.parametrize("name", PLAYED)
def test_a_published_example_has_the_published_answer_but_for_what_the_page_names(answers: dict[str, Answer], name: str):
    assert answers[name].status == EXAMPLES[name.partition(",")[0]]["status"]
    assert found(answers, name) <= set(NAMED)


def test_the_page_names_no_difference_that_is_not_there(answers: dict[str, Answer]):
    assert set(NAMED) == set().union(*(found(answers, name) for name in PLAYED))
