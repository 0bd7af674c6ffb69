"""What each request, job and timer run says of itself: one line of JSON in the log, one span, its metrics. Never content."""
from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum

from shared.telemetry.metrics import JOB_DURATION, JOBS, REQUEST_DURATION, REQUESTS
from shared.telemetry.telemetry import Telemetry

SUCCEEDED, FAILED, PUT_BACK = "succeeded", "failed", "put back"
OUTCOMES = (SUCCEEDED, FAILED, PUT_BACK)
JOB_FAMILY = "background"
UNKNOWN_JOB = "unknown"
_SERVER_ERROR = 500
_log = logging.getLogger(__name__)


class Event(Enum):
    REQUEST = "request"
    JOB = "job"
    TIMER = "timer"


@dataclass(slots=True)
class Run:
    """Names are those that the code declares. `status` is the one that was answered, or how a job ended; `failure` a class's name.

    Of what was sent nothing but the account's id may get in: no path, query, id of a list, or text of an error.
    """

    event: Event
    operation: str
    family: str
    request_id: str | None = None
    account_id: str | None = None
    status: int | str | None = None
    failure: str | None = None
    seconds: float = 0.0

    @property
    def is_our_failure(self) -> bool:
        return self.status == FAILED or isinstance(self.status, int) and self.status >= _SERVER_ERROR

    def fields(self) -> dict[str, str | int | float | None]:
        return {"event": self.event.value, "operation": self.operation, "family": self.family, "requestId": self.request_id,
                "accountId": self.account_id, "status": self.status, "durationMs": round(self.seconds * 1000, 1),
                "failure": self.failure}


@contextmanager
def running(telemetry: Telemetry, run: Run) -> Iterator[Run]:
    """Around the work. A job has failed if it raises or names a failure, and has succeeded unless it says another status."""
    started = time.perf_counter()
    with telemetry.span(run):
        try:
            yield run
        except BaseException as error:
            run.failure = run.failure or type(error).__name__
            raise
        finally:
            run.seconds = time.perf_counter() - started
            _conclude(telemetry, run)


def _conclude(telemetry: Telemetry, run: Run) -> None:
    if run.event is Event.REQUEST:
        telemetry.record(REQUESTS, 1, run.operation, run.family, str(run.status))
        telemetry.record(REQUEST_DURATION, run.seconds, run.operation, run.family)
    else:
        run.status = FAILED if run.failure else run.status or SUCCEEDED
        telemetry.record(JOBS, 1, run.operation, str(run.status))
        telemetry.record(JOB_DURATION, run.seconds, run.operation)
    if _log.isEnabledFor(logging.INFO):
        _log.info(json.dumps(run.fields()))
