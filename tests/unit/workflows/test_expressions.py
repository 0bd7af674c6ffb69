"""Expressions of workflows: what is refused, where the limits lie, and what is decided."""
from __future__ import annotations

import operator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.errors import InvalidRequest
from shared.workflows.expressions import MOST_DEPTH, MOST_NODES, CreateReview, decide, expression_of
from shared.workflows.outputs import OUTPUTS, Output, OutputKind

COMPARE = {"eq": operator.eq, "ne": operator.ne, "gt": operator.gt, "ge": operator.ge, "lt": operator.lt, "le": operator.le}
SCORES = ("adultScore", "racyScore", "faceCount", "violence")
LONE = "\ud800"


def condition(output: str = "adultScore", operator: str = "ge", value: Any = "0.5", **more: Any) -> dict[str, Any]:
    return {"Type": "Condition", "OutputName": output, "Operator": operator, "Value": value, **more}


def combined(left: Any, right: Any, combine: str = "AND") -> dict[str, Any]:
    return {"Type": "Combine", "Combine": combine, "Left": left, "Right": right}


def actions(**more: Any) -> dict[str, Any]:
    return {"Type": "Actions", "Perform": [{"Name": "createreview", **more}]}


def nested(depth: int) -> dict[str, Any]:
    """Combinations, one in another, the innermost a condition at this depth."""
    written = condition()
    for _ in range(depth - 1):
        written = combined(condition(), written)
    return written


