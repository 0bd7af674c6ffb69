"""The jobs that there are."""
from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from shared.accounts.deletion import PURGE_ACCOUNT, TAKE_INVENTORY
from shared.accounts.models import AccountNotActive, AccountState
from shared.blocklists.service import COMPACT_BLOCKLIST, DELETE_BLOCKLIST
from shared.callbacks.sending import SEND_CALLBACK
from shared.classifiers.image_deletion import DELETE_IMAGES
from shared.classifiers.model_exports import EXPORT_ITERATION
from shared.classifiers.project_copies import IMPORT_PROJECT
from shared.classifiers.project_service import DELETE_PROJECT
from shared.classifiers.tag_service import UNTAG_IMAGES
from shared.classifiers.training_job import TRAIN_ITERATION
from shared.errors import NotFound
from shared.image_lists.service import COMPACT_IMAGE_LIST
from shared.image_lists.writer import DELETE_LIST_IMAGES
from shared.jobs.declaration import JobMessage, QueueJob, TimerJob
from shared.lifecycle.erasure import ERASE_KIND
from shared.lifecycle.export_job import EXPORT_ACCOUNT
from shared.lifecycle.import_job import IMPORT_ARCHIVE
from shared.reviews.service import DELETE_REVIEW
from shared.telemetry.metrics import PURGE_BACKLOG_ACCOUNTS, PURGE_BACKLOG_AGE, QUEUE_DEPTH
from shared.term_lists.service import COMPACT_TERMS
from shared.term_lists.writer import DELETE_TERM_LIST, DELETE_TERMS
from shared.workflows.jobs import RUN_REVIEW_JOB

if TYPE_CHECKING:
    from shared.services import Services
    from shared.storage.account_store import AccountStore


def _store(services: Services, message: JobMessage) -> AccountStore | None:
    """The account's storage, or None where the account has gone, and its work with it."""
    try:
        return services.accounts.open(services.accounts.get(message.account_id))
    except (NotFound, AccountNotActive):
        return None


def _store_of_any(services: Services, message: JobMessage) -> AccountStore | None:
    """As `_store`, of an account that was deleted too: if it is restored, nobody asks again."""
    with suppress(NotFound):
        account = services.accounts.get_in_any_state(message.account_id)
        if account.state in (AccountState.ACTIVE, AccountState.DELETED):
            return services.accounts.open(account)
    return None


def _compact_blocklist(services: Services, message: JobMessage) -> None:
    if store := _store(services, message):
        services.blocklist_indexes.compact_generation(store, message.id)


def _delete_blocklist(services: Services, message: JobMessage) -> None:
    if store := _store_of_any(services, message):
        services.blocklists.purge(store, message.id)


def _compact_terms(services: Services, message: JobMessage) -> None:
    if store := _store(services, message):
        services.term_indexes.compact_generation(store, message.id)


def _delete_term_list(services: Services, message: JobMessage) -> None:
    if store := _store_of_any(services, message):
        services.term_lists.purge(store, message.id)


def _delete_terms(services: Services, message: JobMessage) -> None:
    if store := _store_of_any(services, message):
        services.term_lists.purge_terms(store, message.id)


def _compact_image_list(services: Services, message: JobMessage) -> None:
    if store := _store(services, message):
        services.image_list_indexes.compact_generation(store, message.id)


def _delete_list_images(services: Services, message: JobMessage) -> None:
    if store := _store_of_any(services, message):
        services.image_lists.purge(store, message.id)


def _delete_project(services: Services, message: JobMessage) -> None:
    if store := _store_of_any(services, message):
        services.classifiers.projects.purge(store, message.id)


def _import_project(services: Services, message: JobMessage) -> None:
    if store := _store(services, message):
        services.classifiers.copies.run(store, message.id)


def _untag_images(services: Services, message: JobMessage) -> None:
    if store := _store(services, message):
        services.classifiers.tags.untag(store, message.id)


def _delete_images(services: Services, message: JobMessage) -> None:
    if store := _store_of_any(services, message):
        services.classifiers.deletion.carry_out(store, message.id)


