"""The jobs that there are."""
from __future__ import annotations

from typing import TYPE_CHECKING

from shared.blocklists.index import COMPACT_BLOCKLIST
from shared.blocklists.service import DELETE_BLOCKLIST
from shared.errors import NotFound
from shared.jobs.declaration import JobMessage, QueueJob, TimerJob

if TYPE_CHECKING:
    from shared.services import Services
    from shared.storage.account_store import AccountStore


def _store(services: Services, message: JobMessage) -> AccountStore | None:
    """The account's storage, or None where the account has gone, and its work with it."""
    try:
        return services.accounts.open(services.accounts.get(message.account_id))
    except NotFound:
        return None


def _compact_blocklist(services: Services, message: JobMessage) -> None:
    if store := _store(services, message):
        services.blocklist_indexes.compact(store, message.id)


def _delete_blocklist(services: Services, message: JobMessage) -> None:
    if store := _store(services, message):
        services.blocklists.purge(store, message.id)


def _rotate_keys(services: Services) -> None:
    services.key_rotation.run()


QUEUE_JOBS = (
    QueueJob(COMPACT_BLOCKLIST, _compact_blocklist),
    QueueJob(DELETE_BLOCKLIST, _delete_blocklist),
)
TIMER_JOBS = (
    TimerJob("rotate_keys", "0 */5 * * * *", _rotate_keys),
)
