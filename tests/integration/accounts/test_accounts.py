"""Accounts on Azurite: made whole or not at all, opened by either key, keys exchanged at once, grants."""
from __future__ import annotations

import hashlib
import threading
from itertools import count

import pytest

from shared.accounts.models import AccountState, KeyName
from shared.errors import Conflict, InvalidRequest, NotFound, Unauthenticated, Unavailable
from shared.storage.account_store import Record
from shared.storage.holdings import BLOCKLIST_ITEM
from tests.integration.storage.wire import Died, Wire, answering, dies_before, is_write, lost_answer, meanwhile


def test_a_new_account_opens_with_either_of_two_keys(deployment):
    services = deployment.worker()
    account, keys = services.accounts.create("Contoso")
    assert set(keys) == set(KeyName) and len(set(keys.values())) == 2
    for name, key in keys.items():
        opened, by = deployment.worker().accounts.authenticate_key(key)
        assert (opened.id, by) == (account.id, name)
    stored = services.accounts.get(account.id)
    assert (stored.display_name, stored.region, stored.created_at) == ("Contoso", "testregion", deployment.clock())
    assert stored.state is AccountState.ACTIVE


def test_the_directory_names_an_account_before_anything_else_of_it_is_made(deployment):
    wire = Wire()
    deployment.worker(wire).accounts.create("a")
    made = [sent for sent in wire.sent if sent.method in ("POST", "PUT") and not sent.url.endswith("/Tables")]
    assert "/directory(PartitionKey='account'" in made[0].url and b'"creating"' in made[0].body
    assert [sent.url.rpartition("/")[2][:9] for sent in wire.sent][:1] == ["Tables"]
    first_own_table = next(i for i, sent in enumerate(wire.sent) if b'"TableName": "a' in sent.body)
    first_entry = next(i for i, sent in enumerate(wire.sent) if "/directory(" in sent.url)
    assert first_entry < first_own_table


def test_keys_are_stored_as_hashes_alone(deployment):
    wire = Wire()
    services = deployment.worker(wire)
    account, keys = services.accounts.create("a")
    new_key = services.accounts.regenerate_key(account.id, KeyName.KEY1)
    services.accounts.authenticate_key(keys[KeyName.KEY2])
    for key in [*keys.values(), new_key]:
        assert not any(key.encode() in sent.body or key in sent.url for sent in wire.sent)
    rows = list(deployment.raw_tables.get_table_client("directory").list_entities())
    assert not any(key in repr(row) for key in [*keys.values(), new_key] for row in rows)
    hashes = {row["RowKey"] for row in rows if row["PartitionKey"] == "key"}
    assert hashes == {hashlib.sha256(key.encode()).hexdigest() for key in (new_key, keys[KeyName.KEY2])}


def test_data_keys_are_stored_wrapped_alone(deployment):
    wire = Wire()
    services = deployment.worker(wire)
    account, _ = services.accounts.create("a")
    store = services.accounts.open(account)
    probe = store.keys.encrypt(b"probe", b"")
    assert store.keys.decrypt(probe, b"") == b"probe"
    assert len(account.data_keys.versions) == 1
    assert all(len(wrapped.ciphertext) == 40 for wrapped in (*account.data_keys.versions.values(), account.data_keys.hash_key))


@pytest.mark.parametrize("key", ["", "0" * 64, "caf\u00e9", "\ud800", "x" * 10_000])
def test_a_key_of_no_account_is_refused(deployment, key):
    with pytest.raises(Unauthenticated):
        deployment.worker().accounts.authenticate_key(key)


def test_the_hash_of_a_key_is_not_a_key(deployment):
    services = deployment.worker()
    _, keys = services.accounts.create("a")
    with pytest.raises(Unauthenticated):
        services.accounts.authenticate_key(hashlib.sha256(keys[KeyName.KEY1].encode()).hexdigest())


@pytest.mark.parametrize("name", list(KeyName))
def test_a_regenerated_key_works_at_once_and_the_old_one_nowhere_any_more(deployment, name):
    ours, theirs = deployment.worker(), deployment.worker()
    account, keys = ours.accounts.create("a")
    other = next(each for each in KeyName if each is not name)
    for services in (ours, theirs):
        services.accounts.authenticate_key(keys[name])  # now it is in the cache of both
    new_key = ours.accounts.regenerate_key(account.id, name)
    for services in (ours, theirs, deployment.worker()):
        with pytest.raises(Unauthenticated):
            services.accounts.authenticate_key(keys[name])
        assert services.accounts.authenticate_key(new_key)[1] is name
        assert services.accounts.authenticate_key(keys[other])[1] is other


def test_regenerating_a_key_of_no_account_changes_nothing(deployment):
    with pytest.raises(NotFound):
        deployment.worker().accounts.regenerate_key("0" * 32, KeyName.KEY1)
    assert list(deployment.raw_tables.get_table_client("directory").list_entities()) == []


