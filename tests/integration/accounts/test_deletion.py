"""Deleting and restoring accounts on Azurite: refused at once everywhere, whatever dies, and the timer forgets nobody."""
from __future__ import annotations

from itertools import count

import pytest

from shared.accounts.models import AccountNotActive, AccountState, KeyName
from shared.errors import Conflict, NotFound, Unauthenticated, Unavailable
from shared.storage.account_store import Record
from shared.storage.holdings import BLOCKLIST_ITEM
from tests.integration.accounts.deletions import ALICE, GRACE, STUCK_SECONDS, notes, refused
from tests.integration.storage.wire import (
    Died,
    Wire,
    answering,
    dies_after,
    dies_before,
    is_write,
    lost_answer,
    meanwhile,
    thereafter,
)


def test_the_keys_of_a_deleted_account_are_refused_at_once_in_every_worker(deployment):
    ours, theirs = deployment.worker(), deployment.worker()
    account, keys = ours.accounts.create("a")
    ours.accounts.grant(account.id, ALICE)
    for services in (ours, theirs):
        services.accounts.account_of_identity(ALICE, None)
        assert not any(refused(services, key) for key in keys.values())
    ours.account_deletion.delete(account.id, "operator")
    for services in (ours, theirs, deployment.worker()):
        assert all(refused(services, key) for key in keys.values())
        with pytest.raises(Unauthenticated):
            services.accounts.account_of_identity(ALICE, None)
        with pytest.raises(Unauthenticated):
            services.accounts.account_of_identity(ALICE, account.id)


def test_nothing_can_be_done_with_a_deleted_account_and_its_state_is_named(deployment):
    services = deployment.worker()
    account, _ = services.accounts.create("a")
    services.account_deletion.delete(account.id, "key1")
    for attempt in (lambda: services.accounts.get(account.id), lambda: services.accounts.rename(account.id, "b"),
                    lambda: services.accounts.regenerate_key(account.id, KeyName.KEY1),
                    lambda: services.accounts.grant(account.id, ALICE), lambda: services.accounts.revoke(account.id, ALICE),
                    lambda: services.accounts.grants(account.id), lambda: services.key_rotation.rotate(account.id)):
        with pytest.raises(AccountNotActive, match="The account is deleted."):
            attempt()
    rows = list(deployment.raw_tables.get_table_client("directory").list_entities())
    assert sorted(row["PartitionKey"] for row in rows) == ["account", "key", "key", "receipt"]


def test_the_operator_sees_when_and_by_whom_it_was_deleted_and_when_it_ends(deployment):
    services = deployment.worker()
    account, _ = services.accounts.create("a")
    services.account_deletion.delete(account.id, "key2")
    seen = deployment.worker().accounts.get_in_any_state(account.id)
    assert seen.state is AccountState.DELETED
    assert (seen.deletion.deleted_at, seen.deletion.requested_by) == (deployment.clock(), "key2")
    assert seen.deletion.purge_after == deployment.clock() + GRACE
    assert [each.id for each in services.accounts.page(None, 10)[0]] == [account.id]
    assert notes(deployment) == [seen.deletion.receipt_id]


def test_a_second_deletion_changes_nothing(deployment):
    services = deployment.worker()
    account, _ = services.accounts.create("a")
    first = services.account_deletion.delete(account.id, "key1")
    deployment.clock.pass_seconds(3600)
    second = deployment.worker().account_deletion.delete(account.id, "operator")
    assert second == first
    assert notes(deployment) == [first.deletion.receipt_id]


def test_deletions_at_the_same_time_are_one_deletion(deployment):
    account, _ = deployment.worker().accounts.create("a")
    wire = Wire()
    others = []
    wire.trouble(meanwhile(lambda: others.append(deployment.worker().account_deletion.delete(account.id, "key2"))),
                 wanted=lambda sent: sent.method == "PUT" and "PartitionKey='account'" in sent.url)
    mine = deployment.worker(wire).account_deletion.delete(account.id, "key1")
    assert mine == others[0]
    assert notes(deployment) == [mine.deletion.receipt_id]


