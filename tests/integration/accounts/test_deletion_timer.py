"""The timer that queues purges: when the grace is over, after missed ticks, wherever the clock was wrong."""
from __future__ import annotations

from shared.accounts.models import AccountState
from tests.integration.accounts.deletions import GRACE, STUCK_SECONDS
from tests.integration.storage.wire import (
    Wire,
    meanwhile,
)


def kinds_queued_by_the_timer(deployment, services=None) -> list[str]:
    (services or deployment.worker()).account_deletion.run()
    return [message["kind"] for message in deployment.messages()]


def test_the_timer_queues_the_purge_when_the_grace_is_over_and_not_a_second_before(deployment):
    services = deployment.worker()
    account, _ = services.accounts.create("a")
    receipt_id = services.account_deletion.delete(account.id, "key1").deletion.receipt_id
    services.purge.take_inventory(account.id, receipt_id)
    deployment.messages()
    deployment.clock.pass_seconds(GRACE.total_seconds() - 1)
    assert kinds_queued_by_the_timer(deployment) == []
    deployment.clock.pass_seconds(1)
    services.account_deletion.run()
    assert deployment.messages() == [{"kind": "purge-account", "accountId": account.id, "id": receipt_id}]
    assert kinds_queued_by_the_timer(deployment) == []  # it is under way
    deployment.clock.pass_seconds(STUCK_SECONDS - 1)
    assert kinds_queued_by_the_timer(deployment) == []
    deployment.clock.pass_seconds(1)
    assert kinds_queued_by_the_timer(deployment) == ["purge-account"]


def test_a_grace_of_no_hours_is_over_at_once(deployment):
    services = deployment.worker(deleted_account_grace_hours=0)
    account, _ = services.accounts.create("a")
    deleted = services.account_deletion.delete(account.id, "key1")
    assert deleted.deletion.purge_after == deleted.deletion.deleted_at
    assert [message["kind"] for message in deployment.messages()] == ["purge-account"]


def test_the_timer_catches_up_after_any_number_of_missed_ticks(deployment):
    services = deployment.worker()
    accounts = [services.accounts.create(str(number))[0] for number in range(3)]
    for account in accounts:
        services.account_deletion.delete(account.id, "key1")
    deployment.messages()
    deployment.clock.pass_seconds(400 * 24 * 3600)
    services.account_deletion.run()
    assert {message["accountId"] for message in deployment.messages()} == {account.id for account in accounts}


def test_an_account_is_not_forgotten_where_the_clock_was_wrong(deployment):
    """What seems to have moved in the future has not moved lately."""
    services = deployment.worker()
    account, _ = services.accounts.create("a")
    deployment.clock.pass_seconds(10 * 365 * 24 * 3600)
    services.account_deletion.delete(account.id, "key1", at_once=True)
    deployment.messages()
    deployment.clock.pass_seconds(-10 * 365 * 24 * 3600)
    assert kinds_queued_by_the_timer(deployment) == ["take-inventory"]  # its purge is ten years away
    services.account_deletion.delete(account.id, "operator", at_once=True)
    assert [message["kind"] for message in deployment.messages()] == ["purge-account"]


def test_an_inventory_that_was_never_taken_is_queued_again(deployment):
    services = deployment.worker()
    account, _ = services.accounts.create("a")
    receipt_id = services.account_deletion.delete(account.id, "key1").deletion.receipt_id
    assert deployment.messages() == []  # it waits until requests that were let in have ended
    deployment.clock.pass_seconds(STUCK_SECONDS)
    assert kinds_queued_by_the_timer(deployment) == ["take-inventory"]
    services.purge.take_inventory(account.id, receipt_id)
    deployment.clock.pass_seconds(STUCK_SECONDS)
    assert kinds_queued_by_the_timer(deployment) == []


def test_timers_at_the_same_time_do_no_harm(deployment):
    services = deployment.worker()
    account, _ = services.accounts.create("a")
    services.account_deletion.delete(account.id, "key1")
    deployment.messages()
    deployment.clock.pass_seconds(GRACE.total_seconds())
    wire = Wire()
    wire.trouble(meanwhile(lambda: deployment.worker().account_deletion.run()), after=1)
    deployment.worker(wire).account_deletion.run()
    assert {message["accountId"] for message in deployment.messages()} == {account.id}
    assert services.accounts.get_in_any_state(account.id).state is AccountState.DELETED
