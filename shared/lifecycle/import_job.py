"""The job that checks an uploaded archive and writes what it holds.

It may run twice, side by side too. Whoever began last has the claim; an earlier run notices with its next sign of life and
stops. All that runs write is made from the import's id and the archive, so that two of them write the same.
"""
from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from shared.accounts.service import AccountService
from shared.errors import Conflict, NotFound, ServiceError, Unavailable
from shared.lifecycle.archive_reader import InvalidArchive
from shared.lifecycle.import_claim import Claim, SliceOver, Stopped, Superseded
from shared.lifecycle.import_models import Import, ImportState, Stage
from shared.lifecycle.import_repository import ImportRepository
from shared.lifecycle.import_stages import ImportRules, ImportStages, plan_name
from shared.storage.account_store import AccountStore
from shared.storage.queues import JobQueue

IMPORT_ARCHIVE = "import-archive"
ATTEMPTS = 5
_CHANGE_TRIES = 10
_SAVE_SECONDS = 5.0
_SLICE_SECONDS = 240.0  # host.json ends a function after ten minutes
_CHECK_SECONDS = 480.0
_GAVE_UP = f"The import did not finish in {ATTEMPTS} attempts."
_OUR_FAULT = "An internal error occurred."
_ERROR_LIMIT = 2_000
_HALF_WRITTEN = (Stage.WRITE, Stage.SHOW)
_ENDED = (ImportState.SUCCEEDED, ImportState.FAILED)


