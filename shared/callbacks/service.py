"""Callbacks: asked for by a room whose work is done, sent by a job, seen by the owner, sent again where the owner asks."""
from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from shared.callbacks.keys import CallbackKeys
from shared.callbacks.models import Callback, CallbackState
from shared.callbacks.repository import CallbackRepository
from shared.callbacks.sending import SEND_CALLBACK, CallbackSender
from shared.errors import Conflict, NotFound
from shared.storage.account_store import AccountStore
from shared.storage.queues import JobQueue
from shared.teams.models import Team

UNENDED_FOR = timedelta(days=3)
"""Longer than a callback is tried: one that was forgotten in the middle does not stay for ever."""
_OVERDUE = timedelta(minutes=10)
_OVERDUE_AT_ONCE = 500
_ID_PURPOSE = "callback id"


class CallbackService:
    def __init__(self, callbacks: CallbackRepository, keys: CallbackKeys, sender: CallbackSender, jobs: JobQueue, retention: timedelta,
                 require_still: Callable[[AccountStore, Team], None], now: Callable[[], datetime]) -> None:
        """`retention` is how long a callback is kept that has ended; `require_still` raises NotFound where the team has ended."""
        self.keys = keys
        self.sender = sender
        self._callbacks = callbacks
        self._jobs = jobs
        self._retention = retention
        self._require_still = require_still
        self._now = now

    def send(self, account: AccountStore, team: Team, url: str, event: Mapping[str, Any], about: str) -> str:
        """Have the event sent as JSON, and return its id. `about` is the id of the job or review that it tells of.

        It is sent at least once. The same event, asked for again, is the same callback: who died in the middle asks again.
        """
        body = json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
        callback_id = _id_of(account, team, url, about, body)
        now = self._now()
        try:
            self._callbacks.insert(account, team.generation, Callback(
                callback_id, url, about, created_at=now, expires_at=now + UNENDED_FOR + self._retention, next_attempt_at=now))
        except Conflict:
            found = self._callbacks.find(account, team.generation, callback_id)
            if found is None or found.state is not CallbackState.PENDING:
                return callback_id
        self._callbacks.write_body(account, callback_id, body)
        try:  # deleted meanwhile, or its team, perhaps before all of it was there to be seen
            self._require_still(account, team)
            is_there = self._callbacks.find(account, team.generation, callback_id) is not None
        except NotFound:
            is_there = False
        if not is_there:
            self._callbacks.delete(account, team.generation, callback_id)
            return callback_id
        self._queue(account, team.generation, callback_id)
        return callback_id

    def page(self, account: AccountStore, teams: Sequence[Team], state: CallbackState | None, after: tuple[str, str] | None,
             size: int) -> tuple[list[tuple[Team, Callback]], tuple[str, str] | None]:
        """A page of the callbacks of these teams, team by team and by id, and the place (team key and id) to go on after.

        Where a state is asked for, a page may have fewer, or none, and others still follow it.
        """
        found: list[tuple[Team, Callback]] = []
        left = size
        for team in sorted(teams, key=lambda team: team.key):
            if after is not None and team.key < after[0]:
                continue
            last = after[1] if after is not None and team.key == after[0] else None
            callbacks, next_after = self._callbacks.page(account, team.generation, last, left)
            found += [(team, callback) for callback in callbacks if state is None or callback.state is state]
            left -= len(callbacks)
            if next_after is not None:
                return found, (team.key, next_after)
            if left == 0:
                return found, (team.key, callbacks[-1].id)
        return found, None

    def send_again(self, account: AccountStore, teams: Sequence[Team], callback_id: str) -> Callback:
        """Try a callback that has ended once more, as if it were new. Raises NotFound; Conflict where it is being tried still."""
        for team in teams:
            callback = self._callbacks.find(account, team.generation, callback_id)
            if callback is None:
                continue
            if callback.state is CallbackState.PENDING:
                raise Conflict("The callback is being tried still.")
            now = self._now()
            callback = dataclasses.replace(callback, state=CallbackState.PENDING, attempts=0, next_attempt_at=now,
                                           expires_at=now + UNENDED_FOR + self._retention)
            try:
                self._callbacks.replace(account, team.generation, callback)
            except Conflict:
                raise Conflict("The callback is being tried still.") from None
            self._queue(account, team.generation, callback_id)
            return callback
        raise NotFound("There is no such callback.")

    def revive(self, account: AccountStore) -> None:
        """Queue those again whose time has come for a while and that no worker took: their message was lost."""
        for generation, callback_id in self._callbacks.due(account, self._now() - _OVERDUE, _OVERDUE_AT_ONCE):
            self._queue(account, generation, callback_id)

    def _queue(self, account: AccountStore, generation: str, callback_id: str) -> None:
        self._jobs.send(SEND_CALLBACK, account.account_id, f"{generation}/{callback_id}")


def _id_of(account: AccountStore, team: Team, url: str, about: str, body: bytes) -> str:
    return account.keys.keyed_hash(_ID_PURPOSE, team.generation, url, about, body.decode()).hex()[:32]
