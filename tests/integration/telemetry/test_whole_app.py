"""The app loaded as in a deployment, with telemetry to an Application Insights on loopback and without: what leaves the process, what
is logged at DEBUG, what is imported.
"""
from __future__ import annotations

import json
import os
import re
import secrets
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dev.environment import ROOT
from shared.telemetry.metrics import METRICS
from tests.e2e.storage_scan import is_in
from tests.ingestion import Ingestion, receiving

OPERATIONS = ["create_account", "create_or_update_text_blocklist", "add_or_update_blocklist_items", "analyze_text",
              "get_text_blocklist", "get_text_blocklist"]
RUNS = [*OPERATIONS, "compact-blocklist", "unknown", "delete-review", "measure_backlog"]
STATUSES = [201, 201, 200, 200, 404, 401]


@dataclass(frozen=True)
class Life:
    """`said` is what the program printed, `log` its stderr, `folder` the one for temporary files."""

    canary: str
    said: dict[str, Any]
    log: str
    folder: Path

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line.partition("runs:")[2]) for line in self.log.splitlines() if line.startswith("INFO:shared.telemetry.runs:")]


def live(environ: dict[str, str], folder: Path, **more: str) -> Life:
    canary = "kohlrabi" + "".join(chr(ord("a") + number % 26) for number in secrets.token_bytes(12))
    done = subprocess.run(
        [sys.executable, "-m", "tests.integration.telemetry.whole_app"], cwd=ROOT, capture_output=True, text=True, timeout=120,
        env={**os.environ, **environ, "CANARY": canary, "TMPDIR": str(folder), **more})
    assert done.returncode == 0, done.stderr
    return Life(canary, json.loads(done.stdout), done.stderr, folder)


@pytest.fixture(scope="module")
def ingestion() -> Iterator[Ingestion]:
    with receiving() as running:
        yield running


@pytest.fixture(scope="module")
def seen(environ: dict[str, str], ingestion: Ingestion, tmp_path_factory: pytest.TempPathFactory) -> Life:
    """Where the environment asks for the worst: all spans, tracing of the storage's library, everything else through a proxy."""
    return live(environ, tmp_path_factory.mktemp("seen"), TELEMETRY_CONNECTION_STRING=ingestion.connection_string,
                OTEL_TRACES_SAMPLER="always_on", AZURE_SDK_TRACING_IMPLEMENTATION="opentelemetry", AZURE_TRACING_ENABLED="true",
                HTTP_PROXY=ingestion.address, HTTPS_PROXY=ingestion.address, http_proxy=ingestion.address, no_proxy="127.0.0.1",
                NO_PROXY="127.0.0.1")


@pytest.fixture(scope="module")
def unseen(environ: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Life:
    return live(environ, tmp_path_factory.mktemp("unseen"))


def test_the_canary_was_in_requests_that_were_answered_and_in_ones_that_were_refused(seen: Life, unseen: Life):
    assert seen.said["statuses"] == unseen.said["statuses"] == STATUSES


def test_without_the_setting_nothing_of_telemetry_is_imported(seen: Life, unseen: Life):
    assert unseen.said["modules"] == []
    assert {"opentelemetry.sdk.trace", "azure.monitor.opentelemetry"} <= set(seen.said["modules"])


def test_every_metric_arrives_with_the_attributes_that_it_declares(seen: Life, ingestion: Ingestion):
    points = ingestion.metrics()
    points.pop("_OTELRESOURCE_")
    assert set(points) == {metric.name for metric in METRICS}
    for metric in METRICS:
        for point in points[metric.name]:
            assert point.keys() - {"value", "count"} == set(metric.attributes), metric.name


def test_what_is_counted_is_what_happened(seen: Life, ingestion: Ingestion):
    points = ingestion.metrics()
    assert sorted((point["operation"], point["status"], point["value"]) for point in points["moderato.requests"]) == sorted(
        (operation, str(status), 1) for operation, status in zip(OPERATIONS, STATUSES, strict=True))
    assert {(point["job"], point["outcome"]) for point in points["moderato.jobs"]} == {
        ("compact-blocklist", "succeeded"), ("unknown", "failed"), ("delete-review", "failed"), ("measure_backlog", "succeeded")}
    assert {point["queue"] for point in points["moderato.queue.depth"]} == {"jobs", "jobs-poison"}
    loads = [point for point in points["moderato.list_index.loads"] if point["kind"] == "blocklist-index"]
    assert sum(point["value"] for point in loads) >= 1
    kept = {point["kind"]: point["value"] for point in points["moderato.list_index.kept"]}
    assert kept == {"blocklist-index": 1, "term-list-index": 0, "image-list-index": 0}


def test_there_is_one_line_and_one_span_for_each_run_and_both_say_the_same(seen: Life, ingestion: Ingestion):
    assert [line["operation"] for line in seen.lines] == RUNS
    spans = [*ingestion.of("RequestData"), *ingestion.of("RemoteDependencyData")]
    assert sorted(span["name"] for span in spans) == sorted(RUNS)
    said = sorted(sorted((name, str(value)) for name, value in line.items() if value is not None) for line in seen.lines)
    assert sorted(sorted((name, str(value)) for name, value in span["properties"].items()) for span in spans) == said
    assert [json.loads(each["message"]) for each in ingestion.of("MessageData") if each["message"].startswith("{")] == seen.lines


def test_of_an_exception_its_class_arrives_and_nothing_else(seen: Life, ingestion: Ingestion):
    exceptions = [data["exceptions"] for data in ingestion.of("ExceptionData")]
    assert [(each["typeName"], each["message"], each["hasFullStack"]) for (each,) in exceptions] == [
        ("JobFailed", "Exception", False), ("TypeError", "Exception", False)]
    # The storage answers 404 to whoever asks for a list that is not there; that is no failure of ours.
    assert {span["properties"]["failure"] for span in ingestion.of("RequestData") if not span["success"]} == {"JobFailed", "TypeError"}


def test_no_canary_leaves_the_process_or_is_logged(seen: Life, unseen: Life, ingestion: Ingestion):
    everything = ingestion.raw + "\n".join(ingestion.requests).encode()
    assert len(everything) > 10_000
    for life, heard in ((seen, everything + seen.log.encode()), (unseen, unseen.log.encode())):
        assert not is_in(heard, life.canary)
    assert b"table.core" not in everything and not re.search(rb"127\.0\.0\.1:\d+/devstoreaccount1", everything)


def test_nothing_is_asked_of_anybody_else_and_nothing_is_left_on_disk(seen: Life, ingestion: Ingestion):
    assert ingestion.elsewhere == []
    assert list(seen.folder.rglob("*")) == []
    assert {request.splitlines()[0] for request in ingestion.requests} == {"/v2.1/track"}
    # Orders for the exporter are fetched by a thread after some seconds, figures of its use are sent after a quarter of an hour.
    assert set(seen.said["threads"]) <= {"MainThread", "cache sweeper", "OtelBatchLogRecordProcessor", "OtelBatchSpanRecordProcessor",
                                         "OtelPeriodicExportingMetricReader"}
    assert "azure.monitor" not in seen.log