def test_the_operator_ends_the_grace_of_an_account_that_was_deleted_before(deployment):
    services = deployment.worker()
    account, _ = services.accounts.create("a")
    first = services.account_deletion.delete(account.id, "key1")
    deployment.messages()
    deployment.clock.pass_seconds(60)
    second = services.account_deletion.delete(account.id, "operator", at_once=True)
    assert second.deletion.purge_after == deployment.clock()
    assert second.deletion.receipt_id == first.deletion.receipt_id
    assert (second.deletion.deleted_at, second.deletion.requested_by) == (first.deletion.deleted_at, "key1")
    assert [message["kind"] for message in deployment.messages()] == ["purge-account"]


def test_no_account_and_a_half_made_one_cannot_be_deleted_or_restored(deployment):
    wire = Wire()
    wire.trouble(dies_before, wanted=lambda sent: b'"TableName": "a' in sent.body)
    with pytest.raises(Died):
        deployment.worker(wire).accounts.create("half made")
    (half_made,) = deployment.raw_tables.get_table_client("directory").query_entities("PartitionKey eq 'account'")
    services = deployment.worker()
    for account_id in ("0" * 32, half_made["RowKey"]):
        with pytest.raises(NotFound):
            services.account_deletion.delete(account_id, "operator")
        with pytest.raises(NotFound):
            services.account_deletion.restore(account_id)
    assert notes(deployment) == []


def test_a_restored_account_is_as_it_was(deployment):
    services = deployment.worker()
    account, keys = services.accounts.create("a")
    services.accounts.grant(account.id, ALICE)
    services.accounts.open(account).records.upsert_all(BLOCKLIST_ITEM, [Record("1", {"n": 1})], parent="p")
    deleted = services.account_deletion.delete(account.id, "key1")
    deployment.clock.pass_seconds(GRACE.total_seconds() - 1)
    deployment.worker().account_deletion.restore(account.id)
    fresh = deployment.worker()
    assert not any(refused(fresh, key) for key in keys.values())
    assert fresh.accounts.account_of_identity(ALICE, None).id == account.id
    restored = fresh.accounts.get(account.id)
    assert (restored.display_name, restored.data_keys, restored.deletion) == ("a", account.data_keys, None)
    assert fresh.accounts.open(restored).records.find(BLOCKLIST_ITEM, "1", parent="p").content == {"n": 1}
    assert notes(deployment) == []
    assert fresh.pending_receipts.find(deleted.deletion.receipt_id) is None
    with pytest.raises(Conflict, match="The account is active"):
        fresh.account_deletion.restore(account.id)


def test_a_second_deletion_after_a_restore_has_a_receipt_of_its_own(deployment):
    services = deployment.worker()
    account, _ = services.accounts.create("a")
    first = services.account_deletion.delete(account.id, "operator")
    services.account_deletion.restore(account.id)
    second = services.account_deletion.delete(account.id, "operator")
    assert first.deletion.receipt_id != second.deletion.receipt_id
    assert notes(deployment) == [second.deletion.receipt_id]


@pytest.mark.parametrize("trouble", [dies_before, dies_after, lost_answer, answering(503)],
                         ids=["dies before", "dies after", "answer lost", "503"])
def test_an_account_is_active_or_deleted_with_a_receipt_to_come_wherever_a_worker_dies(deployment, trouble):
    for after in count():
        account, keys = deployment.worker().accounts.create("a")
        wire = Wire(retries=2 if trouble is lost_answer else 0)
        wire.trouble(trouble, is_write if trouble is dies_before else lambda sent: True, after=after)
        try:
            deployment.worker(wire).account_deletion.delete(account.id, "operator")
            ended = after >= len(wire.sent)
        except (Died, Unavailable):
            ended = False
        services = deployment.worker()
        seen = services.accounts.get_in_any_state(account.id)
        assert refused(services, keys[KeyName.KEY1]) is (seen.state is AccountState.DELETED)
        if seen.state is AccountState.DELETED:
            assert services.pending_receipts.find(seen.deletion.receipt_id).state == "deleted"
        again = services.account_deletion.delete(account.id, "operator")
        assert again.state is AccountState.DELETED
        assert refused(services, keys[KeyName.KEY1])
        if ended:
            break
    assert after >= 2


