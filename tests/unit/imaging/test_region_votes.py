"""Regions that look alike make a match where enough of them lie alike."""
from __future__ import annotations

import numpy as np
import pytest

from shared.imaging.region_votes import LEAST_PAIRS, agreeing, different_looks


def places(count: int, seed: int = 0) -> np.ndarray:
    random = np.random.default_rng(seed)
    return np.stack([random.uniform(0, 1, count), random.uniform(0, 1, count), random.uniform(-5, -3, count),
                     random.uniform(0, 2 * np.pi, count)], axis=1)


def moved(listed: np.ndarray, zoom: float = 0.5, turn: float = 0.7, x: float = 0.3, y: float = 0.1) -> np.ndarray:
    """Where the regions of a picture come to lie when it is resized, turned and put somewhere."""
    at = (x + 1j * y) + zoom * np.exp(1j * turn) * (listed[:, 0] + 1j * listed[:, 1])
    return np.stack([at.real, at.imag, listed[:, 2] + np.log2(zoom), (listed[:, 3] + turn) % (2 * np.pi)], axis=1)


def votes(query: np.ndarray, listed: np.ndarray) -> int:
    return len(agreeing(query, listed, np.zeros(len(query), np.uint8)))


@pytest.mark.parametrize(("count", "expected"), [(LEAST_PAIRS - 1, 0), (LEAST_PAIRS, LEAST_PAIRS), (40, 40)])
@pytest.mark.parametrize(("zoom", "turn"), [(1, 0), (0.25, 0), (3, 3.1), (0.6, -1.5)])
def test_regions_moved_as_one_agree(count, expected, zoom, turn):
    listed = places(count)
    assert votes(moved(listed, zoom, turn), listed) == expected


def test_those_by_chance_do_not_count():
    listed = places(30)
    query = np.concatenate((moved(listed[:10]), places(20, seed=1)))
    assert 10 <= votes(query, listed) <= 11


@pytest.mark.parametrize("seed", range(20))
def test_regions_that_lie_anyhow_do_not_agree(seed):
    assert votes(places(12, seed), places(12, seed + 100)) == 0


def test_one_region_seen_many_times_is_one():
    listed = places(2).repeat(20, axis=0)
    assert votes(moved(listed), listed) == 0


def test_regions_in_a_line_do_not_make_a_picture():
    listed = places(20)
    listed[:, 1] = 0.5
    assert votes(moved(listed), listed) == 0


def test_regions_in_one_spot_do_not_make_a_picture():
    listed = places(20)
    listed[:, :2] = 0.5 + listed[:, :2] / 10
    assert votes(moved(listed), listed) == 0


def test_many_pairs_are_taken_in_bounded_number():
    listed = places(5000)
    assert LEAST_PAIRS <= votes(moved(listed), listed) <= 200


def test_the_pairs_that_agree_are_named():
    listed = places(30)
    query = np.concatenate((places(20, seed=1), moved(listed[20:])))
    pairs = agreeing(query, listed, np.zeros(30, np.uint8))
    assert set(range(20, 30)) <= set(pairs.tolist())
    assert len(pairs) <= 11


def test_of_pairs_with_the_same_region_the_nearest_counts():
    listed = places(10)
    twice = np.concatenate((listed, listed))
    distances = np.array([9] * 10 + [1] * 10, np.uint8)
    assert sorted(agreeing(moved(twice), twice, distances).tolist()) == list(range(10, 20))


@pytest.mark.parametrize(("changed_bits", "looks"), [(0, 1), (14, 1), (15, 2)])
def test_looks_are_different_from_fifteen_bits_on(changed_bits, looks):
    words = np.array([0, (1 << changed_bits) - 1], np.uint64)
    assert different_looks(words) == looks


def test_looks_of_none_and_of_many():
    assert different_looks(np.empty(0, np.uint64)) == 0
    assert different_looks(np.zeros(48, np.uint64)) == 1
    assert different_looks(np.random.default_rng(0).integers(0, 2**63, 48, np.uint64)) >= 40
