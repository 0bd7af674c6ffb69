"""Rotation of data keys and of the key that wraps them, on Azurite, while others read and write, and die."""
from __future__ import annotations

import logging
from itertools import count

import pytest

from shared.accounts import key_rotation
from shared.accounts.key_rotation import KeyRotationService
from shared.accounts.models import Account
from shared.crypto.envelope import version_of
from shared.crypto.key_encryption import LocalFileKey, UnwrapFailed
from shared.errors import Conflict, NotFound
from shared.services import Services
from shared.storage.account_store import Record
from shared.storage.holdings import BLOCKLIST_INDEX, BLOCKLIST_ITEM
from tests.integration.storage.wire import Died, Wire, dies_before, is_write, meanwhile

SETTLE_SECONDS = 600  # DATA_KEY_SETTLE_SECONDS of the deployment


def write(services: Services, account: Account, number: int) -> None:
    store = services.accounts.open(account)
    store.records.upsert_all(BLOCKLIST_ITEM, [Record(f"{number:05}", {"n": number})], parent="p")
    store.blobs.write(BLOCKLIST_INDEX, f"g/{number:05}", [b"%d" % number])


def readable(deployment, account_id: str) -> set[int]:
    """The numbers that a fresh worker reads, in rows and in blobs alike."""
    services = deployment.worker()
    store = services.accounts.open(services.accounts.get(account_id))
    page = store.records.page(BLOCKLIST_ITEM, parent="p")
    assert page.next_after is None
    rows = {record.content["n"] for record in page.records}
    blobs = {int(b"".join(store.blobs.read(BLOCKLIST_INDEX, name))) for name in store.blobs.ids(BLOCKLIST_INDEX)}
    assert rows == blobs
    return rows


def stored_versions(deployment, account_id: str) -> set[int]:
    """The data key versions in the headers of all rows and blobs as they are stored."""
    rows = deployment.raw_tables.get_table_client(f"a{account_id}").list_entities()
    container = deployment.raw_blobs.get_container_client(f"a{account_id}")
    return {version_of(row["payload"]) for row in rows} | {
        version_of(container.download_blob(blob.name).readall()) for blob in container.list_blobs()}


def key_versions(deployment, account_id: str) -> set[int]:
    return set(deployment.worker().accounts.get(account_id).data_keys.versions)


def test_a_rotation_rewrites_everything_and_drops_the_old_key_once_it_is_settled(deployment):
    services = deployment.worker()
    account, _ = services.accounts.create("a")
    for number in range(5):
        write(services, account, number)
    rotated = services.key_rotation.rotate(account.id)
    assert set(rotated.data_keys.versions) == {1, 2}
    assert readable(deployment, account.id) == set(range(5))
    write(services, services.accounts.get(account.id), 5)
    assert stored_versions(deployment, account.id) == {1, 2}

    services.key_rotation.run()
    assert stored_versions(deployment, account.id) == {2}
    assert key_versions(deployment, account.id) == {1, 2}  # somebody may still write with the first
    deployment.clock.pass_seconds(SETTLE_SECONDS - 1)
    services.key_rotation.run()
    assert key_versions(deployment, account.id) == {1, 2}
    deployment.clock.pass_seconds(1)
    services.key_rotation.run()
    assert key_versions(deployment, account.id) == {2}
    assert readable(deployment, account.id) == set(range(6))
    assert deployment.worker().accounts.get(account.id).rewrite is None


def test_a_run_lists_the_blobs_once_and_the_next_goes_on_behind_the_last(deployment, monkeypatch):
    """Each listing begins with the first blob: one for each stretch would take hours for a hundred thousand."""
    monkeypatch.setattr(key_rotation, "_BLOBS_PER_STRETCH", 2)
    wire = Wire()
    services = deployment.worker(wire)
    account, _ = services.accounts.create("a")
    for number in range(9):
        write(services, account, number)
    services.key_rotation.rotate(account.id)
    rotation = KeyRotationService(services.accounts, deployment.directory, LocalFileKey(deployment.key_file), SETTLE_SECONDS,
                                  deployment.clock, stretches_per_run=4)
    for rewritten, listings in ((6, 1), (3, 2)):  # one stretch is of rows; the second run begins the next pass with what is left
        wire.clear()
        rotation.run()
        assert sum("comp=blocklist" in sent.url for sent in wire.sent) == rewritten
        assert sum("comp=list" in sent.url for sent in wire.sent) == listings
    assert stored_versions(deployment, account.id) == {2}


