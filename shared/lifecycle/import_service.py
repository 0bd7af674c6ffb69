"""Imports as their owner sees them: begun, uploaded part by part, started, watched, deleted."""
from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from shared.errors import Conflict, NotFound, PayloadTooLarge, Unavailable
from shared.lifecycle.import_job import ATTEMPTS, IMPORT_ARCHIVE, ImportJob
from shared.lifecycle.import_models import UNFINISHED, Import, ImportState
from shared.lifecycle.import_repository import ImportRepository
from shared.lifecycle.import_upload import Part, forget_older, parts_of, put_part, settled_parts
from shared.storage.account_store import AccountStore
from shared.storage.queues import JobQueue

IMPORTS_KEPT = 50
STALLED_AFTER = timedelta(minutes=15)
_CHANGE_TRIES = 10
_STOP_SECONDS = 30
_STOPPING_SECONDS = 10  # a run notices within seconds; where none is alive the message takes its place, and this job is tried again
_PAUSE_SECONDS = 0.2


class ImportService:
    def __init__(self, imports: ImportRepository, job: ImportJob, jobs: JobQueue, size_limit_bytes: int, retention: timedelta,
                 now: Callable[[], datetime]) -> None:
        self._imports = imports
        self._job = job
        self._jobs = jobs
        self._size_limit_bytes = size_limit_bytes
        self._retention = retention
        self._now = now

    def create(self, account: AccountStore, size_bytes: int, sha256: str) -> Import:
        """Begin an import of an archive of this size and hash. Raises PayloadTooLarge, Conflict where too many are kept."""
        if size_bytes > self._size_limit_bytes:
            raise PayloadTooLarge(f"An archive may have {self._size_limit_bytes} bytes at the most.")
        if len(self.list(account)) >= IMPORTS_KEPT:
            raise Conflict(f"{IMPORTS_KEPT} imports are kept at the most; delete one first.")
        now = self._now()
        entry = Import(uuid.uuid4().hex, ImportState.UPLOADING, now, now, now + self._retention, size_bytes, sha256)
        return replace(entry, etag=self._imports.insert(account, entry))

    def list(self, account: AccountStore) -> list[Import]:
        """Those that have not expired, the newest first, without their omissions."""
        return [entry for entry in self._imports.list(account) if self._is_seen(entry)]

    def get(self, account: AccountStore, import_id: str) -> Import:
        """Raises NotFound, also for one that has expired."""
        return self._imports.with_omissions(account, self._get(account, import_id))

    def uploaded(self, account: AccountStore, entry: Import) -> Sequence[Part]:
        """The parts that are there, of an import that is not started."""
        return parts_of(account, entry.id) if entry.state is ImportState.UPLOADING else ()

    def put_part(self, account: AccountStore, import_id: str, number: int, content: bytes) -> None:
        """Keep one part, in place of an earlier one of this number. Raises NotFound, Conflict once started, PayloadTooLarge."""
        entry = self._uploading(account, import_id)
        blob_id = put_part(account, import_id, number, content, entry.size_bytes, self._now())
        # Of two uploads of one part, or an upload and a start, at the same time: nothing that counts is deleted.
        try:
            self._uploading(account, import_id)
        except NotFound:  # deleted meanwhile, perhaps before this blob was there to be deleted too
            self._imports.delete_upload(account, blob_id)
            raise
        forget_older(account, blob_id)

    def start(self, account: AccountStore, import_id: str) -> Import:
        """Queue the job. Raises NotFound, Conflict where it was started, parts are missing, or another import runs."""
        entry = self._uploading(account, import_id)
        self._refuse_beside(account, entry)
        settled_parts(account, import_id, entry.size_bytes)
        # From here on no part counts that is uploaded; which do is settled after that.
        entry = self._replaced(account, replace(entry, state=ImportState.QUEUED, updated_at=self._now()))
        try:
            self._refuse_beside(account, entry)
            name = f"parts-{uuid.uuid4().hex}"
            self._imports.write_parts(account, import_id, name, settled_parts(account, import_id, entry.size_bytes))
            entry = self._replaced(account, replace(entry, parts=name))
            self._jobs.send(IMPORT_ARCHIVE, account.account_id, import_id)
        except (Conflict, Unavailable):
            with suppress(Conflict, NotFound):  # deleted meanwhile
                self._replaced(account, replace(entry, state=ImportState.UPLOADING, parts=""))
            raise
        return entry

    def delete(self, account: AccountStore, import_id: str) -> None:
        """Delete an import; nothing happens if it is gone. One that is running stops; what it has taken by then stays."""
        for _ in range(_CHANGE_TRIES):
            entry = self._imports.find(account, import_id)
            if entry is None or entry.state is ImportState.STOPPING:
                return
            if entry.state not in UNFINISHED:
                self._imports.delete(account, import_id)
                return
            try:
                self._imports.replace(account, replace(entry, state=ImportState.STOPPING, updated_at=self._now(), attempts=0))
            except (Conflict, NotFound):
                continue
            self._jobs.send(IMPORT_ARCHIVE, account.account_id, import_id, _STOP_SECONDS)  # should the run have ended by force
            if not entry.attempt:
                self._job.run(account.account_id, import_id)
            return
        raise Unavailable("The import is being changed by many requests; try again.")

    def erase(self, account: AccountStore) -> None:
        """Delete all imports there are. Raises Unavailable where one that runs has not stopped within some time."""
        entries = self._imports.list(account)
        for entry in entries:
            self.delete(account, entry.id)
        ends_at = time.monotonic() + _STOPPING_SECONDS
        while any(self._imports.find(account, entry.id) for entry in entries):
            if time.monotonic() > ends_at:
                raise Unavailable("An import that runs has not stopped yet.")
            time.sleep(_PAUSE_SECONDS)

    def run(self, account_id: str, import_id: str) -> None:
        """The job `import-archive`."""
        self._job.run(account_id, import_id)

    def revive(self, account: AccountStore) -> None:
        """Queue again what gave no sign of life for a while, and give up what was tried often enough."""
        self._imports.sweep(account)
        stalled_before = self._now() - STALLED_AFTER
        for entry in self._imports.list(account):
            if entry.state not in (*UNFINISHED, ImportState.STOPPING) or entry.updated_at > stalled_before:
                continue
            try:
                if entry.attempts >= ATTEMPTS:
                    self._job.give_up(account, entry)
                else:
                    self._imports.replace(account, replace(entry, updated_at=self._now()))
            except (Conflict, NotFound):
                continue  # it moved
            self._jobs.send(IMPORT_ARCHIVE, account.account_id, entry.id)

    def _get(self, account: AccountStore, import_id: str) -> Import:
        entry = self._imports.find(account, import_id)
        if entry is None or not self._is_seen(entry):
            raise NotFound("There is no such import.")
        return entry

    def _is_seen(self, entry: Import) -> bool:
        return entry.state is not ImportState.STOPPING and entry.expires_at > self._now()

    def _uploading(self, account: AccountStore, import_id: str) -> Import:
        entry = self._get(account, import_id)
        if entry.state is not ImportState.UPLOADING:
            raise Conflict(f"The import is {entry.state.value}; nothing can be added and it cannot be started again.")
        return entry

    def _refuse_beside(self, account: AccountStore, entry: Import) -> None:
        """Of two requests at once neither may see the other, and then both are refused."""
        other = next((each for each in self.list(account) if each.id != entry.id and each.state in UNFINISHED), None)
        if other is not None:
            raise Conflict(f"An import is {other.state.value} already; wait until it has ended, or delete it.")

    def _replaced(self, account: AccountStore, entry: Import) -> Import:
        return replace(entry, etag=self._imports.replace(account, entry))
