"""What is kept of an uploaded picture, and where something stands out of it."""
from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from shared.classifiers.pictures import IMAGE_LIMIT_BYTES, TRAINING_LIMITS, Pictures, is_resized, pictures_of
from shared.classifiers.proposals import proposals_of
from shared.imaging.decoding import decode
from shared.imaging.models import ImageAspectRatioRefused, ImageRefused, ImageSizeRefused, UnsupportedImageFormat
from tests.pictures import encoded, pixels


def kept_of(content: bytes) -> Pictures:
    return pictures_of(content, decode(content, TRAINING_LIMITS))


def size_of(content: bytes) -> tuple[int, int]:
    return Image.open(io.BytesIO(content)).size


def test_a_large_picture_is_kept_as_it_came_smaller_and_as_a_thumbnail():
    content = encoded(pixels(1, 1500, 1000))
    kept = kept_of(content)

    assert (kept.width, kept.height) == (1500, 1000)
    assert kept.blobs["original"] is content
    assert size_of(kept.blobs["resized"]) == (1024, 683)
    assert size_of(kept.blobs["thumbnail"]) == (256, 171)


@pytest.mark.parametrize("size", [(1, 1), (1024, 1024), (3, 60)])
def test_a_picture_that_is_not_large_has_no_smaller_one(size: tuple[int, int]):
    kept = kept_of(encoded(pixels(2, *size)))

    assert kept.blobs.keys() == {"original", "thumbnail"}
    assert max(size_of(kept.blobs["thumbnail"])) <= 256


@pytest.mark.parametrize("image_format", ["PNG", "JPEG", "GIF", "BMP"])
def test_the_published_formats_are_taken(image_format: str):
    assert kept_of(encoded(pixels(3, 64, 64), image_format)).width == 64


def test_what_is_no_published_picture_is_refused():
    for content, refused in (
            (encoded(pixels(4, 64, 64), "TIFF"), UnsupportedImageFormat), (encoded(pixels(4, 64, 64), "WEBP"), UnsupportedImageFormat),
            (b"", ImageRefused), (encoded(pixels(4, 260, 10)), ImageAspectRatioRefused),
            (encoded(pixels(4, 64, 64)) + b"\0" * IMAGE_LIMIT_BYTES, ImageSizeRefused)):
        with pytest.raises(refused):
            kept_of(content)
    assert kept_of(encoded(pixels(4, 250, 10))).width == 250
    whole = encoded(pixels(4, 64, 64))
    assert kept_of(whole + b"\0" * (IMAGE_LIMIT_BYTES - len(whole))).width == 64


def test_a_spot_on_a_plain_ground_is_proposed_and_a_plain_picture_has_nothing():
    ground = np.full((240, 320, 3), 200, np.uint8)
    assert proposals_of(encoded(ground)) == []
    ground[60:110, 200:260] = (10, 10, 120)

    found = proposals_of(encoded(ground))

    assert found[0].confidence == 1
    assert any(each.box.left <= 230 / 320 <= each.box.left + each.box.width and each.box.top <= 0.36 <= each.box.top + each.box.height
               for each in found)
    assert all(0 < each.confidence <= 1 for each in found)


@pytest.mark.parametrize(("size", "expected"), [((1024, 1024), False), ((1025, 10), True), ((10, 1025), True)])
def test_a_smaller_one_is_kept_of_a_picture_with_more_than_1024_pixels_at_a_side(size: tuple[int, int], expected: bool):
    assert is_resized(*size) == expected
    blobs = kept_of(encoded(pixels(5, max(size[0], 50), max(size[1], 50)))).blobs
    assert ("resized" in blobs) == expected
