"""The page of worked examples says what the model says."""
from __future__ import annotations

import re

import pytest

from dev.environment import ROOT
from shared.text_analysis.built_in_model import BuiltInModel

_ROW = re.compile(r"^\| (?P<text>[^|]+) \| (?P<severities>[0-7], [0-7], [0-7], [0-7]) \| ", re.MULTILINE)
EXAMPLES = [(row["text"], row["severities"]) for row in _ROW.finditer((ROOT / "docs" / "severity.md").read_text("utf-8"))]


@pytest.fixture(scope="module")
def model():
    return BuiltInModel.load()


def test_there_are_examples_of_every_level():
    assert len(EXAMPLES) >= 30
    assert {level for _, severities in EXAMPLES for level in severities.split(", ")} == set("01234567")


@pytest.mark.parametrize(("text", "severities"), EXAMPLES)
def test_an_example_has_the_severities_of_the_page(model, text, severities):
    assert ", ".join(map(str, model.judge(text).severities.values())) == severities