def balanced(leaves: int) -> dict[str, Any]:
    """Twice as many parts as leaves, less one."""
    return condition() if leaves == 1 else combined(balanced(leaves // 2), balanced(leaves - leaves // 2))


def is_asked(written: Any, **values: Any) -> bool:
    return decide(expression_of(written, "Image"), lambda output: values[output.name]) is not None


@pytest.mark.parametrize("name", COMPARE)
@pytest.mark.parametrize("found", [0.4, 0.5, 0.6])
def test_every_operator_compares_numbers(name, found):
    assert is_asked(condition(operator=name), adultScore=found) is COMPARE[name](found, 0.5)


@pytest.mark.parametrize("found", [True, False])
@pytest.mark.parametrize("name", ["eq", "ne"])
@pytest.mark.parametrize("value", ["true", "False", True, False])
def test_truths_are_equal_or_not(name, found, value):
    assert is_asked(condition("isAdult", name, value), isAdult=found) is COMPARE[name](found, str(value).lower() == "true")


@pytest.mark.parametrize("name", ["gt", "ge", "lt", "le"])
@pytest.mark.parametrize(("content_type", "output"), [("Image", "isAdult"), ("Text", "hasPII"), ("Text", "language")])
def test_what_is_no_number_has_no_order(name, content_type, output):
    with pytest.raises(InvalidRequest, match="eq and ne alone"):
        expression_of(condition(output, name, "true"), content_type)


@pytest.mark.parametrize("combine", ["AND", "or"])
@pytest.mark.parametrize("left", [True, False])
@pytest.mark.parametrize("right", [True, False])
def test_combinations_ask_for_what_they_need(combine, left, right):
    asked: list[str] = []

    def value_of(output: Output) -> bool:
        asked.append(output.name)
        return left if output.name == "isAdult" else right
    written = combined(condition("isAdult", "eq", "true"), condition("isRacy", "eq", "true"), combine)
    made = decide(expression_of(written, "Image"), value_of)

    assert (made is not None) is ((left and right) if combine == "AND" else (left or right))
    assert asked == (["isAdult", "isRacy"] if left is (combine == "AND") else ["isAdult"])


def test_the_branch_that_holds_is_taken():
    written = {"type": "logic", "IF": condition(), "then": {"Type": "Logic", "If": condition("racyScore"), "Then": actions(Subteam="both")},
               "else": actions(Tags=["a", "zz"], CallbackEndpoint="https://shop.example/done")}
    logic = expression_of(written, "Image")

    def made(adult: float, racy: float) -> CreateReview | None:
        return decide(logic, lambda output: {"adultScore": adult, "racyScore": racy}[output.name])
    assert made(1, 1) == CreateReview(sub_team="both")
    assert made(1, 0) is None
    assert made(0, 1) == CreateReview("", "https://shop.example/done", ("a", "zz"))


@pytest.mark.parametrize("written", [
    None, [], "x", 1, {}, {"Type": "Logic"}, {"Type": "Combine", "Combine": "XOR"}, combined(condition(), None), condition(LONE),
    condition("category1Score"), condition("x" * 100_000), condition(operator="like"), condition(operator=LONE), condition(value=LONE),
    condition(value="nan"), condition(value="inf"), condition(value="1e3"), condition(value="9" * 100_000), condition(value=None),
    condition(value="\u0663"), condition(value=[]), condition(value=True), condition("isAdult", "eq", "yes"), condition(AlternateInput="1"),
    condition("isMatch", "eq", "true", AlternateInput="0"), condition("isMatch", "eq", "true", AlternateInput="1\n"),
    condition(ConnectorName=LONE), {"Type": "Logic", "If": condition(), "Then": actions(Subteam="a b")},
    {"Type": "Logic", "If": condition(), "Then": actions(Subteam=LONE)},
    {"Type": "Logic", "If": condition(), "Then": actions(Tags=["abc"])},
    {"Type": "Logic", "If": condition(), "Then": actions(CallbackEndpoint="file:///etc/hosts")},
    {"Type": "Logic", "If": condition(), "Then": actions(Name="delete")},
    {"Type": "Logic", "If": condition(), "Then": {"Type": "Actions", "Perform": [{}, {}]}},
    {"Type": "Logic", "If": condition(), "Then": condition()},
], ids=range(34))
def test_what_is_none_is_refused_in_words_that_can_be_sent(written):
    with pytest.raises(InvalidRequest) as refused:
        expression_of(written, "Image")
    assert len(refused.value.message.encode()) < 1_000


def test_every_output_is_known_for_its_type_alone():
    values = {OutputKind.TRUTH: "true", OutputKind.NUMBER: "0.5", OutputKind.LANGUAGE: "eng"}
    for content_type, other in (("Image", "Text"), ("Text", "Image")):
        for key, declared in OUTPUTS[content_type].items():
            named = "7" if declared.takes_list else None
            written = condition(declared.name.upper(), "eq", values[declared.kind], AlternateInput=named)
            read = expression_of(written, content_type).condition
            assert read.output == Output(declared.name, int(named) if named else None)
            if key not in OUTPUTS[other]:
                with pytest.raises(InvalidRequest, match="OutputName"):
                    expression_of(written, other)


def test_depth_has_a_limit():
    assert is_asked(nested(MOST_DEPTH), adultScore=1)
    for depth in (MOST_DEPTH + 1, 5_000):
        with pytest.raises(InvalidRequest, match="deep"):
            expression_of(nested(depth), "Image")


def test_size_has_a_limit():
    logic = {"Type": "Logic", "If": balanced(MOST_NODES // 2)}  # the logic and 199
    assert decide(expression_of(logic, "Image"), lambda output: 1.0) is None
    for branch in (actions(), {"Type": "Logic", "If": condition()}):
        with pytest.raises(InvalidRequest, match="200 parts"):
            expression_of({**logic, "Then": branch}, "Image")


CONDITIONS = st.builds(condition, st.sampled_from(SCORES), st.sampled_from(list(COMPARE)), st.integers(0, 4))
TREES = st.recursive(CONDITIONS, lambda inner: st.builds(combined, inner, inner, st.sampled_from(["AND", "OR"])), max_leaves=12)


def depth_of(written: dict[str, Any]) -> int:
    return 1 if written["Type"] == "Condition" else 1 + max(depth_of(written["Left"]), depth_of(written["Right"]))


def modelled(written: dict[str, Any], values: dict[str, int]) -> bool:
    if written["Type"] == "Condition":
        return COMPARE[written["Operator"]](values[written["OutputName"]], written["Value"])
    both = modelled(written["Left"], values), modelled(written["Right"], values)
    return all(both) if written["Combine"] == "AND" else any(both)


@settings(max_examples=150, deadline=None)
@given(TREES.filter(lambda written: depth_of(written) < MOST_DEPTH), st.fixed_dictionaries({name: st.integers(0, 4) for name in SCORES}))
def test_a_decision_is_that_of_the_model(written, values):
    assert is_asked(written, **values) is modelled(written, values)
