"""Everything that a process says while it works: what all loggers write at their most talkative, spans, and metrics."""
from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared.telemetry.loggers import quieten_libraries
from shared.telemetry.open_telemetry import OpenTelemetry
from shared.telemetry.runs import running


@dataclass
class Recording:
    """Telemetry into memory, for the services of a test."""

    spans: InMemorySpanExporter = field(default_factory=InMemorySpanExporter)
    metrics: InMemoryMetricReader = field(default_factory=InMemoryMetricReader)

    def telemetry(self) -> OpenTelemetry:
        tracers = TracerProvider(shutdown_on_exit=False)
        tracers.add_span_processor(SimpleSpanProcessor(self.spans))
        return OpenTelemetry(tracers, MeterProvider([self.metrics], shutdown_on_exit=False))

    def points(self) -> dict[str, list[tuple[dict[str, Any], float]]]:
        """By metric, each point's attributes with its value, of a histogram the number of what it was told. Sums since the beginning."""
        data = self.metrics.get_metrics_data()
        metrics = [] if data is None else [
            metric for resource in data.resource_metrics for scope in resource.scope_metrics for metric in scope.metrics]
        return {metric.name: [(dict(point.attributes), getattr(point, "value", None) if hasattr(point, "value") else point.count)
                              for point in metric.data.data_points] for metric in metrics}


class Heard(logging.Handler):
    def __init__(self, recording: Recording) -> None:
        super().__init__(logging.DEBUG)
        self._recording = recording
        self.messages: list[str] = []
        self.lines: list[dict[str, Any]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(f"{record.levelname} {record.name} {self.format(record)}")
        if record.name == running.__module__:
            self.lines.append(json.loads(record.getMessage()))

    @property
    def spans(self) -> tuple[ReadableSpan, ...]:
        return self._recording.spans.get_finished_spans()

    def everything(self) -> str:
        return "\n".join([*self.messages, *map(_said_by, self.spans), str(self._recording.points())])


def _said_by(span: ReadableSpan) -> str:
    """All that a span has that could be a caller's."""
    events = [(event.name, dict(event.attributes or {})) for event in span.events]
    return f"{span.name} {dict(span.attributes or {})} {events} {span.links} {span.status.description} {span.context.trace_state}"


@contextmanager
def hearing(recording: Recording) -> Iterator[Heard]:
    """What is said from now on. Libraries are as quiet as in a deployment, and everything else says all it can."""
    root = logging.getLogger()
    level = root.level
    quieten_libraries()
    recording.spans.clear()
    heard = Heard(recording)
    root.addHandler(heard)
    root.setLevel(logging.DEBUG)
    try:
        yield heard
    finally:
        root.setLevel(level)
        root.removeHandler(heard)
