"""An import: an archive that is uploaded in parts, checked as a whole, and written by a job."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class ImportState(StrEnum):
    UPLOADING = "uploading"
    QUEUED = "queued"
    RUNNING = "running"
    STOPPING = "stopping"
    """Its owner deleted it while it ran: nobody sees it any more, and the job takes away what it had half written."""
    SUCCEEDED = "succeeded"
    FAILED = "failed"


UNFINISHED = (ImportState.QUEUED, ImportState.RUNNING)


class Stage(StrEnum):
    """What the job does next. Nothing is written to the account before WRITE, nothing is seen before SHOW."""

    RECEIVE = "receive"
    VALIDATE = "validate"
    PLAN = "plan"
    WRITE = "write"
    SHOW = "show"
    SETTLE = "settle"
    """Where an import ends before its time: find out what it has shown by then. CLEAR deletes the rest."""
    CLEAR = "clear"
    FINISH = "finish"
    TIDY = "tidy"
    """All is decided and told in the record; what was uploaded is still to be deleted."""


@dataclass(frozen=True, slots=True)
class Place:
    """How far a stage has come: `step` is the number of the member or kind, `line` that of the next line in it.

    `subtrees` is the Merkle tree so far (sizes and roots in hex), `plan` names the blob of the plan, `taken` counts records
    and files by kind that were written below an owner. `gives_up`: what is half written is taken away, and that is the end.
    """

    stage: Stage = Stage.RECEIVE
    step: int = 0
    line: int = 0
    subtrees: tuple[tuple[int, str], ...] = ()
    plan: str = ""
    taken: Mapping[str, int] = field(default_factory=dict)
    gives_up: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """In bytes: those of the upload, of all members to be checked, and of those to be written."""

    done: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True)
class Omission:
    """A record or file that was not taken, nor anything it owns, and why."""

    kind: str
    id: str
    reason: str


@dataclass(frozen=True, slots=True)
class ImportResult:
    """Records and files by kind. `omissions` are those that nothing owns, the first thousand of `omission_count`."""

    taken: Mapping[str, int]
    not_taken: Mapping[str, int]
    omission_count: int
    omissions: tuple[Omission, ...] = ()


@dataclass(frozen=True, slots=True)
class Import:
    """`size_bytes` and `sha256` (hex) of the archive were told before. `parts` names the blob with what was uploaded.

    `attempt` names the run that may write, `attempts` counts those that came no further. `error` is what the owner reads of a failure.
    """

    id: str
    state: ImportState
    created_at: datetime
    updated_at: datetime
    expires_at: datetime
    size_bytes: int
    sha256: str
    parts: str = ""
    attempt: str = ""
    attempts: int = 0
    finished_at: datetime | None = None
    place: Place = Place()
    progress: Progress = Progress()
    result: ImportResult | None = None
    error: str = ""
    etag: str | None = field(default=None, compare=False)
