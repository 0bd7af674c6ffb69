"""Metrics and spans by OpenTelemetry. Imported where telemetry is on, and never otherwise."""
from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from opentelemetry.context import Context
from opentelemetry.metrics import CallbackOptions, MeterProvider, Observation
from opentelemetry.trace import SpanKind, Status, StatusCode, TracerProvider, use_span

from shared.telemetry.metrics import METRICS, Instrument, Metric
from shared.telemetry.runs import Event, Run
from shared.telemetry.telemetry import Measure

SCOPE = "moderato"
_KINDS = {Event.REQUEST: SpanKind.SERVER, Event.JOB: SpanKind.CONSUMER, Event.TIMER: SpanKind.INTERNAL}


class OpenTelemetry:
    is_on = True

    def __init__(self, tracers: TracerProvider, meters: MeterProvider) -> None:
        self._tracer = tracers.get_tracer(SCOPE)
        self._observed: dict[str, list[tuple[Measure, dict[str, str]]]] = {}
        meter = meters.get_meter(SCOPE)
        self._record: dict[str, Callable[[float, dict[str, str]], None]] = {}
        for metric in METRICS:
            said = {"name": metric.name, "unit": metric.unit, "description": metric.tells}
            if metric.instrument is Instrument.COUNTER:
                self._record[metric.name] = meter.create_counter(**said).add
            elif metric.instrument is Instrument.HISTOGRAM:
                self._record[metric.name] = meter.create_histogram(**said).record
            elif metric.instrument is Instrument.GAUGE:
                self._record[metric.name] = meter.create_gauge(**said).set
            else:
                self._observed[metric.name] = []
                meter.create_observable_gauge(callbacks=[self._asked(metric)], **said)

    def record(self, metric: Metric, value: float, *attributes: str) -> None:
        self._record[metric.name](value, dict(zip(metric.attributes, attributes, strict=True)))

    def observe(self, metric: Metric, measure: Measure, *attributes: str) -> None:
        self._observed[metric.name].append((measure, dict(zip(metric.attributes, attributes, strict=True))))

    @contextmanager
    def span(self, run: Run) -> Iterator[None]:
        # A root each time: the caller's own trace context may hold anything.
        span = self._tracer.start_span(run.operation, Context(), kind=_KINDS[run.event])
        try:
            # The texts of exceptions are content.
            with use_span(span, record_exception=False, set_status_on_exception=False):
                yield
        finally:
            span.update_name(run.operation)
            span.set_attributes({name: value for name, value in run.fields().items() if value is not None})
            if run.is_our_failure:
                span.set_status(Status(StatusCode.ERROR))
                span.add_event("exception", {"exception.type": str(run.failure)})
            span.end()

    def _asked(self, metric: Metric) -> Callable[[CallbackOptions], Iterable[Observation]]:
        def ask(_: CallbackOptions) -> Iterable[Observation]:
            for measure, attributes in self._observed[metric.name]:
                if (value := measure()) is not None:
                    yield Observation(value, attributes)
        return ask
