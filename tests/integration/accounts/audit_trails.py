"""What the tests of audit trails share: workers with caches of their own, and a trail as it lies in the table."""
from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import datetime

from shared.accounts.audit_pages import AuditPage
from shared.accounts.audit_trail import CREATION, AuditEvent, Deed
from shared.accounts.models import Account
from shared.bootstrap import services_of
from shared.settings import Settings
from shared.storage.account_store import AccountStore
from tests.integration.storage.wire import Wire


def deed(operation: str = "act", **more) -> Deed:
    return Deed(operation, "key1", "192.0.2.0/24", "request", **more)


class Worker:
    """One process that writes the trail of one account."""

    def __init__(self, settings: Settings, account: Account, wire: Wire | None = None,
                 now: Callable[[], datetime] | None = None) -> None:
        self.services = services_of(settings, **({} if now is None else {"now": now}), **({} if wire is None else wire.options))
        self.store: AccountStore = self.services.accounts.open(account)

    def begin(self) -> Worker:
        """What the account's creation leaves."""
        self.write(CREATION)
        return self

    def write(self, *operations: str) -> None:
        for operation in operations:
            self.services.audit.append(self.store, deed(operation))

    def page(self, after: int = 0, size: int = 500) -> AuditPage:
        return self.services.audit_reader.page(self.store, after, size)

    def events(self) -> list[AuditEvent]:
        """All of them, found whole."""
        events: list[AuditEvent] = []
        after: int | None = 0
        while after is not None:
            page = self.page(after)
            assert page.broken_at is None
            events += page.events
            after = page.next_after
        return events

    def told(self) -> list[str]:
        """Operation, and outcome where it is a failure's, of each event."""
        return [event.deed.operation + ("" if event.deed.outcome == "begun" else f" {event.deed.outcome}")
                for event in self.events()]


def another(settings: Settings, account: Account, **changes) -> Worker:
    return Worker(dataclasses.replace(settings, **changes), account)
