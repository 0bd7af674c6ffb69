"""What the tests of exports share: workers of one deployment with a clock that the test moves."""
from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from shared.bootstrap import services_of
from shared.lifecycle.export_job import ExportJob
from shared.lifecycle.export_repository import ExportRepository
from shared.lifecycle.export_service import ExportService
from shared.services import Services
from shared.settings import Settings
from shared.storage.holdings import EXPORT_ARCHIVE, HOLDINGS, Holding
from tests.integration.lifecycle.made_up import MADE_UP
from tests.integration.storage.wire import Wire


class Clock:
    def __init__(self) -> None:
        self.time = datetime(2026, 3, 1, 12, tzinfo=UTC)
        self.step = timedelta(0)

    def __call__(self) -> datetime:
        """The time, which moves by a step each time somebody asks."""
        self.time += self.step
        return self.time

    def pass_seconds(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


class Exporter:
    """One process with an account open, that exports made-up kinds too; those alone take a seventh of the requests."""

    def __init__(self, settings: Settings, account_id: str, clock: Clock, wire: Wire | None = None,
                 holdings: Sequence[Holding] = (*HOLDINGS, *MADE_UP)) -> None:
        self.services: Services = services_of(settings, now=clock, **({} if wire is None else wire.options))
        self.account_id = account_id
        self.repository = ExportRepository()
        retention = timedelta(days=settings.export_retention_days)
        self.exports: ExportService = self.services.exports
        self._job = ExportJob(self.services.accounts, self.repository, holdings, retention, clock)
        if wire is not None:
            wire.clear()

    @property
    def store(self):
        return self.services.accounts.open(self.services.accounts.get(self.account_id))

    def run(self, export_id: str) -> None:
        self._job.run(self.account_id, export_id)

    def start(self):
        return self.exports.start(self.store)

    def find(self, export_id: str):
        return self.repository.find(self.store, export_id)

    def archives(self) -> list[str]:
        return self.store.blobs.ids(EXPORT_ARCHIVE)
