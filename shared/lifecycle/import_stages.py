"""The stages of an import, one after the other, from wherever it stands."""
from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from shared.errors import Conflict, NotFound
from shared.lifecycle.archive_reader import ArchiveReader, InvalidArchive
from shared.lifecycle.import_claim import Claim
from shared.lifecycle.import_contents import ArchiveContents, contents_of
from shared.lifecycle.import_models import ImportResult, Place, Stage
from shared.lifecycle.import_records import ArchiveRecords
from shared.lifecycle.import_repository import ImportRepository
from shared.lifecycle.import_upload import UploadedArchive, settled_parts
from shared.lifecycle.import_validation import RecordCheck, Validation
from shared.lifecycle.import_writing import ImportWriter, Plan
from shared.storage.account_store import AccountStore
from shared.storage.holdings import Holding


@dataclass(frozen=True, slots=True)
class ImportRules:
    """What an import is held against, and what follows it.

    `checks` are what kinds ask beyond their schemas; `after` is called with the id of each record of a kind that was taken;
    `limits` is how many records of a kind an account may have in all.
    """

    holdings: Sequence[Holding]
    size_limit_bytes: int
    entry_limit: int
    checks: Mapping[str, RecordCheck]
    after: Mapping[str, Callable[[AccountStore, str], object]]
    limits: Mapping[str, int] = field(default_factory=dict)


class ImportStages:
    """Of one run. `result` is there once the last stage is done."""

    def __init__(self, claim: Claim, imports: ImportRepository, rules: ImportRules) -> None:
        self.result: ImportResult | None = None
        self._claim = claim
        self._imports = imports
        self._rules = rules

    def run(self) -> None:
        """Raises InvalidArchive before anything is written to the account; and what the claim raises."""
        claim = self._claim
        archive = self._archive()
        if claim.place.stage is Stage.RECEIVE:
            self._receive(archive)
            claim.enter(Place(Stage.VALIDATE))
        contents = contents_of(ArchiveReader(archive, self._rules.entry_limit), self._rules.holdings, archive.size_bytes,
                               self._rules.size_limit_bytes)
        records = ArchiveRecords(contents, claim.entry.id)
        imported_bytes = sum(contents.members[path].entry.size_bytes for path in contents.imported_paths)
        claim.expect(archive.size_bytes + sum(member.entry.size_bytes for member in contents.members.values()) + imported_bytes)
        if claim.place.stage is Stage.VALIDATE:
            Validation(contents, records, self._rules.holdings, self._rules.checks, claim.alive).run(claim.place, claim.reached)
            claim.enter(Place(Stage.PLAN))
        self._write(contents, records, imported_bytes)

    def _archive(self) -> UploadedArchive:
        """The uploaded parts, settled here where the request that should have done it did not come so far."""
        claim = self._claim
        if not claim.entry.parts:
            try:
                parts = settled_parts(claim.store, claim.entry.id, claim.entry.size_bytes)
            except Conflict as error:
                raise InvalidArchive(error.message) from None
            name = f"parts-{claim.entry.attempt}"
            self._imports.write_parts(claim.store, claim.entry.id, name, parts)
            claim.save(parts=name)
        return UploadedArchive(claim.store, self._imports.parts(claim.store, claim.entry))

    def _receive(self, archive: UploadedArchive) -> None:
        self._claim.expect(archive.size_bytes)
        digest = hashlib.sha256()
        for piece in archive.pieces():
            digest.update(piece)
            self._claim.alive(len(piece))
        if digest.hexdigest() != self._claim.entry.sha256:
            raise InvalidArchive("The SHA-256 of the upload is not the one that was announced.")

    def _write(self, contents: ArchiveContents, records: ArchiveRecords, imported_bytes: int) -> None:
        claim = self._claim
        plan: Plan = {}
        writer = ImportWriter(claim.store, contents, records, self._rules.holdings, plan)
        if claim.place.stage is Stage.PLAN:
            writer.make_plan(claim.alive)
            writer.require_room(self._rules.limits)
            self._enter(replace(claim.place, stage=Stage.WRITE), plan)
        else:
            plan.update(self._imports.plan(claim.store, claim.entry.id, claim.place.plan))
        weight = imported_bytes / max(1, sum(len(files) for _, files in contents.files.values())
                                      + sum(member.lines or 0 for _, member in contents.records.values()))

        def reached(place: Place, count: int) -> None:
            claim.reached(place, round(count * weight), lambda place: self._with_plan(place, plan))
        if claim.place.stage is Stage.WRITE:
            writer.write_owned(claim.place, reached)
            self._enter(_next(claim.place, Stage.SHOW), plan)
        if claim.place.stage is Stage.SHOW:
            writer.show(claim.place, reached)
            self._enter(_next(claim.place, Stage.CLEAR), plan)
        if claim.place.stage is Stage.SETTLE:
            writer.settle()
            self._enter(_next(claim.place, Stage.CLEAR), plan)
        if claim.place.stage is Stage.CLEAR:
            writer.clear(claim.place, lambda place, count: reached(place, 0))
            self._enter(_next(claim.place, Stage.FINISH), plan)
        taken = writer.taken(claim.place.taken)
        if claim.place.gives_up:
            self.result = ImportResult(taken, writer.not_taken(taken), 0)
            return
        claim.complete()
        self._finish(writer, reached)
        count, omissions = writer.omissions()
        if omissions:
            self._imports.write_omissions(claim.store, claim.entry.id, omissions)
        self.result = ImportResult(taken, writer.not_taken(taken), count)

    def _finish(self, writer: ImportWriter, reached: Callable[[Place, int], None]) -> None:
        """What follows for each record that was taken. One that is deleted meanwhile needs nothing."""
        kinds = sorted(self._rules.after)
        for step in range(self._claim.place.step, len(kinds)):
            done = self._claim.place.line if step == self._claim.place.step else 0
            for line, record_id in enumerate(writer.taken_ids(kinds[step])):
                if line >= done:
                    with suppress(NotFound):
                        self._rules.after[kinds[step]](self._claim.store, record_id)
                    reached(replace(self._claim.place, step=step, line=line + 1), 0)

    def _enter(self, place: Place, plan: Plan) -> None:
        self._claim.enter(self._with_plan(place, plan))

    def _with_plan(self, place: Place, plan: Plan) -> Place:
        """Keep the plan in a blob of this attempt, which no other one writes."""
        name = plan_name(self._claim.entry.attempt)
        self._imports.write_plan(self._claim.store, self._claim.entry.id, name, plan)
        return replace(place, plan=name)


def plan_name(attempt: str) -> str:
    return f"plan-{attempt}"


def _next(place: Place, stage: Stage) -> Place:
    return replace(place, stage=stage, step=0, line=0)
