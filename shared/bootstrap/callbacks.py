"""What sends callbacks."""
from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from shared.callbacks.keys import CallbackKeys
from shared.callbacks.repository import CallbackKeyRepository, CallbackRepository
from shared.callbacks.sending import CallbackSender
from shared.callbacks.service import CallbackService
from shared.outbound.client import GuardedClient
from shared.settings import Settings
from shared.storage.queues import JobQueue
from shared.teams.service import TeamService


def callbacks_of(settings: Settings, teams: TeamService, outbound: GuardedClient, jobs: JobQueue,
                 now: Callable[[], datetime]) -> CallbackService:
    callbacks, keys = CallbackRepository(), CallbackKeys(CallbackKeyRepository(), now)
    retention = timedelta(days=settings.callback_retention_days)
    sender = CallbackSender(callbacks, keys, outbound, jobs, retention, now)
    return CallbackService(callbacks, keys, sender, jobs, retention, teams.require_still, now)
