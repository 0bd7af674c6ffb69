"""An account's own storage on Azurite: encrypted, bound to its place, and nobody else's."""
from __future__ import annotations

import pytest
from azure.storage.blob import BlobServiceClient

from shared.crypto.envelope import DataKeys, DecryptionFailed, version_of
from shared.errors import Conflict, NotFound, Unavailable
from shared.storage.account_blobs import AccountBlobs
from shared.storage.account_store import PAYLOAD_LIMIT_BYTES, AccountRecords, Record
from shared.storage.blobs import BlobStore
from shared.storage.holdings import BLOCKLIST, BLOCKLIST_INDEX, BLOCKLIST_ITEM
from shared.storage.tables import TableStore
from tests.integration.storage.wire import Wire, meanwhile

CANARY = "a canary that sings in the mine"
PLAIN = {"version": 1, "patternsVersion": 0, "generation": "g"}


@pytest.fixture
def records(account) -> AccountRecords:
    return account.store.records


def raw_rows(raw_tables, account) -> list:
    return list(raw_tables.get_table_client(f"a{account.account.id}").list_entities())


def test_a_record_comes_back_with_its_content_its_plain_properties_and_its_etag(records):
    content = {"text": CANARY, "number": 3, "list": [1, {"a": None}], "lone": "\ud800", "text2": "caf\u00e9 \U0001f600"}
    etag = records.insert(BLOCKLIST, Record("name", content, PLAIN))
    found = records.find(BLOCKLIST, "name")
    assert found == Record("name", content, PLAIN) and found.etag == etag
    assert records.find(BLOCKLIST, "other") is None
    assert records.find_plain(BLOCKLIST, ["name", "other", "name"]) == [PLAIN, None, PLAIN]
    assert records.find_all(BLOCKLIST, ["other", "name"]) == {"name": found}


def test_records_of_a_parent_are_apart_from_those_of_another_and_from_those_without(records):
    for parent in ("p", "p|", "p|q", "P"):
        records.upsert_all(BLOCKLIST_ITEM, [Record("1", {"text": parent})], parent=parent)
    for parent in ("p", "p|", "p|q", "P"):
        assert [record.content["text"] for record in records.page(BLOCKLIST_ITEM, parent=parent).records] == [parent]
    assert records.find(BLOCKLIST_ITEM, "1") is None


def test_pages_and_ids_go_on_after_any_id(records):
    ids = sorted(["a", "b/c", "d|e", "f g", "h'i", "j%", "\u00e9", "zz"], key=lambda each: each.encode())
    records.upsert_all(BLOCKLIST_ITEM, [Record(each, {"text": each}) for each in ids], parent="p")
    seen, seen_ids, after, after_id = [], [], None, None
    while True:
        page = records.page(BLOCKLIST_ITEM, parent="p", after=after, size=3)
        seen += [record.id for record in page.records]
        after = page.next_after
        some, after_id = records.ids(BLOCKLIST_ITEM, parent="p", after=after_id, size=3)
        seen_ids += some
        assert after == after_id
        if after is None:
            break
    assert sorted(seen) == sorted(seen_ids) == sorted(ids)
    assert len(seen) == len(ids)


def test_writers_that_come_second_are_told_so(records):
    first = Record("name", {"n": 1}, PLAIN, records.insert(BLOCKLIST, Record("name", {"n": 1}, PLAIN)))
    with pytest.raises(Conflict):
        records.insert(BLOCKLIST, first)
    records.replace(BLOCKLIST, first)
    with pytest.raises(Conflict):
        records.replace(BLOCKLIST, first)
    with pytest.raises(Conflict):
        records.delete(BLOCKLIST, "name", etag=first.etag)
    records.delete(BLOCKLIST, "name")
    records.delete(BLOCKLIST, "name")
    with pytest.raises(NotFound):
        records.replace(BLOCKLIST, first)


@pytest.mark.parametrize("plain", [{}, {"version": 1, "patternsVersion": 0}, {**PLAIN, "more": 1}])
def test_a_record_whose_plain_properties_are_not_the_declared_ones_is_refused(records, plain):
    for write in (lambda: records.insert(BLOCKLIST, Record("name", {}, plain)),
                  lambda: records.upsert_all(BLOCKLIST, [Record("name", {}, plain)])):
        with pytest.raises(ValueError, match="plain properties"):
            write()
    assert records.find(BLOCKLIST, "name") is None


