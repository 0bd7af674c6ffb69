"""What the alerts and the workbook ask for is what the code says: metrics, their attributes, fields of the lines, and values."""
from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator

import pytest

from dev.environment import ROOT
from shared.accounts.deletion import PURGE_ACCOUNT
from shared.jobs.work import QUEUE_JOBS, TIMER_JOBS
from shared.storage.queues import JOB_QUEUE, POISON_QUEUE
from shared.telemetry.metrics import METRICS, Instrument, Metric
from shared.telemetry.runs import FAILED, OUTCOMES, PUT_BACK, SUCCEEDED, Event, Run, running
from shared.telemetry.telemetry import NO_TELEMETRY
from tests.bicep import parsed

ALERTS = {rule["name"]: rule["query"] for rule in parsed(ROOT / "infra" / "modules" / "alerts.bicep").vars["rules"]}
WORKBOOK = {item["name"]: item["content"]["query"]
            for item in json.loads((ROOT / "infra" / "workbook.json").read_text())["items"] if item["type"] == 3}
BY_NAME = {metric.name: metric for metric in METRICS}
RUN_NAMES = {job.kind for job in QUEUE_JOBS} | {job.name for job in TIMER_JOBS}
VALUES = {"job": RUN_NAMES, "operation": RUN_NAMES, "outcome": set(OUTCOMES), "queue": {JOB_QUEUE, POISON_QUEUE},
          "event": {event.value for event in Event}, "status": set(OUTCOMES)}
FIELDS = set(Run(Event.TIMER, "", "").fields())
COLUMNS = {Instrument.COUNTER: {"valueSum", "Sum"}, Instrument.HISTOGRAM: {"valueSum", "valueCount", "valueMax"},
           Instrument.GAUGE: {"valueSum", "Sum"}, Instrument.OBSERVED: {"valueSum", "Sum"}}
"""The exporter sends highest and lowest value of a histogram alone; a gauge is one value, and so its sum."""


def branches() -> Iterator[tuple[str, str]]:
    """Each query, an alert's in its parts, each of which asks one table."""
    for name, query in {**ALERTS, **WORKBOOK}.items():
        parts = re.findall(r"\(((?:AppMetrics|FunctionAppLogs)\b.*?)\)(?=, \(|$)", query) if query.startswith("union") else [query]
        assert parts, name
        yield from ((f"{name}, {part.split(' ')[0]}", part) for part in parts)


BRANCHES = [pytest.param(part, id=name) for name, part in branches()]


def metrics_of(part: str) -> list[Metric]:
    named = re.findall(r'\b[Nn]ame == "([^"]+)"', part)
    for listed in re.findall(r"\b[Nn]ame in \(([^)]+)\)", part):
        named += re.findall(r'"([^"]+)"', listed)
    return [BY_NAME[name] for name in named]


@pytest.mark.parametrize("part", BRANCHES)
def test_a_query_asks_for_metrics_or_lines_that_there_are(part: str):
    table = part.split(" ")[0]
    assert table in ("AppMetrics", "customMetrics", "FunctionAppLogs", "traces")
    if table in ("AppMetrics", "customMetrics"):
        metrics = metrics_of(part)
        asked = set(re.findall(r'customDimensions\["(\w+)"\]|Properties\.(\w+)', part))
        assert metrics and all({"".join(names) for names in asked} <= set(metric.attributes) for metric in metrics)
        columns = set(re.findall(r"\b(?:value(?:Sum|Count|Max|Min)|Sum|Max|Min|ItemCount)\b", part))
        assert all(columns <= COLUMNS[metric.instrument] for metric in metrics)
    elif "Moving message to queue" not in part:
        asked = set(re.findall(r"\brun\.(\w+)", part))
        assert asked and asked <= FIELDS
        assert "parse_json(" in part


@pytest.mark.parametrize("part", BRANCHES)
def test_a_value_that_a_query_compares_with_is_one_that_is_said(part: str):
    compared = re.findall(r'(?:Properties|run)\.(\w+)\) == "([^"]+)"', part)
    for field, listed in re.findall(r"run\.(\w+)\) in \(([^)]+)\)", part):
        compared += [(field, value) for value in re.findall(r'"([^"]+)"', listed)]
    for field, value in compared:
        assert value in VALUES[field], field


