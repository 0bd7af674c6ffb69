"""Sessions put together."""
from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from shared.accounts.service import AccountService
from shared.bootstrap.teams import Teams
from shared.sessions.service import SessionRules, SessionService
from shared.settings import Settings


def sessions_of(settings: Settings, accounts: AccountService, teams: Teams, now: Callable[[], datetime]) -> SessionService:
    rules = SessionRules(timedelta(hours=settings.review_session_hours), timedelta(minutes=settings.review_session_idle_minutes),
                         settings.review_platform_sign_in)
    return SessionService(accounts, teams.service, teams.members, teams.sign_ins, rules, now)