def test_a_blob_kind_is_no_record_kind_and_the_other_way_round(account):
    with pytest.raises(ValueError):
        account.store.records.insert(BLOCKLIST_INDEX, Record("name", {}))
    with pytest.raises(ValueError):
        account.store.blobs.write(BLOCKLIST, "name", [b"x"])


def test_a_record_holds_what_fits_and_refuses_a_byte_more(records):
    overhead = len(account_payload(b'{"text":""}'))
    fitting = "x" * (PAYLOAD_LIMIT_BYTES - overhead)
    records.insert(BLOCKLIST_ITEM, Record("fits", {"text": fitting}))
    assert records.find(BLOCKLIST_ITEM, "fits").content["text"] == fitting
    with pytest.raises(ValueError, match="blob") as refused:
        records.insert(BLOCKLIST_ITEM, Record("too big", {"text": fitting + "x"}))
    assert "xxx" not in str(refused.value)


def account_payload(plaintext: bytes) -> bytes:
    return DataKeys({1: bytes(32)}, bytes(32)).encrypt(plaintext, b"")


def test_rows_and_blobs_hold_no_readable_content(account, raw_tables, raw_blobs):
    account.store.records.insert(BLOCKLIST_ITEM, Record("1", {"text": CANARY}))
    account.store.blobs.write(BLOCKLIST_INDEX, "g/1", [CANARY.encode() * 1000])
    (row,) = raw_rows(raw_tables, account)
    assert CANARY.encode() not in row["payload"] and b"canary" not in row["payload"] and set(row) == {
        "PartitionKey", "RowKey", "payload"}
    container = raw_blobs.get_container_client(f"a{account.account.id}")
    (blob,) = container.list_blobs()
    stored = container.download_blob(blob.name).readall()
    assert blob.name == "blocklist-index/g/1"
    assert b"canary" not in stored and len(stored) > 1000 * len(CANARY)
    assert not blob.metadata


def test_the_same_content_is_never_stored_as_the_same_bytes(account, raw_tables):
    account.store.records.upsert_all(BLOCKLIST_ITEM, [Record("1", {"text": CANARY}), Record("2", {"text": CANARY})])
    first, second = (row["payload"] for row in raw_rows(raw_tables, account))
    account.store.records.upsert_all(BLOCKLIST_ITEM, [Record("1", {"text": CANARY})])
    again = raw_rows(raw_tables, account)[0]["payload"]
    assert len({first, second, again}) == 3


@pytest.mark.parametrize("change", [{"RowKey": "2"}, {"PartitionKey": "blocklist-item|q"}, {"PartitionKey": "blocklist"}])
def test_a_row_that_was_copied_elsewhere_does_not_decrypt(account, raw_tables, change):
    account.store.records.upsert_all(BLOCKLIST_ITEM, [Record("1", {"text": CANARY})], parent="p")
    (row,) = raw_rows(raw_tables, account)
    moved = {**row, "version": 1, "patternsVersion": 0, "generation": "g", **change}
    raw_tables.get_table_client(f"a{account.account.id}").create_entity(moved)
    kind = BLOCKLIST if moved["PartitionKey"] == "blocklist" else BLOCKLIST_ITEM
    parent = moved["PartitionKey"].partition("|")[2] or None
    with pytest.raises(DecryptionFailed):
        account.store.records.find(kind, moved["RowKey"], parent)


def test_a_row_or_blob_in_another_accounts_storage_does_not_decrypt(new_account, raw_tables, raw_blobs):
    ours, theirs = new_account(), new_account()
    ours.store.records.insert(BLOCKLIST_ITEM, Record("1", {"text": CANARY}))
    ours.store.blobs.write(BLOCKLIST_INDEX, "g/1", [CANARY.encode()])
    raw_tables.get_table_client(f"a{theirs.account.id}").create_entity(raw_rows(raw_tables, ours)[0])
    stored = raw_blobs.get_blob_client(f"a{ours.account.id}", "blocklist-index/g/1").download_blob().readall()
    raw_blobs.get_blob_client(f"a{theirs.account.id}", "blocklist-index/g/1").upload_blob(stored)
    with pytest.raises(DecryptionFailed):
        theirs.store.records.find(BLOCKLIST_ITEM, "1")
    with pytest.raises(DecryptionFailed):
        b"".join(theirs.store.blobs.read(BLOCKLIST_INDEX, "g/1"))


