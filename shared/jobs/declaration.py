"""Work in the background, declared the way operations are: queue jobs by kind, timer jobs by schedule."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from shared.services import Services


class JobMessage(BaseModel):
    """What the job queue carries: ids, never content."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    kind: str
    account_id: str = Field(alias="accountId")
    id: str


@dataclass(frozen=True, slots=True)
class QueueJob:
    """`run` may be called twice for one message, and finds the work done then."""

    kind: str
    run: Callable[[Services, JobMessage], None]


@dataclass(frozen=True, slots=True)
class TimerJob:
    """`schedule` is a six-field NCRONTAB expression. `run` does bounded work and catches up after missed ticks."""

    name: str
    schedule: str
    run: Callable[[Services], None]
