"""The job that sends a callback: one attempt each run, and the next one queued for later where it failed."""
from __future__ import annotations

import dataclasses
import math
import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from shared.callbacks.keys import CallbackKeys
from shared.callbacks.models import Callback, CallbackState
from shared.callbacks.repository import CallbackRepository
from shared.callbacks.signing import signed_headers
from shared.errors import Conflict, NotFound
from shared.outbound.client import GuardedClient
from shared.outbound.failures import FetchFailed
from shared.storage.account_store import AccountStore
from shared.storage.queues import JobQueue
from shared.storage.times import NEVER

SEND_CALLBACK = "send-callback"
PAUSES_SECONDS = (10, 30, 120, 600, 1_800, 3_600, 7_200, 14_400, 28_800, 28_800)
"""Between the attempts, of which there is one more; a day in all."""
JITTER = 0.2
"""A pause is longer or shorter by up to this share: what failed together is not tried again together."""
ATTEMPT_SECONDS = 10.0
_CLAIM = timedelta(seconds=60)
"""Longer than an attempt: until then no other run tries the callback, unless this one says so."""
_DELIVERED = range(200, 300)


class CallbackSender:
    def __init__(self, callbacks: CallbackRepository, keys: CallbackKeys, outbound: GuardedClient, jobs: JobQueue, retention: timedelta,
                 now: Callable[[], datetime], pauses_seconds: Sequence[float] = PAUSES_SECONDS,
                 attempt_seconds: float = ATTEMPT_SECONDS) -> None:
        self._callbacks = callbacks
        self._keys = keys
        self._outbound = outbound
        self._jobs = jobs
        self._retention = retention
        self._now = now
        self._pauses_seconds = pauses_seconds
        self._attempt_seconds = attempt_seconds

    def run(self, account: AccountStore, team_generation: str, callback_id: str) -> None:
        """One attempt, if it is time for it; nothing happens if the callback has ended."""
        callback = self._callbacks.find(account, team_generation, callback_id)
        if callback is None or callback.state is not CallbackState.PENDING:
            return
        now = self._now()
        if callback.next_attempt_at > now:  # another run has it, which may die; or this message came early
            self._queue(account, team_generation, callback, callback.next_attempt_at - now)
            return
        body = self._callbacks.body(account, callback_id)
        if body is None:  # who asked for it died before it was whole, and asks again
            self._callbacks.delete(account, team_generation, callback_id)
            return
        callback = dataclasses.replace(callback, attempts=callback.attempts + 1, last_attempt_at=now, next_attempt_at=now + _CLAIM)
        try:
            claimed = dataclasses.replace(callback, etag=self._callbacks.replace(account, team_generation, callback))
            ended = self._ended(claimed, self._attempt(account, claimed, body))
            self._callbacks.replace(account, team_generation, ended)
        except (Conflict, NotFound):
            return  # another run claimed it first and goes on with it, or it was deleted meanwhile
        if ended.state is CallbackState.PENDING:
            self._queue(account, team_generation, ended, ended.next_attempt_at - self._now())

    def _attempt(self, account: AccountStore, callback: Callback, body: bytes) -> int | None:
        """The status of the answer, None where there was none."""
        headers = signed_headers(self._keys.signing(account), callback.id, self._now(), body)
        try:
            return self._outbound.post(callback.url, body, {"Content-Type": "application/json", **headers}, self._attempt_seconds)
        except FetchFailed:
            return None

    def _ended(self, callback: Callback, status: int | None) -> Callback:
        """The callback after its attempt."""
        now = self._now()
        is_delivered = status in _DELIVERED
        if not is_delivered and callback.attempts <= len(self._pauses_seconds):
            pause = self._pauses_seconds[callback.attempts - 1] * random.uniform(1 - JITTER, 1 + JITTER)
            return dataclasses.replace(callback, last_status=status, next_attempt_at=now + timedelta(seconds=pause))
        return dataclasses.replace(callback, last_status=status, next_attempt_at=NEVER, expires_at=now + self._retention,
                                   state=CallbackState.DELIVERED if is_delivered else CallbackState.FAILED)

    def _queue(self, account: AccountStore, team_generation: str, callback: Callback, pause: timedelta) -> None:
        self._jobs.send(SEND_CALLBACK, account.account_id, f"{team_generation}/{callback.id}", math.ceil(max(pause.total_seconds(), 0)))
