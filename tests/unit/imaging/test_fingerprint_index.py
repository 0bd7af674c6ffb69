"""Merging, keeping and asking an index of fingerprints."""
from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageOps

from shared.imaging.fingerprint_index import FingerprintIndex
from shared.imaging.fingerprint_index_format import DamagedFingerprintIndex, StaleFingerprintIndex
from shared.imaging.fingerprints import FINGERPRINT_BYTES, fingerprint_of, query_of
from shared.imaging.models import ImageFormat, Picture

NONE = np.empty(0, np.uint32)


def picture(image: Image.Image) -> Picture:
    return Picture(np.asarray(image.convert("RGB")), ImageFormat.PNG, 1)


def scene(seed: int) -> Image.Image:
    """Clouds of random colours: no two seeds alike."""
    noise = np.random.default_rng(seed).integers(0, 256, (12, 16, 3), np.uint8)
    return Image.fromarray(noise).resize((320, 240), Image.Resampling.BICUBIC)


def fingerprints(*seeds: int) -> np.ndarray:
    return np.array([np.frombuffer(fingerprint_of(picture(scene(seed))), np.uint8) for seed in seeds]).reshape(-1, FINGERPRINT_BYTES)


@pytest.fixture(scope="module")
def index() -> FingerprintIndex:
    return FingerprintIndex.empty().merge(np.array([30, 10, 20]), fingerprints(3, 1, 2), NONE)


@pytest.mark.parametrize("change", [
    lambda image: image, ImageOps.mirror, ImageOps.flip, lambda image: image.transpose(Image.Transpose.ROTATE_90),
    lambda image: image.transpose(Image.Transpose.TRANSVERSE), lambda image: image.resize((100, 90)),
    lambda image: ImageOps.expand(image, 30, "black"), lambda image: ImageOps.crop(image, 12)])
def test_a_changed_picture_is_found_and_nothing_else(index, change):
    hits = index.match(query_of(picture(change(scene(2)))))
    assert [hit.content_id for hit in hits] == [20]
    assert hits[0].score == 1 - hits[0].distance / 128


def test_a_flat_picture_matches_only_the_same_pixels(index):
    grey = picture(Image.new("RGB", (200, 200), (90, 90, 90)))
    other = picture(Image.new("RGB", (200, 200), (91, 90, 90)))
    with_grey = index.merge(np.array([5]), np.frombuffer(fingerprint_of(grey), np.uint8), NONE)
    assert [hit.content_id for hit in with_grey.match(query_of(grey))] == [5]
    assert with_grey.match(query_of(other)) == []


def test_an_empty_index_answers_nothing():
    empty = FingerprintIndex.from_bytes(FingerprintIndex.empty().to_bytes())
    assert len(empty) == 0
    assert empty.match(query_of(picture(scene(1)))) == []
    assert empty.known(np.array([1])) == set()
    assert empty.page(0, 10) == []


def test_merging_gives_what_building_anew_gives(index):
    changed = index.merge(np.array([40, 10]), fingerprints(4, 5), np.array([20, 99]))
    anew = FingerprintIndex.empty().merge(np.array([10, 30, 40]), fingerprints(5, 3, 4), NONE)
    assert changed.to_bytes() == anew.to_bytes()
    assert changed.page(0, 10) == anew.page(0, 10) == [10, 30, 40]
    assert changed.page(1, 1) == [30]
    assert changed.known(np.array([10, 20, 30, 41])) == {10, 30}
    assert len(changed) == 3
    assert changed.match(query_of(picture(scene(2)))) == []
    assert index.known(np.array([20])) == {20}  # the old one is as it was


def test_a_snapshot_that_was_cut_or_altered_is_refused(index):
    snapshot = index.to_bytes()
    for broken in (b"", snapshot[:10], snapshot[:-1], snapshot + b"x", b"x" + snapshot[1:], snapshot[:-1] + bytes([snapshot[-1] ^ 1])):
        with pytest.raises(DamagedFingerprintIndex):
            FingerprintIndex.from_bytes(broken)


def test_a_snapshot_of_other_fingerprints_is_stale(index):
    snapshot = bytearray(index.to_bytes())
    snapshot[12] ^= 0xFF
    with pytest.raises(StaleFingerprintIndex):
        FingerprintIndex.from_bytes(bytes(snapshot))