def test_names_made_from_content_stay_the_same_over_a_rotation(deployment):
    services = deployment.worker()
    account, _ = services.accounts.create("a")
    before = services.accounts.open(account).keys.keyed_hash("x", "y")
    services.key_rotation.rotate(account.id)
    deployment.clock.pass_seconds(SETTLE_SECONDS)
    for _ in range(2):
        services.key_rotation.run()
    assert key_versions(deployment, account.id) == {2}
    assert services.accounts.open(services.accounts.get(account.id)).keys.keyed_hash("x", "y") == before


def test_a_writer_that_began_before_the_rotation_loses_nothing(deployment):
    """It holds the account as it was; what it writes late under the first key is found by a later pass."""
    services, stale = deployment.worker(), deployment.worker()
    account, _ = services.accounts.create("a")
    write(stale, account, 0)
    services.key_rotation.rotate(account.id)
    services.key_rotation.run()
    write(stale, account, 1)
    assert 1 in stored_versions(deployment, account.id)
    deployment.clock.pass_seconds(SETTLE_SECONDS - 1)
    services.key_rotation.run()
    write(stale, account, 2)
    deployment.clock.pass_seconds(1)
    services.key_rotation.run()
    assert key_versions(deployment, account.id) == {2}
    assert stored_versions(deployment, account.id) == {2}
    assert readable(deployment, account.id) == {0, 1, 2}


def test_a_stale_writer_between_any_two_requests_of_a_run_loses_nothing(deployment):
    services, stale = deployment.worker(), deployment.worker()
    account, _ = services.accounts.create("a")
    for number in range(3):
        write(stale, account, number)
    services.key_rotation.rotate(account.id)
    numbers = count(100)
    written = {0, 1, 2}

    def late_write() -> None:
        written.add(number := next(numbers))
        write(stale, account, number)
        write(stale, account, 0)  # and again what is there, under the run's hands
    wire = Wire()
    for after in range(0, 40, 4):
        wire.trouble(meanwhile(late_write), after=after)
    deployment.worker(wire).key_rotation.run()
    assert readable(deployment, account.id) == written
    deployment.clock.pass_seconds(SETTLE_SECONDS)
    for _ in range(3):
        services.key_rotation.run()
    assert key_versions(deployment, account.id) == {2}
    assert stored_versions(deployment, account.id) == {2}
    assert readable(deployment, account.id) == written


def test_a_rotation_goes_on_wherever_the_worker_died(deployment):
    services = deployment.worker()
    account, _ = services.accounts.create("a")
    write(services, account, 0)
    for after in count():
        wire = Wire()
        wire.trouble(dies_before, is_write, after=after)
        services.key_rotation.rotate(account.id)
        deployment.clock.pass_seconds(SETTLE_SECONDS)
        try:
            deployment.worker(wire).key_rotation.run()
            died = False
        except Died:
            died = True
        assert readable(deployment, account.id) == {0}
        for _ in range(2):
            services.key_rotation.run()
        assert key_versions(deployment, account.id) == stored_versions(deployment, account.id) == {after + 2}
        assert readable(deployment, account.id) == {0}
        if not died:
            break
    assert after > 4


def test_a_second_rotation_waits_until_the_first_is_done(deployment):
    services = deployment.worker()
    account, _ = services.accounts.create("a")
    services.key_rotation.rotate(account.id)
    with pytest.raises(Conflict):
        deployment.worker().key_rotation.rotate(account.id)
    assert key_versions(deployment, account.id) == {1, 2}
    deployment.clock.pass_seconds(SETTLE_SECONDS)
    for _ in range(2):
        services.key_rotation.run()
    services.key_rotation.rotate(account.id)
    assert key_versions(deployment, account.id) == {2, 3}


def test_no_account_no_rotation(deployment):
    with pytest.raises(NotFound):
        deployment.worker().key_rotation.rotate("0" * 32)


