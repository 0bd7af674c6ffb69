"""An export: one archive of an account, asked for, written by a job, kept for some days."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class ExportState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


UNFINISHED = (ExportState.QUEUED, ExportState.RUNNING)


@dataclass(frozen=True, slots=True)
class Progress:
    """Items are records and files. The totals were counted at the start, and others go on changing what there is."""

    items_done: int = 0
    items_total: int = 0
    file_bytes_done: int = 0
    file_bytes_total: int = 0


@dataclass(frozen=True, slots=True)
class ArchiveSummary:
    """`sha256` is the whole archive's, in hex; `counts` are records and files by kind."""

    size_bytes: int
    sha256: str
    merkle_root: str
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Export:
    """`attempt` names the run that may write; `attempts` counts them. `error` is what the owner reads of a failure."""

    id: str
    state: ExportState
    created_at: datetime
    updated_at: datetime
    expires_at: datetime
    attempt: str = ""
    attempts: int = 0
    finished_at: datetime | None = None
    progress: Progress = Progress()
    archive: ArchiveSummary | None = None
    error: str = ""
    etag: str | None = field(default=None, compare=False)
