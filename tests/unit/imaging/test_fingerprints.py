"""What is kept of a picture and what it is looked up by; flat pictures, and how flat a picture must be for that."""
from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageOps

from shared.imaging.fingerprints import (
    FINGERPRINT_BYTES,
    FINGERPRINT_VERSION,
    LAYOUT,
    MOST_HASHES,
    digest_of,
    fingerprint_of,
    query_of,
)
from shared.imaging.models import ImageFormat, Picture
from tests.pictures import pixels

MOST_BYTES = 2048


def picture(array: np.ndarray) -> Picture:
    return Picture(np.ascontiguousarray(array), ImageFormat.PNG, 1)


def record(array: np.ndarray) -> np.void:
    return np.frombuffer(fingerprint_of(picture(array)), LAYOUT)[0]


def gradient(along: np.ndarray) -> np.ndarray:
    return np.tile(along.astype(np.uint8)[None, :, None], (150, 1, 3))


def ripples(amplitude: float) -> np.ndarray:
    grey = 128 + amplitude * np.sin(np.arange(256) * 2 * np.pi / 16)
    return np.tile(np.round(grey).astype(np.uint8)[None, :, None], (256, 1, 3))


FLAT = {
    "one colour": np.full((128, 128, 3), 90, np.uint8),
    "white": np.full((50, 300, 3), 255, np.uint8),
    "gradient": gradient(np.linspace(0, 255, 200)),
    "curved gradient": gradient(255 * np.linspace(-1, 1, 200) ** 2),
    "one pixel": np.zeros((1, 1, 3), np.uint8),
    "noise that no eye sees": np.random.default_rng(1).integers(126, 131, (400, 400, 3), np.uint8),
}


def test_it_has_its_version_and_always_the_same_size():
    sizes = {len(fingerprint_of(picture(pixels(number, *size)))) for number, size in enumerate([(160, 128), (50, 50), (900, 200)])}

    assert sizes == {FINGERPRINT_BYTES}
    assert FINGERPRINT_BYTES <= MOST_BYTES
    assert record(pixels(1))["version"] == FINGERPRINT_VERSION


def test_the_same_pixels_give_the_same_bytes_and_the_same_query():
    one, other = picture(pixels(1, 640, 480)), picture(pixels(1, 640, 480))

    assert fingerprint_of(one) == fingerprint_of(other)
    assert query_of(one).digest == query_of(other).digest
    assert np.array_equal(query_of(one).hashes, query_of(other).hashes)


def test_how_the_pixels_lie_in_memory_does_not_count():
    strided = Picture(pixels(1)[::2, ::2], ImageFormat.PNG, 1)

    assert fingerprint_of(strided) == fingerprint_of(picture(pixels(1)[::2, ::2]))


def test_the_digest_is_of_pixels_and_their_arrangement():
    wide = np.arange(2 * 8 * 3, dtype=np.uint8).reshape(2, 8, 3)
    changed = wide.copy()
    changed[0, 0, 0] += 1

    digests = {digest_of(picture(each)) for each in (wide, wide.reshape(4, 4, 3), wide.reshape(8, 2, 3), changed)}

    assert len(digests) == 4
    assert bytes(record(wide)["digest"]) == query_of(picture(wide)).digest == digest_of(picture(wide))


@pytest.mark.parametrize("name", FLAT)
def test_a_flat_picture_has_nothing_but_its_digest(name: str):
    kept, query = record(FLAT[name]), query_of(picture(FLAT[name]))

    assert kept["is_flat"] == 1
    assert (kept["hash_count"], kept["region_count"]) == (0, 0)
    assert not kept["hashes"].any()
    assert len(query.hashes) == 0
    assert not any(len(regions) for regions in query.regions)


def test_a_flat_picture_in_a_frame_is_flat():
    framed = np.pad(FLAT["curved gradient"], ((20, 20), (20, 20), (0, 0)), constant_values=255)

    assert record(framed)["is_flat"] == 1


@pytest.mark.parametrize("amplitude, flat", [(3, 0), (2.5, 1)])
def test_how_flat_is_flat(amplitude: float, flat: int):
    assert record(ripples(amplitude))["is_flat"] == flat


def test_a_picture_has_the_hashes_of_itself_and_its_centre():
    kept, query = record(pixels(1, 320, 240)), query_of(picture(pixels(1, 320, 240)))

    assert kept["hash_count"] == MOST_HASHES - 1
    assert query.hashes.shape == (8, 4)
    assert np.array_equal(query.hashes[0], kept["hashes"][0])


def test_a_framed_picture_has_those_of_what_is_inside_too():
    framed = np.asarray(ImageOps.expand(Image.fromarray(pixels(1, 320, 240)), 30, "black"))
    kept, query = record(framed), query_of(picture(framed))

    assert kept["hash_count"] == MOST_HASHES
    assert query.hashes.shape == (16, 4)
    differing = np.bitwise_count(kept["hashes"][1] ^ record(pixels(1, 320, 240))["hashes"][0]).sum()
    assert differing <= 8


@pytest.mark.parametrize("shape", [(1, 500), (500, 1), (2, 2), (50, 3000)])
def test_any_shape_has_a_fingerprint(shape: tuple[int, int]):
    noise = np.random.default_rng(3).integers(0, 256, (*shape, 3), np.uint8)

    assert len(fingerprint_of(picture(noise))) == FINGERPRINT_BYTES
    query_of(picture(noise))