class ImportJob:
    def __init__(self, accounts: AccountService, imports: ImportRepository, rules: ImportRules, jobs: JobQueue,
                 retention: timedelta, now: Callable[[], datetime], save_seconds: float = _SAVE_SECONDS,
                 slice_seconds: float = _SLICE_SECONDS, check_seconds: float = _CHECK_SECONDS) -> None:
        self._accounts = accounts
        self._imports = imports
        self._rules = rules
        self._jobs = jobs
        self._retention = retention
        self._now = now
        self._save_seconds = save_seconds
        self._slice_seconds = slice_seconds
        self._check_seconds = check_seconds

    def run(self, account_id: str, import_id: str) -> None:
        """Go on with an import until it ends, or for as long as one run may. What goes wrong rises, to be tried again."""
        try:
            claim = self._claimed(account_id, import_id)
        except Superseded:
            return
        try:
            self._proceed(claim)
        except Superseded:
            self._forget_plan(claim)
        except Stopped:
            self._jobs.send(IMPORT_ARCHIVE, account_id, import_id)
        except SliceOver:
            with suppress(Superseded, Stopped):  # who has it now goes on
                claim.save(attempts=0)
            self._jobs.send(IMPORT_ARCHIVE, account_id, import_id)
        except Exception as error:
            if not claim.is_held():  # what another run deleted at its end was missing here
                self._forget_plan(claim)
            elif not self._has_ended_it(claim, error):
                raise

    def give_up(self, store: AccountStore, entry: Import, reason: str = _GAVE_UP) -> Import:
        """End an import that was tried often enough, or have what it wrote half taken away first.

        Return it as it is now. Raises Conflict if it moved meanwhile, NotFound if it is gone.
        """
        now = self._now()
        if entry.place.stage in _HALF_WRITTEN:
            place = replace(entry.place, stage=Stage.SETTLE, gives_up=True)
            changed = replace(entry, place=place, error=reason, attempts=0, updated_at=now)
        elif entry.state is ImportState.STOPPING:
            self._imports.delete(store, entry.id)
            return replace(entry, state=ImportState.FAILED)
        else:
            told = entry if entry.place.stage is Stage.TIDY else replace(entry, error=entry.error or reason)
            changed = replace(told, state=_outcome(told), updated_at=now, finished_at=now)
        return replace(changed, etag=self._imports.replace(store, changed))

    def _claimed(self, account_id: str, import_id: str) -> Claim:
        store = self._opened(account_id)
        for _ in range(_CHANGE_TRIES):
            entry = self._imports.find(store, import_id)
            if entry is None or entry.state is ImportState.UPLOADING:
                raise Superseded
            if entry.state in _ENDED:
                self._imports.delete_working_blobs(store, entry)  # of one that was given up
                raise Superseded
            try:
                if entry.attempts >= ATTEMPTS:
                    entry = self.give_up(store, entry)
                    if entry.state in _ENDED:
                        self._imports.delete_working_blobs(store, entry)
                        raise Superseded
                claimed = replace(entry, attempt=uuid.uuid4().hex, attempts=entry.attempts + 1, updated_at=self._now(),
                                  state=entry.state if entry.state is ImportState.STOPPING else ImportState.RUNNING)
                claimed = replace(claimed, etag=self._imports.replace(store, claimed))
            except (Conflict, NotFound):
                continue
            if entry.attempt and entry.place.plan != plan_name(entry.attempt):
                self._imports.delete_plan(store, import_id, plan_name(entry.attempt))
            return Claim(self._accounts, self._imports, store, claimed, self._now, self._retention, self._save_seconds,
                         self._slice_seconds, self._check_seconds)
        raise Unavailable("The import is being changed by many requests; try again.")

    def _proceed(self, claim: Claim) -> None:
        if claim.entry.state is ImportState.STOPPING:
            if claim.place.stage in _HALF_WRITTEN:
                claim.enter(replace(claim.place, stage=Stage.SETTLE, gives_up=True))
            if claim.place.stage in (Stage.SETTLE, Stage.CLEAR):
                ImportStages(claim, self._imports, self._rules).run()
            self._imports.delete(claim.store, claim.entry.id)
            return
        if claim.place.stage is not Stage.TIDY:
            stages = ImportStages(claim, self._imports, self._rules)
            stages.run()
            self._decide(claim, result=stages.result)
        self._tidy(claim)

    def _decide(self, claim: Claim, **outcome: object) -> None:
        """Tell the outcome, of which an error is a part where the import failed; from here on the upload is not needed."""
        claim.place = replace(claim.place, stage=Stage.TIDY)
        claim.save(attempts=1, **outcome)

    def _tidy(self, claim: Claim) -> None:
        """Who reads that the import has ended finds nothing of it but the record."""
        self._imports.delete_working_blobs(claim.store, claim.entry)
        claim.save(state=_outcome(claim.entry), finished_at=self._now())

    def _has_ended_it(self, claim: Claim, error: Exception) -> bool:
        """Whether the import ended with this, or will; if not, it waits for the next delivery."""
        reason = error.message[:_ERROR_LIMIT] if isinstance(error, ServiceError) else _OUR_FAULT
        if isinstance(error, InvalidArchive) and claim.place.stage in (Stage.RECEIVE, Stage.VALIDATE, Stage.PLAN):
            with suppress(Superseded, Stopped):  # who has it now comes to the same end
                self._decide(claim, error=reason)
                self._tidy(claim)
            return True
        if claim.entry.attempts < ATTEMPTS:
            return False
        try:
            claim.entry = self.give_up(claim.store, claim.entry, reason)
        except (Conflict, NotFound):
            return False  # it moved
        if claim.entry.state in _ENDED:
            self._imports.delete_working_blobs(claim.store, claim.entry)
        else:
            self._jobs.send(IMPORT_ARCHIVE, claim.store.account_id, claim.entry.id)
        return True

    def _opened(self, account_id: str) -> AccountStore:
        """The account's storage with its newest data keys. Raises Superseded where the account is gone, and its work with it."""
        try:
            return self._accounts.open(self._accounts.get(account_id))
        except (NotFound, Conflict):
            raise Superseded from None

    def _forget_plan(self, claim: Claim) -> None:
        """What this run alone wrote, unless the run that has the import now goes on from it."""
        with suppress(NotFound, Unavailable):
            current = self._imports.find(claim.store, claim.entry.id)
            name = plan_name(claim.entry.attempt)
            if current is None or current.place.plan != name or current.state in _ENDED:
                self._imports.delete_plan(claim.store, claim.entry.id, name)


def _outcome(entry: Import) -> ImportState:
    return ImportState.FAILED if entry.error else ImportState.SUCCEEDED
