"""Teams put together."""
from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from shared.teams.repository import TeamRepository
from shared.teams.service import TeamService


def teams_of(now: Callable[[], datetime]) -> TeamService:
    return TeamService(TeamRepository(), now)