def _train_iteration(services: Services, message: JobMessage) -> None:
    if store := _store(services, message):
        services.classifiers.training_job.run(store, *message.id.split("/"))


def _export_iteration(services: Services, message: JobMessage) -> None:
    if store := _store(services, message):
        services.classifiers.exports.run(store, *message.id.split("/"))


def _send_callback(services: Services, message: JobMessage) -> None:
    if store := _store(services, message):
        services.callbacks.sender.run(store, *message.id.split("/"))


def _delete_review(services: Services, message: JobMessage) -> None:
    if store := _store_of_any(services, message):
        services.reviews.purge(store, *message.id.split("/"))


def _run_review_job(services: Services, message: JobMessage) -> None:
    if store := _store(services, message):
        services.job_runner.run(store, *message.id.split("/"))


def _purge_account(services: Services, message: JobMessage) -> None:
    services.purge.run(message.account_id, message.id)


def _take_inventory(services: Services, message: JobMessage) -> None:
    services.purge.take_inventory(message.account_id, message.id)


def _erase_kind(services: Services, message: JobMessage) -> None:
    if store := _store(services, message):
        services.erasures.run(store, message.id)


def _export_account(services: Services, message: JobMessage) -> None:
    services.exports.run(message.account_id, message.id)


def _import_archive(services: Services, message: JobMessage) -> None:
    services.imports.run(message.account_id, message.id)


def _rotate_keys(services: Services) -> None:
    services.key_rotation.run()


def _purge_deleted_accounts(services: Services) -> None:
    services.account_deletion.run()
    services.erasures.resume()


def _measure_backlog(services: Services) -> None:
    """What only one worker needs to ask for, and none where nobody hears it."""
    if not services.telemetry.is_on:
        return
    for queue, depth in services.job_queue.depths().items():
        services.telemetry.record(QUEUE_DEPTH, depth, queue)
    backlog = services.account_deletion.backlog()
    services.telemetry.record(PURGE_BACKLOG_ACCOUNTS, backlog.accounts)
    services.telemetry.record(PURGE_BACKLOG_AGE, backlog.age.total_seconds())


def _expire_holdings(services: Services) -> None:
    services.retention.run()


QUEUE_JOBS = (
    QueueJob(COMPACT_BLOCKLIST, _compact_blocklist),
    QueueJob(DELETE_BLOCKLIST, _delete_blocklist),
    QueueJob(COMPACT_TERMS, _compact_terms),
    QueueJob(DELETE_TERM_LIST, _delete_term_list),
    QueueJob(DELETE_TERMS, _delete_terms),
    QueueJob(COMPACT_IMAGE_LIST, _compact_image_list),
    QueueJob(DELETE_LIST_IMAGES, _delete_list_images),
    QueueJob(DELETE_PROJECT, _delete_project),
    QueueJob(IMPORT_PROJECT, _import_project),
    QueueJob(UNTAG_IMAGES, _untag_images),
    QueueJob(DELETE_IMAGES, _delete_images),
    QueueJob(TRAIN_ITERATION, _train_iteration),
    QueueJob(EXPORT_ITERATION, _export_iteration),
    QueueJob(SEND_CALLBACK, _send_callback),
    QueueJob(RUN_REVIEW_JOB, _run_review_job),
    QueueJob(DELETE_REVIEW, _delete_review),
    QueueJob(PURGE_ACCOUNT, _purge_account),
    QueueJob(TAKE_INVENTORY, _take_inventory),
    QueueJob(ERASE_KIND, _erase_kind),
    QueueJob(EXPORT_ACCOUNT, _export_account),
    QueueJob(IMPORT_ARCHIVE, _import_archive),
)
TIMER_JOBS = (
    TimerJob("purge_deleted_accounts", "0 */5 * * * *", _purge_deleted_accounts),
    TimerJob("expire_holdings", "0 */15 * * * *", _expire_holdings),
    TimerJob("rotate_keys", "0 */5 * * * *", _rotate_keys),
    TimerJob("measure_backlog", "30 */5 * * * *", _measure_backlog),
)
