"""A purge that is killed, done twice, or done at the same time."""
from __future__ import annotations

import threading
import time
from itertools import count

import pytest

from shared.accounts.models import AccountState
from shared.errors import Conflict, ServiceError, Unavailable
from shared.lifecycle.leftovers import LeftoversRemain
from shared.storage import queues
from tests.integration.lifecycle.purging import ALICE, assert_purged, furnished, purge, purge_to_the_end
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


@pytest.fixture
def short_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that dies holds the poisoned messages that it looked at; tests do not wait for them as long as jobs do."""
    monkeypatch.setattr(queues, "HELD_SECONDS", 1)


@pytest.mark.parametrize("death", [dies_before, dies_after], ids=["dies before", "dies after"])
@pytest.mark.usefixtures("short_holds")
def test_a_purge_goes_on_wherever_it_was_killed(deployment, death):
    for after in count():
        account, receipt_id = furnished(deployment)
        wire = Wire()
        wire.trouble(death, is_write, after=after)
        try:
            purge(deployment.worker(wire), account, receipt_id)
            died = False
        except Died:
            died = True
            assert deployment.worker().accounts.get_in_any_state(account.id).state is not AccountState.ACTIVE
        deployment.clock.pass_seconds(1)
        purge_to_the_end(deployment, account, receipt_id)
        assert_purged(deployment, account, receipt_id)
        if not died:
            break
    assert after >= 12


@pytest.mark.usefixtures("short_holds")
def test_a_purge_that_is_killed_again_and_again_comes_to_its_end(deployment):
    """No run does more than six writes."""
    account, receipt_id = furnished(deployment)
    for runs in count():
        wire = Wire()
        wire.trouble(dies_after, is_write, after=runs % 6)
        try:
            purge(deployment.worker(wire), account, receipt_id)
            break
        except Died:
            assert runs < 100
        except Unavailable:
            time.sleep(1)
    assert_purged(deployment, account, receipt_id)


@pytest.mark.parametrize("trouble", [lost_answer, answering(503)], ids=["answer lost", "503"])
@pytest.mark.usefixtures("short_holds")
def test_a_purge_goes_on_where_the_storage_did_not_answer(deployment, trouble):
    for after in count():
        account, receipt_id = furnished(deployment)
        wire = Wire()
        wire.trouble(trouble, after=after)
        try:
            purge(deployment.worker(wire), account, receipt_id)
            ended = after >= len(wire.sent)
        except ServiceError:
            ended = False
        purge_to_the_end(deployment, account, receipt_id)
        assert_purged(deployment, account, receipt_id)
        if ended:
            break
    assert after >= 15


@pytest.mark.usefixtures("short_holds")
def test_a_second_purge_between_any_two_requests_of_a_first_does_no_harm(deployment):
    for after in count():
        account, receipt_id = furnished(deployment)
        wire = Wire()
        wire.trouble(meanwhile(lambda account=account, receipt_id=receipt_id: purge(deployment.worker(), account, receipt_id)),
                     after=after)
        try:
            purge(deployment.worker(wire), account, receipt_id)
        except Unavailable:
            purge_to_the_end(deployment, account, receipt_id)  # the poison queue was held by the other one
        receipt = assert_purged(deployment, account, receipt_id)
        assert receipt["inventory"]["stores"]["table"]["count"] == 7  # not what was left when the other had begun to delete
        if after >= len(wire.sent):
            break
    assert after >= 15


@pytest.mark.usefixtures("short_holds")
def test_purges_at_the_same_time_write_one_receipt(deployment):
    account, receipt_id = furnished(deployment, records=1500)
    failures: list[BaseException] = []

    def run() -> None:
        for _ in range(20):
            try:
                return purge(deployment.worker(), account, receipt_id)
            except (Unavailable, Conflict):
                time.sleep(0.2)
            except BaseException as failure:
                failures.append(failure)
                return None
    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    receipt = assert_purged(deployment, account, receipt_id)
    assert receipt["inventory"]["stores"]["table"]["count"] == 1504
    names = [blob.name for blob in deployment.raw_blobs.get_container_client("receipts").list_blobs()]
    assert [name for name in names if name.startswith("receipts/")] == [f"receipts/{receipt_id}.json"]


def test_what_turns_up_again_while_it_is_purged_is_found_and_deleted(deployment):
    account, receipt_id = furnished(deployment)
    name = f"a{account.id}"

    def write_late() -> None:
        deployment.raw_tables.create_table(name)
        deployment.raw_tables.get_table_client(name).create_entity({"PartitionKey": "blocklist", "RowKey": "x"})
        deployment.raw_blobs.create_container(name)
        deployment.raw_tables.get_table_client("directory").create_entity(
            {"PartitionKey": "grant", "RowKey": f"{ALICE}|{account.id}", "accountId": account.id})
    wire = Wire()
    wire.trouble(thereafter(write_late), wanted=lambda sent: sent.method == "DELETE" and f"/{name}?" in sent.url)
    purge(deployment.worker(wire), account, receipt_id)
    receipt = assert_purged(deployment, account, receipt_id)
    assert receipt["scan"]["foundAndDeleted"] == ["container", "keys or grants", "messages", "table"]


def test_a_purge_fails_where_something_comes_back_for_ever_and_ends_when_it_does_not(deployment):
    account, receipt_id = furnished(deployment)
    name = f"a{account.id}"
    wire = Wire()
    wire.trouble(thereafter(lambda: deployment.raw_tables.create_table_if_not_exists(name)),
                 wanted=lambda sent: sent.method == "DELETE" and f"Tables('{name}')" in sent.url, times=1000)
    with pytest.raises(LeftoversRemain, match="table"):
        purge(deployment.worker(wire), account, receipt_id)
    services = deployment.worker()
    assert services.accounts.get_in_any_state(account.id).state is AccountState.PURGING
    assert services.receipts.find(receipt_id) is None
    assert services.pending_receipts.find(receipt_id).state == "purging"
    purge(services, account, receipt_id)
    assert_purged(deployment, account, receipt_id)
