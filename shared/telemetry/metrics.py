"""Every metric that the app has, declared once. The workbook, the alerts and docs/operations.md name them; tests compare."""
from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Instrument(Enum):
    COUNTER = "counter"
    HISTOGRAM = "histogram"
    GAUGE = "gauge"
    OBSERVED = "observed gauge"
    """Asked for with each export, in every worker."""


@dataclass(frozen=True, slots=True)
class Metric:
    """`attributes` take names that are declared in the code, numbers of statuses and kinds: never what came with a request."""

    name: str
    instrument: Instrument
    unit: str
    attributes: tuple[str, ...]
    tells: str


REQUESTS = Metric("moderato.requests", Instrument.COUNTER, "{request}", ("operation", "family", "status"), "requests that were answered")
REQUEST_DURATION = Metric("moderato.request.duration", Instrument.HISTOGRAM, "s", ("operation", "family"), "how long each of them took")
JOBS = Metric("moderato.jobs", Instrument.COUNTER, "{run}", ("job", "outcome"),
              "runs of jobs and timers: `succeeded`, `failed`, or `put back` because the deployment is refused")
JOB_DURATION = Metric("moderato.job.duration", Instrument.HISTOGRAM, "s", ("job",), "how long each of them took")
LIST_INDEX_LOADS = Metric("moderato.list_index.loads", Instrument.COUNTER, "{load}", ("kind",),
                          "compiled lists that were read from the storage, or brought up to date from it")
LIST_INDEX_LOAD_SECONDS = Metric("moderato.list_index.load.seconds", Instrument.HISTOGRAM, "s", ("kind",), "how long each load took")
LIST_INDEX_KEPT = Metric("moderato.list_index.kept", Instrument.OBSERVED, "{index}", ("kind",), "compiled lists in a worker's memory")
LIST_INDEX_BYTES = Metric("moderato.list_index.bytes", Instrument.OBSERVED, "By", ("kind",), "bytes of them")
LIST_INDEX_AGE = Metric("moderato.list_index.age", Instrument.OBSERVED, "s", ("kind",),
                        "time since the oldest of them was loaded; one that is old has not changed since, and is right")
QUEUE_DEPTH = Metric("moderato.queue.depth", Instrument.GAUGE, "{message}", ("queue",), "messages in `jobs` and `jobs-poison`, about")
PURGE_BACKLOG_ACCOUNTS = Metric("moderato.purge.backlog.accounts", Instrument.GAUGE, "{account}", (),
                                "deleted accounts whose purge is due and not done")
PURGE_BACKLOG_AGE = Metric("moderato.purge.backlog.age", Instrument.GAUGE, "s", (), "time since the first of them was due; 0 where none is")
METRICS = (REQUESTS, REQUEST_DURATION, JOBS, JOB_DURATION, LIST_INDEX_LOADS, LIST_INDEX_LOAD_SECONDS, LIST_INDEX_KEPT, LIST_INDEX_BYTES,
           LIST_INDEX_AGE, QUEUE_DEPTH, PURGE_BACKLOG_ACCOUNTS, PURGE_BACKLOG_AGE)
