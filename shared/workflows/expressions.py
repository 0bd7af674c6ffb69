"""The expression of a workflow: read from JSON in the published form, checked, and decided. Pure.

Source: Content Moderator, "Content moderation workflows" and "Workflows from the API console": `Logic` with `If`, `Then` and `Else`;
`Condition`; `Combine` of `Left` and `Right` by AND or OR; `Actions` that `Perform` `createreview`. An older form is a condition or
a combination alone: then a review is created where it holds.
"""
from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from shared.errors import InvalidRequest
from shared.reviews.rules import check_callback
from shared.teams.rules import is_team_name
from shared.workflows.outputs import OUTPUTS, Output, OutputKind, Value

EXPRESSION_BYTES = 32 * 1024
MOST_DEPTH = 16
MOST_NODES = 200
MOST_TAGS = 20
_CONNECTORS = frozenset({"moderator", "imagemoderator", "textmoderator"})
_VALUE_CHARACTERS = 64
_TAG = re.compile(r"[a-z]{1,2}")
_NUMBER = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,9})?")
_LIST_NUMBER = re.compile(r"[1-9][0-9]{0,8}")
_LANGUAGE = re.compile(r"[a-z]{3}")


class Operator(StrEnum):
    EQUAL = "eq"
    NOT_EQUAL = "ne"
    GREATER = "gt"
    GREATER_OR_EQUAL = "ge"
    LESS = "lt"
    LESS_OR_EQUAL = "le"


_OF_ORDER: Mapping[Operator, Callable[[float, float], bool]] = {
    Operator.GREATER: lambda left, right: left > right, Operator.GREATER_OR_EQUAL: lambda left, right: left >= right,
    Operator.LESS: lambda left, right: left < right, Operator.LESS_OR_EQUAL: lambda left, right: left <= right}


@dataclass(frozen=True, slots=True)
class Condition:
    output: Output
    operator: Operator
    value: Value


@dataclass(frozen=True, slots=True)
class Combination:
    left: Condition | Combination
    right: Condition | Combination
    needs_both: bool


@dataclass(frozen=True, slots=True)
class CreateReview:
    """`sub_team` and `callback_endpoint` are empty where the action names none; `tags` are codes that are suggested to people."""

    sub_team: str = ""
    callback_endpoint: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Logic:
    """What is to happen where the condition holds, and where it does not; None is nothing."""

    condition: Condition | Combination
    then: Logic | CreateReview | None
    otherwise: Logic | CreateReview | None


@dataclass(frozen=True, slots=True)
class Check:
    """A condition that was looked at: what was found, and whether it holds."""

    condition: Condition
    found: Value
    holds: bool


def expression_of(written: Any, content_type: str) -> Logic:
    """Read an expression for contents of this type (`Image`, `Text`). Raises InvalidRequest, naming the place."""
    return _Reader(content_type).logic(written, "expression", 1)


def checked_expression(written: Mapping[str, Any], content_type: str) -> Logic:
    """As `expression_of`, of one that is to be kept: there must be room for it."""
    try:
        size_bytes = len(json.dumps(written, allow_nan=False).encode())
    except ValueError:  # its own words hold the number
        raise InvalidRequest("An expression has numbers that JSON can write.", "expression") from None
    if size_bytes > EXPRESSION_BYTES:
        raise InvalidRequest(f"An expression may have {EXPRESSION_BYTES} bytes at the most.", "expression")
    return expression_of(written, content_type)


def decide(logic: Logic, value_of: Callable[[Output], Value], checks: list[Check] | None = None) -> CreateReview | None:
    """What is to be done. `value_of` is asked for what the decision needs, and no more.

    Each condition that it needed is added to `checks`.
    """
    noted = [] if checks is None else checks
    branch: Logic | CreateReview | None = logic
    while isinstance(branch, Logic):
        branch = branch.then if _holds(branch.condition, value_of, noted) else branch.otherwise
    return branch


def _holds(condition: Condition | Combination, value_of: Callable[[Output], Value], checks: list[Check]) -> bool:
    if isinstance(condition, Combination):
        left = _holds(condition.left, value_of, checks)
        return _holds(condition.right, value_of, checks) if left is condition.needs_both else left
    found = value_of(condition.output)
    checks.append(Check(condition, found, _compares(condition, found)))
    return checks[-1].holds


def _compares(condition: Condition, found: Value) -> bool:
    if condition.operator is Operator.EQUAL:
        return found == condition.value
    if condition.operator is Operator.NOT_EQUAL:
        return found != condition.value
    return _OF_ORDER[condition.operator](float(found), float(condition.value))