def test_the_workbook_shows_every_metric():
    assert {metric.name for query in WORKBOOK.values() if query.startswith("customMetrics") for metric in metrics_of(query)} == set(BY_NAME)


def test_each_kind_of_alert_hears_both_metrics_and_logs():
    asked = [name for name, _ in branches() if "," in name]
    for name in ALERTS:
        assert {f"{name}, AppMetrics", f"{name}, FunctionAppLogs"} <= set(asked)


def heard_by(alert: str, message: str) -> bool:
    """What the alert's question to the log finds. Of the query language it knows what the alerts use."""
    (part,) = [part for name, part in branches() if name == f"{alert}, FunctionAppLogs"]
    try:
        run = json.loads(message[message.find("{"):])
    except ValueError:
        run = dict.fromkeys(FIELDS)
    for step in part.split(" | ")[1:]:
        if step.startswith("extend run = "):
            assert step == 'extend run = parse_json(substring(Message, indexof(Message, "{")))'
            continue
        assert step.startswith("where ")
        for condition in step.removeprefix("where ").split(" and "):
            if found := re.fullmatch(r'Message has "([^"]+)"', condition):
                is_met = found[1] in message
            elif found := re.fullmatch(r'tostring\(run\.(\w+)\) == "([^"]+)"', condition):
                is_met = run[found[1]] == found[2]
            elif found := re.fullmatch(r"tostring\(run\.(\w+)\) in \(([^)]+)\)", condition):
                is_met = run[found[1]] in re.findall(r'"([^"]+)"', found[2])
            elif found := re.fullmatch(r"toint\(run\.(\w+)\) >= (\d+)", condition):
                is_met = isinstance(run[found[1]], int) and run[found[1]] >= int(found[2])
            else:
                raise AssertionError(condition)
            if not is_met:
                return False
    return True


def line_of(caplog: pytest.LogCaptureFixture, event: Event, operation: str, status: int | str) -> str:
    """What a run writes, as the host hands it on."""
    caplog.clear()
    caplog.set_level(logging.INFO)
    with running(NO_TELEMETRY, Run(event, operation, "a family", request_id="r")) as run:
        run.status, run.failure = status, "KeyError" if status == FAILED else None
    return caplog.messages[-1]


@pytest.mark.parametrize(("event", "operation", "status", "hearing"), [
    (Event.REQUEST, "analyze_text", 200, {"silence"}), (Event.REQUEST, "analyze_text", 499, {"silence"}),
    (Event.REQUEST, "analyze_text", 500, {"silence", "server-errors"}), (Event.REQUEST, "analyze_text", 503, {"silence", "server-errors"}),
    (Event.JOB, PURGE_ACCOUNT, FAILED, {"failed-purge"}), (Event.JOB, PURGE_ACCOUNT, SUCCEEDED, set()),
    (Event.JOB, PURGE_ACCOUNT, PUT_BACK, set()), (Event.JOB, "export-account", FAILED, set()),
    (Event.TIMER, "rotate_keys", SUCCEEDED, {"silence"}), (Event.TIMER, "rotate_keys", FAILED, {"silence"})])
def test_an_alert_hears_what_it_is_for(
        caplog: pytest.LogCaptureFixture, event: Event, operation: str, status: int | str, hearing: set[str]):
    line = line_of(caplog, event, operation, status)
    assert {name for name in ALERTS if heard_by(name, line)} == hearing
    assert {name for name in ALERTS if heard_by(name, f"a prefix of the host's: {line}")} == hearing


@pytest.mark.parametrize("message", [
    "Host started (120ms)", "Executing 'Functions.rotate_keys' (Reason='Timer fired')", "Executed 'Functions.analyze_text' (Succeeded)",
    "Host lock lease acquired by instance ID '0'.", "request r: analyze_text refused: The key is not valid.", "{", "{}"])
def test_what_the_host_says_of_itself_breaks_no_silence(message: str):
    assert {name for name in ALERTS if heard_by(name, message)} == set()


def test_a_message_that_the_host_gives_up_is_heard():
    message = f"Message has reached MaxDequeueCount of 5. Moving message to queue '{POISON_QUEUE}'."
    assert {name for name in ALERTS if heard_by(name, message)} == {"poison-messages"}