def test_even_with_the_data_keys_of_another_account_a_moved_row_does_not_decrypt(new_account, raw_tables, raw_blobs):
    ours, theirs = new_account(), new_account()
    ours.store.records.insert(BLOCKLIST_ITEM, Record("1", {"text": CANARY}))
    ours.store.blobs.write(BLOCKLIST_INDEX, "g/1", [CANARY.encode()])
    table, container = (TableStore(raw_tables).table(f"a{ours.account.id}"), BlobStore(raw_blobs).container(f"a{ours.account.id}"))
    confused = AccountRecords(theirs.account.id, table, ours.store.keys), AccountBlobs(theirs.account.id, container, ours.store.keys)
    with pytest.raises(DecryptionFailed):
        confused[0].find(BLOCKLIST_ITEM, "1")
    with pytest.raises(DecryptionFailed):
        b"".join(confused[1].read(BLOCKLIST_INDEX, "g/1"))


def test_a_blob_under_another_name_does_not_decrypt(account, raw_blobs):
    account.store.blobs.write(BLOCKLIST_INDEX, "g/1", [CANARY.encode()])
    container = raw_blobs.get_container_client(f"a{account.account.id}")
    container.upload_blob("blocklist-index/g/2", container.download_blob("blocklist-index/g/1").readall())
    with pytest.raises(DecryptionFailed):
        b"".join(account.store.blobs.read(BLOCKLIST_INDEX, "g/2"))


def test_an_account_does_not_see_what_another_has(new_account):
    ours, theirs = new_account(), new_account()
    ours.store.records.insert(BLOCKLIST, Record("name", {}, PLAIN))
    ours.store.blobs.write(BLOCKLIST_INDEX, "g/1", [b"x"])
    records, blobs = theirs.store.records, theirs.store.blobs
    assert records.find(BLOCKLIST, "name") is None
    assert records.find_plain(BLOCKLIST, ["name"]) == [None]
    assert records.page(BLOCKLIST).records == []
    assert records.ids(BLOCKLIST) == ([], None)
    assert blobs.ids(BLOCKLIST_INDEX) == []
    with pytest.raises(NotFound):
        b"".join(blobs.read(BLOCKLIST_INDEX, "g/1"))
    records.delete(BLOCKLIST, "name")
    blobs.delete(BLOCKLIST_INDEX, "g/1")
    assert ours.store.records.find(BLOCKLIST, "name") is not None
    assert ours.store.blobs.ids(BLOCKLIST_INDEX) == ["g/1"]


def test_the_names_of_rows_made_from_content_differ_between_accounts(new_account):
    ours, theirs = new_account(), new_account()
    assert ours.store.keys.keyed_hash("blocklist item", CANARY) != theirs.store.keys.keyed_hash("blocklist item", CANARY)


def test_who_opened_the_account_before_its_key_was_rotated_is_asked_to_try_again(account, raw_tables, raw_blobs):
    """Records and blobs alike: what another request wrote under a newer key is not damaged."""
    name = f"a{account.account.id}"
    newer = DataKeys({2: bytes(32)}, bytes(32))
    table, container = TableStore(raw_tables).table(name), BlobStore(raw_blobs).container(name)
    AccountRecords(account.account.id, table, newer).insert(BLOCKLIST_ITEM, Record("1", {"text": CANARY}))
    AccountBlobs(account.account.id, container, newer).write(BLOCKLIST_INDEX, "g/1", [CANARY.encode()])
    with pytest.raises(Unavailable):
        account.store.records.find(BLOCKLIST_ITEM, "1")
    with pytest.raises(Unavailable):
        account.store.records.page(BLOCKLIST_ITEM)
    with pytest.raises(Unavailable):
        b"".join(account.store.blobs.read(BLOCKLIST_INDEX, "g/1"))