class _Reader:
    def __init__(self, content_type: str) -> None:
        self._content_type = content_type
        self._nodes = 0

    def logic(self, written: Any, place: str, depth: int) -> Logic:
        node, kind = self._node(written, place, depth)
        if kind != "logic":
            return Logic(self._condition(written, place, depth), CreateReview(), None)
        return self._inner(node, place, depth)

    def _inner(self, node: Mapping[str, Any], place: str, depth: int) -> Logic:
        return Logic(self._condition(node.get("if"), f"{place}.If", depth + 1), self._branch(node.get("then"), f"{place}.Then", depth + 1),
                     self._branch(node.get("else"), f"{place}.Else", depth + 1))

    def _branch(self, written: Any, place: str, depth: int) -> Logic | CreateReview | None:
        if written is None:
            return None
        node, kind = self._node(written, place, depth)
        if kind == "logic":
            return self._inner(node, place, depth)
        if kind != "actions":
            raise _refused(place, "its Type must be Actions or Logic.")
        actions = node.get("perform")
        if not isinstance(actions, list) or len(actions) > 1:
            raise _refused(place, "Perform must be an array of one action at the most.")
        return self._action(actions[0], f"{place}.Perform[0]") if actions else None

    def _action(self, written: Any, place: str) -> CreateReview:
        action = _folded(written, place)
        if str(action.get("name", "")).lower() != "createreview":
            raise _refused(place, "the only action there is has the Name createreview.")
        sub_team, callback, tags = action.get("subteam") or "", action.get("callbackendpoint") or "", action.get("tags") or []
        if not isinstance(sub_team, str) or (sub_team and not is_team_name(sub_team)):
            raise _refused(place, "Subteam must be the name of a sub-team.")
        if not isinstance(callback, str):
            raise _refused(place, "CallbackEndpoint must be a URL.")
        check_callback(callback, f"{place}.CallbackEndpoint")
        if not isinstance(tags, list) or len(tags) > MOST_TAGS or not all(isinstance(tag, str) and _TAG.fullmatch(tag) for tag in tags):
            raise _refused(place, f"Tags must be an array of up to {MOST_TAGS} codes of tags.")
        return CreateReview(sub_team, callback, tuple(tags))

    def _condition(self, written: Any, place: str, depth: int) -> Condition | Combination:
        node, kind = self._node(written, place, depth)
        if kind == "condition":
            return self._leaf(node, place)
        if kind != "combine":
            raise _refused(place, "its Type must be Condition or Combine.")
        combined = str(node.get("combine", "")).upper()
        if combined not in ("AND", "OR"):
            raise _refused(place, "Combine must be AND or OR.")
        return Combination(self._condition(node.get("left"), f"{place}.Left", depth + 1),
                           self._condition(node.get("right"), f"{place}.Right", depth + 1), combined == "AND")

    def _leaf(self, node: Mapping[str, Any], place: str) -> Condition:
        if str(node.get("connectorname", "moderator")).lower() not in _CONNECTORS:
            raise _refused(place, f"ConnectorName must be one of {', '.join(sorted(_CONNECTORS))}.")
        known = OUTPUTS[self._content_type]
        declared = known.get(str(node.get("outputname", "")).lower())
        if declared is None:
            raise _refused(place, f"OutputName must be one of {', '.join(each.name for each in known.values())}.")
        try:
            operator = Operator(str(node.get("operator", "")).lower())
        except ValueError:
            raise _refused(place, f"Operator must be one of {', '.join(Operator)}.") from None
        if operator in _OF_ORDER and declared.kind is not OutputKind.NUMBER:
            raise _refused(place, f"{declared.name} can be compared with eq and ne alone.")
        named = node.get("alternateinput")
        if named not in (None, "") and not (declared.takes_list and isinstance(named, str) and _LIST_NUMBER.fullmatch(named)):
            raise _refused(place, "AlternateInput must be null, or the number of a list where the output is a match with one.")
        if declared.needs_list and not named:
            raise _refused(place, "AlternateInput must be the number of the list that is looked at.")
        return Condition(Output(declared.name, int(named) if named else None), operator,
                         _value_of(node.get("value"), declared.kind, f"{place}.Value"))

    def _node(self, written: Any, place: str, depth: int) -> tuple[Mapping[str, Any], str]:
        self._nodes += 1
        if depth > MOST_DEPTH or self._nodes > MOST_NODES:
            raise InvalidRequest(f"An expression has {MOST_NODES} parts at the most, one in another up to {MOST_DEPTH} deep.", "expression")
        node = _folded(written, place)
        return node, str(node.get("type", "")).lower()


def _folded(written: Any, place: str) -> Mapping[str, Any]:
    """Names compare without case, as the published examples write them."""
    if not isinstance(written, dict):
        raise _refused(place, "it must be an object.")
    return {str(name).lower(): value for name, value in written.items()}


def _value_of(written: Any, kind: OutputKind, place: str) -> Value:
    """Values are strings in the published form; JSON's own numbers and truths are taken too."""
    text = str(written).strip() if isinstance(written, (str, int, float, bool)) else ""
    if kind is OutputKind.TRUTH:
        if text.lower() not in ("true", "false"):
            raise _refused(place, "it must be true or false.")
        return text.lower() == "true"
    if kind is OutputKind.NUMBER:
        if len(text) > _VALUE_CHARACTERS or not _NUMBER.fullmatch(text) or not math.isfinite(float(text)):
            raise _refused(place, "it must be a number.")
        return float(text)
    if not _LANGUAGE.fullmatch(text.lower()):
        raise _refused(place, "it must be the code of a language, three letters.")
    return text.lower()


def _refused(place: str, message: str) -> InvalidRequest:
    return InvalidRequest(f"{place}: {message}", place)