def test_of_keys_regenerated_at_once_one_works_and_no_entry_of_another_stays(deployment):
    account, keys = deployment.worker().accounts.create("a")
    wire = Wire()
    between: list[str] = []
    wire.trouble(meanwhile(lambda: between.append(deployment.worker().accounts.regenerate_key(account.id, KeyName.KEY1))),
                 wanted=lambda sent: sent.method == "PUT" and "directory(" in sent.url)
    last = deployment.worker(wire).accounts.regenerate_key(account.id, KeyName.KEY1)
    accounts = deployment.worker().accounts
    assert accounts.authenticate_key(last)[1] is KeyName.KEY1
    for refused in (keys[KeyName.KEY1], *between):
        with pytest.raises(Unauthenticated):
            accounts.authenticate_key(refused)
    hashes = {row["RowKey"] for row in deployment.raw_tables.get_table_client("directory").query_entities(
        "PartitionKey eq 'key'")}
    assert hashes == {hashlib.sha256(key.encode()).hexdigest() for key in (last, keys[KeyName.KEY2])}


def test_a_key_is_regenerated_even_where_the_storages_answer_is_lost(deployment):
    account, keys = deployment.worker().accounts.create("a")
    for after in count():
        wire = Wire(retries=2)
        wire.trouble(lost_answer, after=after)
        try:
            key = deployment.worker(wire).accounts.regenerate_key(account.id, KeyName.KEY1)
        except (Conflict, Unavailable):  # what was lost may have been done: the caller tries again
            key = deployment.worker().accounts.regenerate_key(account.id, KeyName.KEY1)
        accounts = deployment.worker().accounts
        assert accounts.authenticate_key(key)[1] is KeyName.KEY1
        with pytest.raises(Unauthenticated):
            accounts.authenticate_key(keys[KeyName.KEY1])
        keys[KeyName.KEY1] = key
        assert accounts.authenticate_key(keys[KeyName.KEY2])[1] is KeyName.KEY2
        if after >= len(wire.sent):
            break
    assert after > 3


def test_a_worker_that_dies_while_it_regenerates_a_key_leaves_old_or_new_and_the_other(deployment):
    account, keys = deployment.worker().accounts.create("a")
    for after in count():
        wire = Wire()
        wire.trouble(dies_before, is_write, after=after)
        try:
            new_key = deployment.worker(wire).accounts.regenerate_key(account.id, KeyName.KEY1)
            break
        except Died:
            accounts = deployment.worker().accounts
            assert accounts.authenticate_key(keys[KeyName.KEY2])[1] is KeyName.KEY2
            keys[KeyName.KEY1] = accounts.regenerate_key(account.id, KeyName.KEY1)
            assert accounts.authenticate_key(keys[KeyName.KEY1])[1] is KeyName.KEY1
    assert after >= 3
    assert deployment.worker().accounts.authenticate_key(new_key)[1] is KeyName.KEY1


@pytest.mark.parametrize("death", [dies_before, answering(503), lost_answer], ids=["dies", "503", "answer lost"])
def test_an_account_that_was_not_made_to_the_end_is_nowhere_to_be_seen(deployment, death):
    finished = []
    for after in count():
        wire = Wire()
        wire.trouble(death, after=after)
        try:
            finished.append(deployment.worker(wire).accounts.create("half made")[0].id)
            if after >= len(wire.sent):
                break
        except (Died, Unavailable):
            pass
    assert after >= 6
    services = deployment.worker()
    entries = {row["RowKey"]: row["state"] for row in deployment.raw_tables.get_table_client("directory").query_entities(
        "PartitionKey eq 'account'")}
    listed = {account.id for account in services.accounts.page(None, 1000)[0]}
    # The very last step may have been done although its answer was lost; whatever else there is, is not active.
    assert set(finished) <= listed == {account_id for account_id, state in entries.items() if state == "active"}
    assert len(listed - set(finished)) <= 1
    for account_id in set(entries) - listed:
        with pytest.raises(NotFound):
            services.accounts.get(account_id)
        with pytest.raises(NotFound):
            services.accounts.rename(account_id, "b")
    for row in deployment.raw_tables.get_table_client("directory").query_entities("PartitionKey eq 'key'"):
        assert row["accountId"] in entries
    stores = {table.name for table in deployment.raw_tables.list_tables()} | {
        container.name for container in deployment.raw_blobs.list_containers()}
    assert {name[1:] for name in stores - {"directory"} if name.startswith("a")} <= set(entries)


def test_a_key_of_a_half_made_account_is_refused(deployment):
    wire = Wire()
    # The account's row and those of its two keys come before the row that makes it active.
    wire.trouble(dies_before, wanted=lambda sent: sent.method == "PUT" and "directory(" in sent.url, after=3)
    with pytest.raises(Died):
        deployment.worker(wire).accounts.create("a")
    entries = list(deployment.raw_tables.get_table_client("directory").query_entities("PartitionKey eq 'key'"))
    assert len(entries) == 2  # both keys are entered already, and known to nobody
    services = deployment.worker()
    assert services.accounts.page(None, 10) == ([], None)


