"""One line, one span and the metrics of a run, whatever its end; and next to nothing where telemetry is off."""
from __future__ import annotations

import ast
import logging

import pytest

from dev.environment import ROOT
from shared.telemetry.loggers import quieten_libraries
from shared.telemetry.metrics import LIST_INDEX_KEPT, METRICS, QUEUE_DEPTH, REQUESTS, Instrument
from shared.telemetry.runs import Event, Run, running
from shared.telemetry.telemetry import NO_TELEMETRY
from tests.heard import Recording, hearing

CANARY = "kohlrabicanary"


def request() -> Run:
    return Run(Event.REQUEST, "analyze_text", "Azure AI Content Safety", request_id="r", account_id="a")


@pytest.mark.parametrize("status", [200, 404, 500, 503])
def test_a_request_is_counted_with_its_status_and_fails_from_500_on(status: int):
    recording = Recording()
    telemetry = recording.telemetry()
    with hearing(recording) as heard, running(telemetry, request()) as run:
        run.status, run.failure = status, None if status == 200 else "NotFound"

    (line,), (span,) = heard.lines, heard.spans
    assert line.pop("durationMs") >= 0
    assert line == {"event": "request", "operation": "analyze_text", "family": "Azure AI Content Safety", "requestId": "r",
                    "accountId": "a", "status": status, "failure": run.failure}
    assert span.status.is_ok is (status < 500) and [event.name for event in span.events] == ["exception"] * (status >= 500)
    points = recording.points()
    attributes = {"operation": "analyze_text", "family": "Azure AI Content Safety"}
    assert points["moderato.requests"] == [({**attributes, "status": str(status)}, 1)]
    assert points["moderato.request.duration"] == [(attributes, 1)]
    assert "moderato.jobs" not in points


@pytest.mark.parametrize(("event", "status", "failure", "outcome"), [
    (Event.JOB, None, None, "succeeded"), (Event.TIMER, None, None, "succeeded"), (Event.JOB, "put back", None, "put back"),
    (Event.JOB, None, "KeyError", "failed"), (Event.TIMER, "put back", "KeyError", "failed")])
def test_a_job_has_an_outcome(event: Event, status: str | None, failure: str | None, outcome: str):
    recording = Recording()
    telemetry = recording.telemetry()
    with hearing(recording) as heard, running(telemetry, Run(event, "purge-account", "background")) as run:
        run.status, run.failure = status, failure

    assert [(line["event"], line["status"], line["failure"]) for line in heard.lines] == [(event.value, outcome, failure)]
    points = recording.points()
    assert points["moderato.jobs"] == [({"job": "purge-account", "outcome": outcome}, 1)]
    assert points["moderato.job.duration"] == [({"job": "purge-account"}, 1)]
    assert heard.spans[0].status.is_ok is (outcome != "failed")


def test_of_what_is_raised_the_class_is_said_and_it_goes_on_its_way():
    recording = Recording()
    with hearing(recording) as heard:
        with pytest.raises(ValueError, match=CANARY), running(recording.telemetry(), Run(Event.JOB, "k", "background")):
            raise ValueError(CANARY)

        assert heard.lines[0]["failure"] == "ValueError"
        assert CANARY not in heard.everything() + heard.spans[0].to_json()


def test_what_a_run_turns_out_to_be_is_what_its_span_is_called():
    recording = Recording()
    with hearing(recording) as heard, running(recording.telemetry(), Run(Event.JOB, "unknown", "background")) as run:
        run.operation = "purge-account"

    assert [span.name for span in heard.spans] == ["purge-account"]


def test_a_span_is_a_root_and_knows_nothing_of_what_called():
    recording = Recording()
    telemetry = recording.telemetry()
    with hearing(recording) as heard, running(telemetry, request()), running(telemetry, request()):
        pass

    assert [span.parent for span in heard.spans] == [None, None]


def test_without_telemetry_the_line_is_written_all_the_same(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO)
    with running(NO_TELEMETRY, request()) as run:
        run.status = 200

    assert [record.name for record in caplog.records] == ["shared.telemetry.runs"]
    assert not NO_TELEMETRY.is_on


def test_an_observed_metric_is_asked_for_with_each_export_and_may_have_nothing_to_tell():
    recording, kept = Recording(), [3.0]
    telemetry = recording.telemetry()
    telemetry.observe(LIST_INDEX_KEPT, lambda: kept[0], "blocklist-index")
    telemetry.observe(LIST_INDEX_KEPT, lambda: None, "term-list-index")
    assert recording.points()[LIST_INDEX_KEPT.name] == [({"kind": "blocklist-index"}, 3.0)]
    kept[0] = 4.0
    assert recording.points()[LIST_INDEX_KEPT.name] == [({"kind": "blocklist-index"}, 4.0)]


@pytest.mark.parametrize("attributes", [(), ("one", "too", "many", "of them")])
def test_a_metric_takes_just_the_attributes_that_it_declares(attributes: tuple[str, ...]):
    with pytest.raises(ValueError):
        Recording().telemetry().record(REQUESTS, 1, *attributes)


def test_names_of_metrics_are_unique_and_each_instrument_takes_what_it_is_for():
    assert len({metric.name for metric in METRICS}) == len(METRICS)
    recording = Recording()
    telemetry = recording.telemetry()
    for metric in METRICS:
        tell = telemetry.observe if metric.instrument is Instrument.OBSERVED else telemetry.record
        value = (lambda: 1.0) if metric.instrument is Instrument.OBSERVED else 1.0
        tell(metric, value, *(f"a {name}" for name in metric.attributes))
    assert {name: points[0][0] for name, points in recording.points().items()} == {
        metric.name: {name: f"a {name}" for name in metric.attributes} for metric in METRICS}
    telemetry.record(QUEUE_DEPTH, 7, "jobs")
    assert ({"queue": "jobs"}, 7) in recording.points()[QUEUE_DEPTH.name]


def test_libraries_that_would_log_addresses_log_warnings_alone():
    quieten_libraries()
    for name in ("azure.core.pipeline.policies.http_logging_policy", "urllib3.connectionpool", "PIL.PngImagePlugin"):
        assert not logging.getLogger(name).isEnabledFor(logging.INFO)


def test_nothing_of_ours_logs_a_traceback_or_prints():
    """A traceback has the text of the exception in it, which may be what a customer sent."""
    for path in (ROOT / "shared").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                assert called != "print", path.name
                assert not (called == "exception" and "_log" in ast.unparse(node.func)), path.name
                assert not {"exc_info", "stack_info"} & {each.arg for each in node.keywords}, path.name
