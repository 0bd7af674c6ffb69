"""Regions: the same ones for the same picture, and most of them again in a changed one."""
from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from shared.imaging.region_descriptor import mirror_signs
from shared.imaging.regions import (
    KEPT_REGIONS,
    KEY_BITS,
    LOOKED_UP_REGIONS,
    kept_regions,
    looked_up_regions,
    packed_places,
    unpacked_places,
)


def scene(seed: int, width: int = 480, height: int = 360) -> np.ndarray:
    """uint8 [height, width]: clouds with some grain, no two seeds alike."""
    random = np.random.default_rng(seed)
    coarse, fine = (Image.fromarray(random.integers(0, 256, size, np.uint8)).resize((width, height), Image.Resampling.BICUBIC)
                    for size in ((9, 12), (36, 48)))
    return (np.asarray(coarse) * 0.6 + np.asarray(fine) * 0.4).astype(np.uint8)


def found_again(words: np.ndarray, among: np.ndarray) -> int:
    """How many have one among the others that differs in no more than 10 bits."""
    return int((np.bitwise_count(words[:, None] ^ among[None]).min(axis=1) <= 10).sum())


def test_the_same_picture_has_the_same_regions():
    first, second = kept_regions(scene(1)), kept_regions(scene(1))
    assert np.array_equal(first.words, second.words)
    assert np.array_equal(first.places, second.places)


@pytest.mark.parametrize("shape", [(1, 1), (8, 2000), (15, 15), (16, 16), (50, 50)])
def test_pictures_too_small_for_regions_have_few_or_none(shape):
    picture = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    assert len(kept_regions(picture)) <= KEPT_REGIONS
    assert len(looked_up_regions(picture)[0]) <= 2 * LOOKED_UP_REGIONS


def test_one_colour_has_no_regions():
    grey = np.full((200, 300), 128, np.uint8)
    assert len(kept_regions(grey)) == 0
    assert [len(regions) for regions in looked_up_regions(grey)] == [0, 0]


def test_no_more_regions_are_kept_than_a_fingerprint_has_room_for():
    grains = Image.fromarray(np.random.default_rng(0).integers(0, 256, (100, 100), np.uint8))
    noisy = np.asarray(grains.resize((512, 512), Image.Resampling.BICUBIC))
    assert len(kept_regions(noisy)) == KEPT_REGIONS
    assert LOOKED_UP_REGIONS <= len(looked_up_regions(noisy)[0]) <= 2 * LOOKED_UP_REGIONS


def test_kept_regions_are_spread_over_the_picture():
    places = kept_regions(scene(2)).places
    fields = {(int(x * 4), int(y * 4)) for x, y in places[:, :2]}
    assert len(fields) >= 10  # of 12 that a picture of 4 : 3 has


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("change", ["as it is", "turned", "half the size", "one third cut off"])
def test_most_kept_regions_are_among_those_looked_up(seed, change):
    picture = scene(seed)
    changed = {"as it is": picture, "turned": np.rot90(picture).copy(), "one third cut off": picture[:, 160:].copy(),
               "half the size": np.asarray(Image.fromarray(picture).resize((240, 180)))}[change]
    kept = kept_regions(picture)
    again = found_again(kept.words, looked_up_regions(changed)[0].words)
    assert again >= (0.25 if change == "one third cut off" else 0.4) * len(kept)
    assert found_again(kept.words, looked_up_regions(scene(100 + seed))[0].words) <= 0.1 * len(kept)


@pytest.mark.parametrize("seed", range(4))
def test_the_second_answer_is_that_of_the_mirror_image(seed):
    picture = scene(seed)
    mirrored, expected = looked_up_regions(picture)[1], looked_up_regions(picture[:, ::-1].copy())[0]
    assert found_again(expected.words, mirrored.words) >= 0.9 * len(expected)
    nearest = np.bitwise_count(expected.words[:, None] ^ mirrored.words[None]).argmin(axis=1)
    apart = np.abs(expected.places[:, :2] - mirrored.places[nearest][:, :2]).max(axis=1)
    assert np.median(apart) < 0.01


def test_mirroring_twice_changes_nothing():
    assert set(np.unique(mirror_signs())) == {-1.0, 1.0}
    assert np.all(mirror_signs() ** 2 == 1)


@given(st.lists(st.tuples(st.floats(0, 0.999), st.floats(0, 0.999), st.floats(-11.9, 3.9), st.floats(0, 6.28)), min_size=1, max_size=20))
def test_packed_places_come_back_within_half_a_step(places):
    places = np.array(places)
    apart = np.abs(unpacked_places(packed_places(places)) - places)
    assert np.all(apart <= np.array([0.5 / 256, 0.5 / 256, 0.5 / 16, np.pi / 256]) * 1.001)


def test_margins_belong_to_the_bits_of_the_key():
    regions = kept_regions(scene(3))
    assert regions.margins.shape == (len(regions), KEY_BITS)
    assert (regions.margins >= 0).all()
