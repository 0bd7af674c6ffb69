"""The page for operators says of lines and metrics what the code does."""
from __future__ import annotations

import json
import re

from dev.environment import ROOT
from shared.api import SERVED
from shared.telemetry.metrics import METRICS
from shared.telemetry.runs import Event, Run


def section() -> str:
    page = (ROOT / "docs" / "operations.md").read_text()
    found = re.search(r"^## What the app says of itself$(.*?)(?=^## )", page, re.MULTILINE | re.DOTALL)
    assert found
    return found[1]


def test_the_table_of_metrics_is_the_one_of_the_code():
    rows = re.findall(r"^\| `(moderato\.[^`]+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", section(), re.MULTILINE)
    assert rows == [(metric.name, metric.instrument.value, ", ".join(metric.attributes) or "-", metric.tells) for metric in METRICS]


def test_the_table_of_fields_is_that_of_a_line_and_so_is_the_example():
    fields = list(Run(Event.REQUEST, "", "").fields())
    assert re.findall(r"^\| `(\w+)` \| ", section(), re.MULTILINE) == fields
    example = json.loads(re.search(r"```json\n(.*?)\n```", section(), re.DOTALL)[1])  # type: ignore[index]
    assert list(example) == fields
    assert (example["operation"], example["family"]) in {(operation.name, api.name) for api in SERVED for operation in api.operations}


def test_files_that_the_section_names_exist():
    for name in re.findall(r"`((?:tests|infra)/[^`]+)`", section()):
        assert (ROOT / name).exists(), name