def test_a_run_takes_no_more_stretches_than_it_may_and_the_next_goes_on_where_it_was(deployment):
    services = deployment.worker()
    account, _ = services.accounts.create("a")
    store = services.accounts.open(account)
    store.records.upsert_all(BLOCKLIST_ITEM, [Record(f"{number:05}", {"n": number}) for number in range(210)], parent="p")
    services.key_rotation.rotate(account.id)
    rotation = KeyRotationService(services.accounts, deployment.directory, LocalFileKey(deployment.key_file), SETTLE_SECONDS,
                                  deployment.clock, stretches_per_run=1)

    def rewritten() -> int:
        rows = deployment.raw_tables.get_table_client(f"a{account.id}").list_entities()
        return sum(version_of(row["payload"]) == 2 for row in rows)
    done = []
    for _ in range(2):
        rotation.run()
        done.append(rewritten())
    assert done == [200, 210]  # rows in a stretch
    assert deployment.worker().accounts.get(account.id).rewrite.stage == "blobs"


def test_a_damaged_row_of_one_account_does_not_stop_the_rotation_of_others(deployment, caplog):
    services = deployment.worker()
    accounts = sorted((services.accounts.create(str(number))[0] for number in range(3)), key=lambda account: account.id)
    for account in accounts:
        write(services, account, 0)
        services.key_rotation.rotate(account.id)
    damaged = accounts[0].id
    client = deployment.raw_tables.get_table_client(f"a{damaged}")
    (row,) = client.list_entities()
    client.upsert_entity({**row, "payload": row["payload"][:-1] + bytes([row["payload"][-1] ^ 1])})
    deployment.clock.pass_seconds(SETTLE_SECONDS)
    with caplog.at_level(logging.ERROR):
        for _ in range(2):
            services.key_rotation.run()
    for account in accounts[1:]:
        assert key_versions(deployment, account.id) == {2}
    assert key_versions(deployment, damaged) == {1, 2}
    assert damaged in caplog.text


def test_all_data_keys_are_wrapped_again_when_the_key_file_gets_a_new_first_line(deployment):
    services = deployment.worker()
    account, _ = services.accounts.create("a")
    write(services, account, 0)
    deployment.prepend_key(7)
    assert readable(deployment, account.id) == {0}
    fresh = deployment.worker()
    fresh.key_rotation.run()
    current = LocalFileKey(deployment.key_file).current_id()
    keys = fresh.accounts.get(account.id).data_keys
    assert {wrapped.key_id for wrapped in (*keys.versions.values(), keys.hash_key)} == {current}
    first_line = deployment.key_file.read_bytes().splitlines()[0]
    deployment.key_file.write_bytes(first_line)
    assert readable(deployment, account.id) == {0}
    assert stored_versions(deployment, account.id) == {1}  # nothing but the wrapping is new


def test_wrapping_again_and_rotating_go_together(deployment):
    services = deployment.worker()
    account, _ = services.accounts.create("a")
    write(services, account, 0)
    services.key_rotation.rotate(account.id)
    deployment.prepend_key(9)
    deployment.clock.pass_seconds(SETTLE_SECONDS)
    for _ in range(2):
        deployment.worker().key_rotation.run()
    deployment.key_file.write_bytes(deployment.key_file.read_bytes().splitlines()[0])
    assert key_versions(deployment, account.id) == {2}
    assert readable(deployment, account.id) == {0}


def test_an_account_whose_wrapping_key_is_gone_does_not_stop_the_others(deployment):
    services = deployment.worker()
    lost, _ = services.accounts.create("lost")
    deployment.prepend_key(3)
    deployment.key_file.write_bytes(deployment.key_file.read_bytes().splitlines()[0])
    later = deployment.worker()
    accounts = [later.accounts.create(str(number))[0] for number in range(3)]
    for account in accounts:
        later.key_rotation.rotate(account.id)
    deployment.clock.pass_seconds(SETTLE_SECONDS)
    for _ in range(2):
        later.key_rotation.run()
    assert [key_versions(deployment, account.id) for account in accounts] == [{2}] * 3
    with pytest.raises(UnwrapFailed):
        later.accounts.open(later.accounts.get(lost.id))
