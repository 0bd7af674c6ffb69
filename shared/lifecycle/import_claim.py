"""One run's hold on an import: its signs of life, where it stands, and how it ends."""
from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from shared.accounts.service import AccountService
from shared.errors import Conflict, NotFound, Unavailable
from shared.lifecycle.archive_reader import InvalidArchive
from shared.lifecycle.import_models import Import, ImportState, Place, Progress, Stage
from shared.lifecycle.import_repository import ImportRepository
from shared.storage.account_store import AccountStore

_CHANGE_TRIES = 10


class Superseded(Exception):
    """Another run has the import, or it is gone, or its account is."""


class Stopped(Exception):
    """The import's owner deleted it: what is half written is to be taken away."""


class SliceOver(Exception):
    """The run has worked for as long as one run may. Where it stands is stored."""


class Claim:
    """Every change raises Superseded once another run has the import, Stopped once its owner deleted it.

    `save_seconds` lie between two signs of life, and a run may last `slice_seconds`, since the host ends what lasts longer;
    a member is checked in one piece, for at most `check_seconds`.
    """

    def __init__(self, accounts: AccountService, imports: ImportRepository, store: AccountStore, entry: Import,
                 now: Callable[[], datetime], retention: timedelta, save_seconds: float, slice_seconds: float,
                 check_seconds: float) -> None:
        self.store = store
        self.entry = entry
        self.place = self._began_at = entry.place
        self._accounts = accounts
        self._imports = imports
        self._now = now
        self._retention = retention
        self._save_seconds = save_seconds
        self._saved = time.monotonic()
        self._ends = self._saved + slice_seconds
        self._checked_until = self._saved + check_seconds
        self._done = entry.progress.done
        self._total = entry.progress.total

    def expect(self, total: int) -> None:
        self._total = total

    def complete(self) -> None:
        """All is done: what was rounded on the way counts too."""
        self._done = self._total

    def alive(self, done: int = 0) -> None:
        """So many bytes more are done. Raises InvalidArchive where checking one member lasts longer than a whole run may."""
        self._done += done
        if self.place.stage in (Stage.RECEIVE, Stage.VALIDATE) and time.monotonic() >= self._checked_until:
            if self.place != self._began_at:
                raise SliceOver
            raise InvalidArchive("The archive has a member that takes longer to check than one run may last.")
        if time.monotonic() - self._saved >= self._save_seconds:
            self.save()

    def reached(self, place: Place, done: int = 0, before_saving: Callable[[Place], Place] = lambda place: place) -> None:
        """All before this place is done. Raises SliceOver too."""
        self.place = place
        self._done += done
        is_over = time.monotonic() >= self._ends
        if is_over or time.monotonic() - self._saved >= self._save_seconds:
            self.place = before_saving(place)
            self.save(attempts=1)  # what counts are attempts that come no further
        if is_over:
            raise SliceOver

    def enter(self, place: Place) -> None:
        """A new stage begins."""
        self.place = place
        self.save(attempts=1)

    def is_held(self) -> bool:
        """Whether no other run has the import by now, nor its owner deleted it."""
        try:
            current = self._imports.find(self.store, self.entry.id)
        except (NotFound, Unavailable):
            return True  # it cannot be told
        return current is not None and (current.attempt, current.state) == (self.entry.attempt, self.entry.state)

    def save(self, **changes: object) -> None:
        """Store place and progress, and what else changes."""
        try:
            self._accounts.get(self.store.account_id)
        except (NotFound, Conflict):
            raise Superseded from None
        for _ in range(_CHANGE_TRIES):
            now = self._now()
            changed = replace(self.entry, **{  # type: ignore[arg-type]
                "place": self.place, "progress": Progress(min(self._done, self._total), self._total), "updated_at": now,
                "expires_at": now + self._retention, **changes})
            try:
                self.entry = replace(changed, etag=self._imports.replace(self.store, changed))
                self._saved = time.monotonic()
                return
            except NotFound:
                raise Superseded from None
            except Conflict:
                current = self._imports.find(self.store, self.entry.id)
            if current is None or current.attempt != self.entry.attempt:
                raise Superseded
            if current.state is ImportState.STOPPING and self.entry.state is not ImportState.STOPPING:
                raise Stopped
            if current.state not in (self.entry.state, changed.state):
                raise Superseded
            self.entry = replace(current, state=self.entry.state)  # stored by this very call, whose answer was lost, perhaps
        raise Unavailable("The import is being changed by many requests; try again.")
