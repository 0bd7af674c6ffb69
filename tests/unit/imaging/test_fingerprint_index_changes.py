"""Any run of changes to an index beside one that is built anew, and its matches beside a comparison one by one."""
from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.imaging import fingerprint_index
from shared.imaging.fingerprint_index import MOST_UNSUPPORTED_DISTANCE, FingerprintIndex
from shared.imaging.fingerprint_index_format import DamagedFingerprintIndex
from shared.imaging.fingerprints import FINGERPRINT_BYTES, FINGERPRINT_VERSION, LAYOUT, Query

SURE_DISTANCE = 18
"""Nothing within it is passed over; of what is further, that which differs in too many of the bits that mirroring leaves."""
CHANGES = st.lists(st.tuples(st.dictionaries(st.integers(0, 12), st.integers(0, 5), max_size=4), st.sets(st.integers(0, 12), max_size=4)),
                   max_size=6)


def made_up(seed: int) -> np.ndarray:
    """uint8 [FINGERPRINT_BYTES]: of no picture, with one to four hashes and as many regions."""
    dice = np.random.default_rng(seed)
    record = np.zeros((), LAYOUT)
    record["version"] = FINGERPRINT_VERSION
    record["digest"] = dice.integers(0, 256, record["digest"].shape)
    count = int(dice.integers(1, 5))
    record["hash_count"] = record["region_count"] = count
    record["hashes"][:count] = dice.integers(0, 2**64, (count, 4), np.uint64)
    record["region_words"][:count] = dice.integers(0, 2**64, count, np.uint64)
    record["region_places"][:count] = dice.integers(0, 256, record["region_places"][:count].shape)
    return np.frombuffer(record.tobytes(), np.uint8)


def changed(index: FingerprintIndex, added: dict[int, int], removed: set[int]) -> FingerprintIndex:
    fingerprints = np.array([made_up(seed) for seed in added.values()], np.uint8).reshape(-1, FINGERPRINT_BYTES)
    return index.merge(np.array(list(added), np.uint32), fingerprints, np.array(sorted(removed), np.uint32))


def query_near(hashes: np.ndarray, bits: int, seed: int) -> Query:
    """One that lies `bits` bits away from `hashes`, uint64 [4], and no variant of whose lies near anything else."""
    dice = np.random.default_rng(seed)
    flat = np.unpackbits(hashes.view(np.uint8))
    flat[dice.permutation(256)[:bits]] ^= 1
    others = dice.integers(0, 2**64, (7, 4), np.uint64)
    return Query(b"\0" * 16, np.concatenate((np.packbits(flat).view(np.uint64)[None], others)))


@given(CHANGES, st.integers(1, 20))
@settings(max_examples=60, deadline=None)
def test_changes_leave_what_building_anew_gives(changes: list[tuple[dict[int, int], set[int]]], folds_after: int):
    index, pictures = FingerprintIndex.empty(), {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fingerprint_index, "_SMALLEST_DELTA", folds_after)
        patch.setattr(fingerprint_index, "_DELTA_PER_ROOT", 1)
        for added, removed in changes:
            index = changed(index, added, removed)
            pictures = {number: seed for number, seed in pictures.items() if number not in removed} | added
    anew = changed(FingerprintIndex.empty(), pictures, set())

    assert index.to_bytes() == anew.to_bytes()
    assert FingerprintIndex.from_bytes(index.to_bytes()).to_bytes() == anew.to_bytes()
    assert len(index) == len(pictures)
    assert index.page(0, 100) == sorted(pictures)
    assert index.page(1, 2) == sorted(pictures)[1:3]
    assert index.known(np.arange(20)) == set(pictures)