@pytest.mark.parametrize("trouble", [dies_before, dies_after, lost_answer], ids=["dies before", "dies after", "answer lost"])
def test_an_account_is_restored_or_not_wherever_a_worker_dies(deployment, trouble):
    for after in count():
        account, keys = deployment.worker().accounts.create("a")
        deployment.worker().account_deletion.delete(account.id, "operator")
        wire = Wire(retries=2 if trouble is lost_answer else 0)
        wire.trouble(trouble, after=after)
        try:
            deployment.worker(wire).account_deletion.restore(account.id)
            assert not refused(deployment.worker(), keys[KeyName.KEY1])
            if after >= len(wire.sent):
                break
        except Died:
            services = deployment.worker()
            state = services.accounts.get_in_any_state(account.id).state
            assert refused(services, keys[KeyName.KEY1]) is (state is AccountState.DELETED)
            if state is AccountState.DELETED:
                services.account_deletion.restore(account.id)
            assert not refused(deployment.worker(), keys[KeyName.KEY1])
    assert after >= 2


def test_a_deletion_counts_although_its_work_cannot_be_queued(deployment):
    account, keys = deployment.worker().accounts.create("a")
    wire = Wire()
    wire.trouble(answering(503), wanted=lambda sent: "/messages" in sent.url, times=100)
    deleted = deployment.worker(wire).account_deletion.delete(account.id, "key1", at_once=True)
    assert deleted.state is AccountState.DELETED
    services = deployment.worker()
    assert refused(services, keys[KeyName.KEY1])
    deployment.clock.pass_seconds(STUCK_SECONDS)
    services.account_deletion.run()
    assert [message["kind"] for message in deployment.messages()] == ["purge-account"]


def test_a_key_or_grant_made_while_the_account_is_deleted_leaves_no_entry(deployment):
    account, _ = deployment.worker().accounts.create("a")
    keys = {row["RowKey"] for row in deployment.raw_tables.get_table_client("directory").query_entities("PartitionKey eq 'key'")}
    for attempt in (lambda services: services.accounts.regenerate_key(account.id, KeyName.KEY1),
                    lambda services: services.accounts.grant(account.id, ALICE)):
        for happens, wanted in ((thereafter, lambda sent: True), (meanwhile, is_write)):
            wire = Wire()
            wire.trouble(happens(lambda: deployment.worker().account_deletion.delete(account.id, "operator")), wanted=wanted)
            with pytest.raises(AccountNotActive):
                attempt(deployment.worker(wire))
            rows = list(deployment.raw_tables.get_table_client("directory").list_entities())
            assert {row["RowKey"] for row in rows if row["PartitionKey"] == "key"} == keys
            assert not [row for row in rows if row["PartitionKey"] == "grant"]
            deployment.worker().account_deletion.restore(account.id)


def test_the_keys_of_a_deleted_account_are_wrapped_again_too_since_it_may_be_restored(deployment):
    services = deployment.worker()
    account, _ = services.accounts.create("a")
    services.accounts.open(account).records.upsert_all(BLOCKLIST_ITEM, [Record("1", {"n": 1})], parent="p")
    services.account_deletion.delete(account.id, "key1")
    deployment.prepend_key(7)
    deployment.worker().key_rotation.run()
    deployment.key_file.write_bytes(deployment.key_file.read_bytes().splitlines()[0])
    restored = deployment.worker()
    restored.account_deletion.restore(account.id)
    store = restored.accounts.open(restored.accounts.get(account.id))
    assert store.records.find(BLOCKLIST_ITEM, "1", parent="p").content == {"n": 1}


def test_what_a_worker_remembers_of_an_account_is_forgotten_when_it_sees_that_it_is_gone(deployment):
    ours, theirs = deployment.worker(), deployment.worker()
    account, keys = ours.accounts.create("a")
    forgotten = []
    theirs.accounts.when_gone(forgotten.append)
    opened = theirs.accounts.open(account)
    assert theirs.accounts.open(account) is opened
    ours.account_deletion.delete(account.id, "key1")
    assert refused(theirs, keys[KeyName.KEY1])
    assert forgotten == [account.id]
    assert refused(theirs, keys[KeyName.KEY1])
    assert forgotten == [account.id]  # there is nothing more to forget
