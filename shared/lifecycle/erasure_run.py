"""One run of the job that erases: it keeps how far it has come, stops where another one goes on, and in its time."""
from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

from shared.errors import Conflict, NotFound, ServiceError
from shared.lifecycle.erasure_repository import Erasure, ErasureRepository, ErasureState
from shared.lifecycle.receipts import time_text
from shared.storage.account_store import AccountStore

_FAILURES = 5
_NOTED_EVERY_SECONDS = 20
_log = logging.getLogger(__name__)


class Overtaken(Exception):
    """Another run has taken this erasure over, or ended it."""


class OutOfTime(Exception):
    """This run has lasted long enough; the next goes on."""


class Run:
    """One run of the job, which has the erasure for itself as long as nobody else notes anything of it."""

    def __init__(self, erasures: ErasureRepository, account: AccountStore, erasure: Erasure, now: Callable[[], datetime],
                 monotonic: Callable[[], float], seconds: float) -> None:
        self.erasure = erasure
        self._erasures = erasures
        self._account = account
        self._now = now
        self._monotonic = monotonic
        self._ends_at = monotonic() + seconds
        self._noted_at = monotonic()

    def note(self, **changes: Any) -> None:
        """Keep how far the work has come. Raises Overtaken."""
        erasure = dataclasses.replace(self.erasure, updated_at=self._now(), **{"tries": 0, "error": "", **changes})
        try:
            self.erasure = dataclasses.replace(erasure, etag=self._erasures.replace(self._account, erasure))
        except (Conflict, NotFound):
            raise Overtaken from None
        self._noted_at = self._monotonic()

    def note_step(self, step: str) -> None:
        self.note(steps={**self.erasure.steps, step: time_text(self._now())})

    def note_sometimes(self, always: bool, **changes: Any) -> None:
        if always or self._monotonic() - self._noted_at >= _NOTED_EVERY_SECONDS:
            self.note(**changes)
        else:
            self.erasure = dataclasses.replace(self.erasure, **changes)
        self.pause()

    def note_failure(self, reason: str) -> None:
        tries = self.erasure.tries + 1
        state = ErasureState.FAILED if tries >= _FAILURES else ErasureState.RUNNING
        try:
            self.note(tries=tries, error=reason, state=state)
        except (Overtaken, ServiceError):
            _log.warning("the failure of erasure %s could not be noted", self.erasure.id)

    def pause(self) -> None:
        """Raises OutOfTime where the run has lasted long enough."""
        if self._monotonic() > self._ends_at:
            raise OutOfTime
        if self._monotonic() - self._noted_at >= _NOTED_EVERY_SECONDS:
            self.note()
