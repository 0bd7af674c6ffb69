"""Where metrics and spans go: nowhere, unless the operator turned telemetry on."""
from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Protocol

from shared.telemetry.metrics import Metric

if TYPE_CHECKING:
    from shared.telemetry.runs import Run

Measure = Callable[[], float | None]
"""A value as it is now; None where there is none to tell."""


class Telemetry(Protocol):
    @property
    def is_on(self) -> bool:
        """Whether it is worth asking for what costs a request."""

    def record(self, metric: Metric, value: float, *attributes: str) -> None:
        """The values of the attributes stand in the order in which the metric declares them."""

    def observe(self, metric: Metric, measure: Measure, *attributes: str) -> None:
        """Have an observed metric asked for with each export."""

    def span(self, run: Run) -> AbstractContextManager[None]:
        """Around a run; what the run says at the end is what the span says."""


class NoTelemetry:
    is_on = False

    def record(self, metric: Metric, value: float, *attributes: str) -> None:
        return

    def observe(self, metric: Metric, measure: Measure, *attributes: str) -> None:
        return

    def span(self, run: Run) -> AbstractContextManager[None]:
        return _NO_SPAN


_NO_SPAN: AbstractContextManager[None] = nullcontext()
NO_TELEMETRY = NoTelemetry()
