"""What sends callbacks."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from shared.callbacks.keys import CallbackKeys
from shared.callbacks.repository import CallbackKeyRepository, CallbackRepository
from shared.callbacks.sending import PAUSES_SECONDS, CallbackSender
from shared.callbacks.service import CallbackService
from shared.outbound.client import GuardedClient
from shared.settings import Settings
from shared.storage.queues import JobQueue


def callbacks_of(settings: Settings, outbound: GuardedClient, jobs: JobQueue, now: Callable[[], datetime],
                 pauses_seconds: Sequence[float] = PAUSES_SECONDS) -> CallbackService:
    callbacks, keys = CallbackRepository(), CallbackKeys(CallbackKeyRepository(), now)
    retention = timedelta(days=settings.callback_retention_days)
    sender = CallbackSender(callbacks, keys, outbound, jobs, retention, now, pauses_seconds)
    return CallbackService(callbacks, keys, sender, jobs, retention, now)