def test_rewriting_leaves_nothing_under_an_older_key_and_changes_no_content(account, raw_tables, raw_blobs):
    name = f"a{account.account.id}"
    table, container = TableStore(raw_tables).table(name), BlobStore(raw_blobs).container(name)
    old, both = DataKeys({1: bytes(32)}, bytes(32)), DataKeys({1: bytes(32), 2: b"2" * 32}, bytes(32))
    old_records, old_blobs = AccountRecords("a", table, old), AccountBlobs("a", container, old)
    old_records.upsert_all(BLOCKLIST_ITEM, [Record(f"{n}/", {"text": str(n)}) for n in range(7)], parent="p")
    old_records.insert(BLOCKLIST, Record("name", {"n": 1}, PLAIN))
    for n in range(5):
        old_blobs.write(BLOCKLIST_INDEX, f"g/{n}", [b"%d" % n * 1_100_000])
    records, blobs = AccountRecords("a", table, both), AccountBlobs("a", container, both)
    stale, after = 0, None
    for _ in range(10):
        some, after = records.rewrite_under_current_key(after, 3)
        stale += some
        if after is None:
            break
    assert (stale, after) == (8, None)
    names = list(blobs.names())
    assert list(blobs.names(names[1])) == names[2:]
    assert [blobs.rewrite_under_current_key(some) for some in (names[:2], names[2:])] == [2, 3]
    assert {version_of(row["payload"]) for row in raw_rows(raw_tables, account)} == {2}
    for n in range(5):
        stored = raw_blobs.get_blob_client(name, f"blocklist-index/g/{n}").download_blob(0, 16).readall()
        assert version_of(stored) == 2
        assert b"".join(blobs.read(BLOCKLIST_INDEX, f"g/{n}")) == b"%d" % n * 1_100_000
    new_only = AccountRecords("a", table, DataKeys({2: b"2" * 32}, bytes(32)))
    assert [r.content["text"] for r in new_only.page(BLOCKLIST_ITEM, parent="p").records] == [str(n) for n in range(7)]
    assert new_only.find(BLOCKLIST, "name") == Record("name", {"n": 1}, PLAIN)
    assert records.rewrite_under_current_key(None, 100) == (0, None)
    assert blobs.rewrite_under_current_key(blobs.names()) == 0


@pytest.mark.parametrize("after", range(3))
def test_a_part_of_a_blob_can_be_read_while_that_is_encrypted_again(settings, account, after):
    """The timer of the rotation replaces blobs at any moment, between two reads of one part too."""
    wire = Wire()
    client = BlobServiceClient.from_connection_string(settings.storage_connection_string.reveal(), **wire.options)
    keys, container = DataKeys({1: bytes(32), 2: b"2" * 32}, bytes(32)), BlobStore(client).container(f"a{account.account.id}")
    blobs = AccountBlobs("a", container, keys)
    content = bytes(range(256)) * 8192
    AccountBlobs("a", container, DataKeys({1: bytes(32)}, bytes(32))).write(BLOCKLIST_INDEX, "g/1", [content])
    wire.clear()
    rewritten = []
    wire.trouble(meanwhile(lambda: rewritten.append(blobs.rewrite_under_current_key(blobs.names()))),
                 lambda sent: sent.method in ("GET", "HEAD"), after=after)
    assert blobs.read_range(BLOCKLIST_INDEX, "g/1", 5, 2_000_000) == content[5:2_000_000]
    assert rewritten == [1]


def test_a_part_of_a_blob_that_is_damaged_is_not_read_for_ever(account, raw_blobs):
    account.store.blobs.write(BLOCKLIST_INDEX, "g/1", [bytes(100)])
    blob = raw_blobs.get_blob_client(f"a{account.account.id}", "blocklist-index/g/1")
    stored = blob.download_blob().readall()
    blob.upload_blob(stored[:-1] + bytes([stored[-1] ^ 1]), overwrite=True)
    with pytest.raises(DecryptionFailed):
        account.store.blobs.read_range(BLOCKLIST_INDEX, "g/1", 0, 100)
