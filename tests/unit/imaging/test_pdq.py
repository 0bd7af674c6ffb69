"""PDQ hashes against those of the reference implementation.

The recorded ones are of pdqhash 0.2.8 (the reference in C++, as a package) for the same generated pictures.
"""
from __future__ import annotations

import numpy as np
import pytest

from shared.imaging.models import ImageFormat, Picture
from shared.imaging.pdq import pdq_of, words_of
from tests.pictures import pixels

REFERENCE = [
    (1, 160, 128, "09fb296ef01547be89d4366a7629a9410fead699f60c1cc9472b09e6297596cb", 100),
    (2, 64, 64, "03a443a5e704c393523843c5a9c72d6d10fbb85ab859763aef52722f479e6d36", 91),
    (3, 641, 480, "03843c6147b23873f20349ec0ffcc78cf84dc39a787347b1d68c0bf7c387dca4", 100),
    (4, 1025, 300, "96c4ed0f327116e4a352ce8c5cadef1bcd8e12f16d3b2d72a94d69a803f33860", 100),
    (5, 128, 700, "12d3384c59bb387d07e2387dd89dc782a65447bb694cb615d92709f1d217a85d", 93),
    (6, 97, 50, "221918fb23543c67a74b18654db4c3985ca3e7105de752bd54bc276ed2ca969d", 100),
]


def picture_of(array: np.ndarray) -> Picture:
    return Picture(array, ImageFormat.PNG, 1)


@pytest.mark.parametrize("number, width, height, hash_hex, quality", REFERENCE)
def test_the_hash_is_the_one_of_the_reference(number: int, width: int, height: int, hash_hex: str, quality: int):
    found = pdq_of(picture_of(pixels(number, width, height)))

    assert found.hex == hash_hex
    assert found.quality == quality


def test_a_picture_with_little_to_see_has_a_low_quality():
    assert pdq_of(picture_of(np.full((128, 128, 3), 99, np.uint8))).quality == 0
    gradient = np.tile(np.linspace(0, 255, 200).astype(np.uint8)[None, :, None], (150, 1, 3))
    assert pdq_of(picture_of(gradient)).quality == 47  # the reference says so


def test_brightness_alone_counts():
    grey = np.repeat(pixels(7)[:, :, :1], 3, axis=2)
    tinted = grey.copy()
    tinted[:, :, 2] = 255 - tinted[:, :, 2] // 255  # blue hardly counts

    differing = np.bitwise_count(pdq_of(picture_of(grey)).words ^ pdq_of(picture_of(tinted)).words).sum()

    assert differing < 31


@pytest.mark.parametrize("digits", ["", "0" * 63, "0" * 65, "g" * 64])
def test_what_is_no_hash_is_refused(digits: str):
    with pytest.raises(ValueError):
        words_of(digits)


def test_words_hold_all_bits():
    assert words_of("f" * 64).tolist() == [2**64 - 1] * 4
    assert int(np.bitwise_count(words_of("01" + "00" * 31)).sum()) == 1
