"""Changes of a picture that its fingerprint must outlast, each with a floor; a small part of `python3 dev bench images`."""
from __future__ import annotations

import numpy as np
import pytest

from dev.bench.image_changes import CHANGES
from dev.bench.image_scenes import scene
from shared.imaging.fingerprint_index import FingerprintIndex
from shared.imaging.fingerprints import fingerprint_of, query_of
from shared.imaging.models import ImageFormat, Picture

LISTED = 8
CHANGED = 3
FLOORS = {
    "JPEG, quality 20": 3, "half the size": 3, "brighter, gamma 0.6": 3, "grey": 3, "blurred": 3, "noise of 20 levels": 3,
    "watermark": 3, "border": 3, "letterbox": 3, "turned by 3°": 3, "15 % wider": 3, "mirrored": 3, "quarter turn": 3,
    "centre, 20 % cut off": 3, "30 % cut off at one side": 2, "half of it": 1, "60 % of another picture": 2, "screenshot": 2,
    "bar with words": 2,
}
"""Of three pictures."""


def picture(image) -> Picture:
    return Picture(np.asarray(image.convert("RGB")), ImageFormat.PNG, 1)


@pytest.fixture(scope="module")
def index() -> FingerprintIndex:
    fingerprints = [np.frombuffer(fingerprint_of(picture(scene(number))), np.uint8) for number in range(LISTED)]
    return FingerprintIndex.empty().merge(np.arange(LISTED), np.stack(fingerprints), np.empty(0, np.uint32))


@pytest.fixture(scope="module")
def pictures() -> list:
    return [scene(number) for number in range(CHANGED)]


@pytest.mark.parametrize("change", FLOORS)
def test_a_changed_picture_is_found(index: FingerprintIndex, pictures: list, change: str):
    other = scene(1_000)
    found = [[hit.content_id for hit in index.match(query_of(picture(CHANGES[change](image, other))))] for image in pictures]

    assert sum(number in ids for number, ids in enumerate(found)) >= FLOORS[change]
    assert all(set(ids) <= {number} for number, ids in enumerate(found))


def test_other_pictures_match_nothing(index: FingerprintIndex):
    assert [index.match(query_of(picture(scene(number)))) for number in range(2_000, 2_008)] == [[]] * 8
