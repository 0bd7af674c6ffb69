"""Regions of many pictures: what is looked up is what a look at all of them finds."""
from __future__ import annotations

import itertools

import numpy as np
import pytest

from shared.imaging.region_table import RegionTable
from shared.imaging.regions import KEY_BITS, Regions, packed_places, unpacked_places


def table(count: int, owners: int, seed: int = 0) -> RegionTable:
    random = np.random.default_rng(seed)
    places = np.stack([random.uniform(0, 1, count), random.uniform(0, 1, count), random.uniform(-5, -3, count),
                       random.uniform(0, 6, count)], axis=1)
    words, owner = random.integers(0, 2**63, count, np.uint64), random.integers(0, owners, count, np.uint32)
    return RegionTable.sorted(words, packed_places(places), owner)


def query_of(rows: np.ndarray, table: RegionTable, changed_bits: tuple[int, ...] = (), uncertain: tuple[int, ...] = ()) -> Regions:
    """Regions of the table in their own places, with bits changed (0 is the first one); the uncertain ones have the least margin."""
    change = np.uint64(sum(1 << (63 - bit) for bit in changed_bits))
    margins = np.ones((len(rows), KEY_BITS), np.float32)
    margins[:, list(uncertain)] = 0
    return Regions(table.words[rows] ^ change, margins, unpacked_places(table.places[rows]))


def test_the_regions_of_a_picture_find_it():
    kept = table(600, 20)
    rows = np.flatnonzero(kept.owners == 7)
    assert kept.agreeing((query_of(rows, kept),), None, 5) == {7: len(rows)}
    assert kept.agreeing((query_of(rows[:0], kept), query_of(rows, kept)), None, 5) == {7: len(rows)}


def test_too_few_regions_find_nothing():
    kept = table(600, 20)
    rows = np.flatnonzero(kept.owners == 7)
    assert kept.agreeing((query_of(rows[:4], kept),), None, 5) == {}


@pytest.mark.parametrize(("changed", "uncertain", "is_found"), [
    ((3, 9), (3, 9), True), ((3, 9), (0, 1, 2, 4, 5, 6), False), ((3,), (0, 1, 2, 4, 5, 6), False), ((3, 9, 11), (3, 9, 11), False),
    (tuple(range(40, 50)), (), True), (tuple(range(40, 51)), (), False), ((2, *range(40, 49)), (2,), True)])
def test_two_uncertain_bits_of_the_key_and_ten_of_all_may_differ(changed, uncertain, is_found):
    kept = table(600, 20)
    rows = np.flatnonzero(kept.owners == 3)
    assert kept.agreeing((query_of(rows, kept, changed, uncertain),), None, 5) == ({3: len(rows)} if is_found else {})


def test_pictures_that_are_gone_are_not_found():
    kept = table(600, 20)
    rows = np.flatnonzero(kept.owners == 7)
    assert kept.agreeing((query_of(rows, kept),), np.arange(20) == 7, 5) == {}
    assert kept.agreeing((query_of(rows, kept),), np.arange(20) == 8, 5) == {7: len(rows)}


def test_keys_that_very_many_regions_have_say_nothing():
    one = table(8, 1)
    often = RegionTable.sorted(one.words.repeat(513), one.places.repeat(513, axis=0), np.arange(8 * 513, dtype=np.uint32) // 513 % 5)
    assert often.agreeing((query_of(np.arange(0, 8 * 513, 513), often),), None, 5) == {}


@pytest.mark.parametrize("seed", range(3))
def test_pairs_are_those_that_a_look_at_all_of_them_finds(seed):
    kept = table(400, 10, seed)
    random = np.random.default_rng(seed)
    rows = random.integers(0, 400, 60)
    flips = [sum(1 << int(bit) for bit in random.choice(64, random.integers(0, 5), replace=False)) for _ in rows]
    margins = random.random((60, KEY_BITS), np.float32)
    query = Regions(kept.words[rows] ^ np.array(flips, np.uint64), margins, unpacked_places(kept.places[rows]))
    expected = {
        (number, row) for number, row in itertools.product(range(60), range(400))
        if (differing := int(query.words[number] ^ kept.words[row])).bit_count() <= 10
        and (key := [bit for bit in range(KEY_BITS) if differing >> (63 - bit) & 1]) is not None and len(key) <= 2
        and set(key) <= set(np.argsort(margins[number], kind="stable")[:6].tolist())}
    of_query, found = kept.alike(query)
    assert set(zip(of_query.tolist(), found.tolist(), strict=True)) == expected


def test_two_tables_become_what_one_would_have_been():
    whole = table(300, 12)
    mine = whole.owners < 6
    parts = [RegionTable(*(array[part] for array in whole.arrays())) for part in (mine, ~mine)]
    united = parts[0].united(parts[1])
    assert all(np.array_equal(a, b) for a, b in zip(united.arrays(), whole.arrays(), strict=True))
