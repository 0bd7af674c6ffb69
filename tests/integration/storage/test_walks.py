"""Walking what an account has without knowing its kinds: what export, erasure and inventory stand on."""
from __future__ import annotations

import os

import pytest

from shared.errors import NotFound
from shared.storage.account_store import Record
from shared.storage.holdings import Holding, Portability, Shape


def kind(name: str, shape: Shape = Shape.RECORD) -> Holding:
    return Holding(kind=name, shape=shape, keeps="-", key="-", retention="-", portability=Portability.CONTENT, content=("n",))


# `-` sorts before `|`: the records of `thing-part` stand between those of `thing` with and without a parent.
THING, PART, OTHER, PICTURE = kind("thing"), kind("thing-part"), kind("u"), kind("picture", Shape.BLOB)


@pytest.fixture
def filled(account):
    records = account.store.records
    for number in range(5):
        records.upsert_all(THING, [Record(f"t{number}/é", {"n": number})])
        records.upsert_all(THING, [Record(f"c{number}", {"n": number})], parent=f"p{number % 2}|x")
        records.upsert_all(PART, [Record(f"d{number}", {"n": number})], parent="p")
    records.upsert_all(PART, [Record("single", {"n": 0})])
    records.upsert_all(OTHER, [Record("last", {"n": 0})])
    return account.store


def test_all_kinds_are_found_each_once(filled, new_account):
    assert filled.records.kinds() == ["thing", "thing-part", "u"]
    assert new_account().store.records.kinds() == []


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_a_walk_brings_each_record_of_a_kind_once_with_its_parent(filled, size):
    for walk, read in ((filled.records.walk, lambda each: (each.parent_key, each.record.id)), (filled.records.places, lambda each: each)):
        seen, after, rounds = [], None, 0
        while rounds == 0 or after is not None:
            found, after = walk("thing", after, size)
            seen += [read(each) for each in found]
            rounds += 1
        assert sorted(seen, key=str) == sorted(
            [(None, f"t{number}/é") for number in range(5)] + [(f"p{number % 2}|x", f"c{number}") for number in range(5)], key=str)


def test_a_walk_of_a_kind_that_nothing_is_of_ends_at_once(filled):
    found, after = filled.records.walk("thin", None, 10)
    assert found == [] and after is None


def test_blobs_are_listed_by_kind_with_the_size_of_their_plaintext(account):
    blobs = account.store.blobs
    sizes = {"a/1": 0, "a/2": 1 << 20, "ab": (1 << 20) + 1, "b": 7}
    for blob_id, size in sizes.items():
        blobs.write(PICTURE, blob_id, [os.urandom(size)])
    blobs.write(kind("pictures", Shape.BLOB), "x", [b"x"])
    assert {each.id: each.size_bytes for each in blobs.list(PICTURE)} == sizes
    assert [each.id for each in blobs.list(PICTURE, "a/")] == ["a/1", "a/2"]
    assert blobs.kinds() == ["picture", "pictures"]
    assert {blob_id: blobs.size_bytes(PICTURE, blob_id) for blob_id in sizes} == sizes
    assert blobs.delete_all(PICTURE, "a/") == 2
    assert blobs.ids(PICTURE) == ["ab", "b"]
    with pytest.raises(NotFound):
        blobs.size_bytes(PICTURE, "a/1")


def test_a_range_of_a_blob_comes_back_from_the_storage(account):
    content = os.urandom((2 << 20) + 5)
    account.store.blobs.write(PICTURE, "p", [content])
    for start, end in ((0, 0), (0, 10), ((1 << 20) - 3, (1 << 20) + 3), (2 << 20, len(content)), (0, len(content))):
        assert account.store.blobs.read_range(PICTURE, "p", start, end) == content[start:end]
    with pytest.raises(NotFound):
        account.store.blobs.read_range(PICTURE, "none", 0, 1)