def test_writers_of_one_account_lose_nothing(deployment):
    account, _ = deployment.worker().accounts.create("a")
    wire = Wire()
    wire.trouble(meanwhile(lambda: deployment.worker().accounts.regenerate_key(account.id, KeyName.KEY2)),
                 wanted=lambda sent: sent.method == "PUT" and "directory(" in sent.url, times=3)
    before = deployment.worker().accounts.get(account.id)
    deployment.worker(wire).accounts.rename(account.id, "b")
    after = deployment.worker().accounts.get(account.id)
    assert after.display_name == "b"
    assert after.key_hashes[KeyName.KEY1] == before.key_hashes[KeyName.KEY1]
    assert after.key_hashes[KeyName.KEY2] != before.key_hashes[KeyName.KEY2]


def test_a_writer_gives_up_where_others_always_come_first(deployment):
    account, _ = deployment.worker().accounts.create("a")
    names = count()
    wire = Wire()
    wire.trouble(meanwhile(lambda: deployment.worker().accounts.rename(account.id, f"other {next(names)}")),
                 wanted=lambda sent: sent.method == "PUT" and "directory(" in sent.url, times=1000)
    with pytest.raises(Unavailable):
        deployment.worker(wire).accounts.rename(account.id, "b")
    assert deployment.worker().accounts.get(account.id).display_name.startswith("other")


def test_many_threads_may_open_one_account_at_once(deployment):
    services = deployment.worker()
    account, _ = services.accounts.create("a")
    failures: list[BaseException] = []

    def use(number: int) -> None:
        try:
            services.accounts.open(account).records.upsert_all(BLOCKLIST_ITEM, [Record(str(number), {"n": number})])
        except BaseException as failure:
            failures.append(failure)
    threads = [threading.Thread(target=use, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(services.accounts.open(account).records.page(BLOCKLIST_ITEM).records) == 12
    assert services.accounts.open(account) is services.accounts.open(account)


def test_accounts_are_listed_in_pages_without_the_half_made_ones(deployment):
    services = deployment.worker()
    made = sorted(services.accounts.create(str(number))[0].id for number in range(5))
    wire = Wire()
    wire.trouble(dies_before, wanted=lambda sent: b'"TableName": "a' in sent.body)
    with pytest.raises(Died):
        deployment.worker(wire).accounts.create("half made")
    seen, after = [], None
    while True:
        page, after = services.accounts.page(after, 2)
        seen += [account.id for account in page]
        if after is None:
            break
    assert seen == made


ALICE, BOB = "11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222"


def test_a_granted_identity_opens_the_account_until_the_grant_is_revoked(deployment):
    services = deployment.worker()
    account, _ = services.accounts.create("a")
    with pytest.raises(Unauthenticated):
        services.accounts.account_of_identity(ALICE, None)
    grant, is_new = services.accounts.grant(account.id, ALICE)
    assert (grant.object_id, grant.account_id, grant.created_at, is_new) == (ALICE, account.id, deployment.clock(), True)
    assert services.accounts.grant(account.id, ALICE)[1] is False
    assert services.accounts.account_of_identity(ALICE, None).id == account.id
    assert services.accounts.account_of_identity(ALICE, account.id).id == account.id
    for identity in (BOB, ALICE[:-1], "", "1"):
        with pytest.raises(Unauthenticated):
            services.accounts.account_of_identity(identity, None)
    assert [grant.object_id for grant in services.accounts.grants(account.id)] == [ALICE]
    services.accounts.revoke(account.id, ALICE)
    services.accounts.revoke(account.id, ALICE)
    with pytest.raises(Unauthenticated):
        deployment.worker().accounts.account_of_identity(ALICE, None)
    assert services.accounts.grants(account.id) == []


def test_an_identity_of_several_accounts_must_name_one_of_its_own(deployment):
    services = deployment.worker()
    first, second, third = (services.accounts.create(str(number))[0] for number in range(3))
    services.accounts.grant(first.id, ALICE)
    services.accounts.grant(second.id, ALICE)
    services.accounts.grant(third.id, BOB)
    with pytest.raises(InvalidRequest):
        services.accounts.account_of_identity(ALICE, None)
    assert services.accounts.account_of_identity(ALICE, second.id).id == second.id
    with pytest.raises(Unauthenticated):
        services.accounts.account_of_identity(ALICE, third.id)
    assert [grant.object_id for grant in services.accounts.grants(third.id)] == [BOB]


@pytest.mark.parametrize("wanted", [
    "", "me", "a/b", "a?b", "\\", "'", "\x00", "\ud800", "..", "A" * 32, "0" * 31, "0" * 33, "0" * 32 + "\n"])
def test_a_header_that_names_no_account_is_refused_like_one_that_names_anothers(deployment, wanted: str):
    services = deployment.worker()
    services.accounts.grant(services.accounts.create("a")[0].id, ALICE)
    with pytest.raises(Unauthenticated):
        services.accounts.account_of_identity(ALICE, wanted)


def test_a_grant_on_no_account_is_refused(deployment):
    with pytest.raises(NotFound):
        deployment.worker().accounts.grant("0" * 32, ALICE)
    with pytest.raises(NotFound):
        deployment.worker().accounts.grants("0" * 32)