@given(st.dictionaries(st.integers(0, 1000), st.integers(0, 1000), min_size=1, max_size=30), st.integers(0, 70), st.integers(0, 60),
       st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_matches_are_those_of_a_comparison_one_by_one(pictures: dict[int, int], bits: int, limit: int, seed: int):
    index = changed(FingerprintIndex.empty(), pictures, set())
    records = {number: made_up(of).view(LAYOUT)[0] for number, of in pictures.items()}
    query = query_near(next(iter(records.values()))["hashes"][0], bits, seed)

    distances = {number: min(int(np.bitwise_count(each ^ variant).sum()) for each in record["hashes"][: record["hash_count"]]
                             for variant in query.hashes) for number, record in records.items()}
    expected = sorted((distance, number) for number, distance in distances.items() if distance <= min(limit, MOST_UNSUPPORTED_DISTANCE))
    found = [(hit.distance, hit.content_id) for hit in index.match(query, limit)]

    assert [pair for pair in found if pair[0] <= SURE_DISTANCE] == [pair for pair in expected if pair[0] <= SURE_DISTANCE]
    assert set(found) <= set(expected)
    assert found == sorted(found)


def test_what_the_bits_that_mirroring_leaves_pass_over_is_little():
    index = changed(FingerprintIndex.empty(), {1: 1}, set())
    hashes = made_up(1).view(LAYOUT)[0]["hashes"][0]

    found = sum(bool(index.match(query_near(hashes, 31, seed))) for seed in range(400))

    assert found >= 396


@pytest.mark.parametrize("bits, limit, matches", [(31, 31, True), (32, 31, False), (1, 0, False), (0, 0, True), (31, 60, True),
                                                  (32, 60, False)])
def test_the_limit_of_the_distance(bits: int, limit: int, matches: bool):
    index = changed(FingerprintIndex.empty(), {1: 1}, set())
    query = query_near(made_up(1).view(LAYOUT)[0]["hashes"][0], bits, 1)

    assert bool(index.match(query, limit)) is matches


def test_no_limit_goes_beyond_the_farthest_match():
    index = changed(FingerprintIndex.empty(), {1: 1}, set())

    assert index.match(query_near(made_up(1).view(LAYOUT)[0]["hashes"][0], MOST_UNSUPPORTED_DISTANCE + 1, 1), 256) == []


def test_a_replaced_picture_is_found_by_its_new_hashes_alone():
    index = changed(changed(FingerprintIndex.empty(), {1: 1, 2: 2}, set()), {1: 3}, set())

    assert index.match(query_near(made_up(1).view(LAYOUT)[0]["hashes"][0], 0, 1)) == []
    assert [hit.content_id for hit in index.match(query_near(made_up(3).view(LAYOUT)[0]["hashes"][0], 0, 1))] == [1]


def test_what_is_removed_and_added_in_one_change_is_there():
    assert changed(changed(FingerprintIndex.empty(), {1: 1}, set()), {1: 2}, {1}).page(0, 10) == [1]


def test_of_the_same_id_twice_in_one_change_the_last_counts():
    index = FingerprintIndex.empty().merge(np.array([7, 7]), np.stack([made_up(1), made_up(2)]), np.empty(0, np.uint32))

    assert index.to_bytes() == changed(FingerprintIndex.empty(), {7: 2}, set()).to_bytes()


def test_the_same_pixels_are_found_by_their_digest():
    index = changed(changed(FingerprintIndex.empty(), {5: 1, 3: 1, 4: 2}, set()), {9: 1}, {3})
    digest = made_up(1).view(LAYOUT)[0]["digest"].tobytes()

    assert index.same_pixels(digest) == [5, 9]
    assert [(hit.content_id, hit.distance) for hit in index.match(Query(digest))] == [(5, 0), (9, 0)]


def test_a_fingerprint_of_another_version_is_not_taken():
    other = made_up(1).copy()
    other[0] ^= 0xFF

    with pytest.raises(ValueError):
        FingerprintIndex.empty().merge(np.array([1]), other[None], np.empty(0, np.uint32))


@given(st.integers(0, 10**9), st.integers(1, 255))
@settings(max_examples=100, deadline=None)
def test_no_byte_of_a_snapshot_changes_unseen(place: int, change: int):
    snapshot = bytearray(changed(FingerprintIndex.empty(), {1: 1, 2: 2}, set()).to_bytes())
    snapshot[place % len(snapshot)] ^= change

    with pytest.raises(ValueError) as refusal:
        FingerprintIndex.from_bytes(bytes(snapshot))
    assert isinstance(refusal.value, DamagedFingerprintIndex) or 8 <= place % len(snapshot) < 16
