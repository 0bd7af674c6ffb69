"""Hashes beside imagehash's, and those of turned and mirrored pictures beside the ones that are got from the numbers."""
from __future__ import annotations

import imagehash
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from shared.imaging.perceptual_hash import SIDE, bits_of, dihedral, flip_invariant, low_frequencies, packed, small
from tests.pictures import pixels

VARIANTS = (
    lambda square: square, lambda square: square[:, ::-1], lambda square: square[::-1], lambda square: square[::-1, ::-1],
    lambda square: square.T, lambda square: square[:, ::-1].T, lambda square: square[::-1].T, lambda square: square[::-1, ::-1].T)
"""As `dihedral` orders them."""


def squares(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (SIDE, SIDE), np.uint8)


def hashed(square: np.ndarray) -> np.ndarray:
    return packed(bits_of(low_frequencies(square)))


@pytest.mark.parametrize("number, width, height", [(1, 160, 128), (2, 64, 64), (3, 641, 480), (4, 1025, 300), (5, 128, 700), (6, 50, 50)])
def test_it_is_the_hash_of_imagehash(number: int, width: int, height: int):
    image = Image.fromarray(pixels(number, width, height))

    found = bits_of(low_frequencies(small(image.convert("L"))))

    assert np.array_equal(found, imagehash.phash(image, hash_size=16).hash)


def test_a_box_has_nearly_the_hash_of_what_is_cut_out():
    image = Image.fromarray(pixels(7, 320, 240)).convert("L")

    of_box, cut_out = small(image, (32, 24, 288, 216)), small(image.crop((32, 24, 288, 216)))

    assert np.abs(of_box[2:-2, 2:-2].astype(int) - cut_out[2:-2, 2:-2]).max() <= 1  # at its edges it sees what lies around it
    assert np.bitwise_count(hashed(of_box) ^ hashed(cut_out)).sum() <= 8


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=50, deadline=None)
def test_turned_and_mirrored_pixels_have_the_variants_of_the_numbers(seed: int):
    square = squares(seed)

    from_numbers = packed(bits_of(dihedral(low_frequencies(square))))
    from_pixels = np.stack([hashed(np.ascontiguousarray(variant(square))) for variant in VARIANTS])

    assert np.array_equal(from_numbers, from_pixels)


@given(st.integers(0, 2**32 - 1), st.integers(0, 7))
@settings(max_examples=50, deadline=None)
def test_the_variants_are_the_same_eight_for_each_of_them(seed: int, number: int):
    square = squares(seed)

    of_one = packed(bits_of(dihedral(low_frequencies(square))))
    of_other = packed(bits_of(dihedral(low_frequencies(np.ascontiguousarray(VARIANTS[number](square))))))

    assert {each.tobytes() for each in of_one} == {each.tobytes() for each in of_other}


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=50, deadline=None)
def test_mirroring_changes_few_of_the_bits_that_it_leaves(seed: int):
    """Those whose number stays are above another median than before, so that a few of them may change."""
    keys = flip_invariant(packed(bits_of(dihedral(low_frequencies(squares(seed)))))[:4])

    assert np.bitwise_count(keys ^ keys[0]).max() <= 16


def test_half_of_the_bits_are_set():
    assert int(np.bitwise_count(hashed(squares(1))).sum()) == 128
