"""A WebP has the pixels that Pillow finds in it, whether it is still, lossless, transparent or animated."""
from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from shared.imaging.colours import upright_rgb
from shared.imaging.decoding import decode
from shared.imaging.headers.header import Malformed
from shared.imaging.models import ImageFormat, ImageLimits
from shared.imaging.webp_strips import strips_of
from tests.unit.imaging.hostile import encoded, photograph

LIMITS = ImageLimits(frozenset({ImageFormat.WEBP}), 4_000_000, 1, 7200)
ALPHA = photograph(57, 45, "RGBA")
ALPHA.putalpha(photograph(57, 45, "L"))
PICTURES = {
    "lossy": encoded(photograph(57, 45), "WEBP"), "lossless": encoded(photograph(57, 45), "WEBP", lossless=True),
    "lossy with alpha": encoded(ALPHA, "WEBP"), "lossless with alpha": encoded(ALPHA, "WEBP", lossless=True),
    "animated": encoded(photograph(57, 45), "WEBP", save_all=True, append_images=[photograph(57, 45).rotate(9)]),
    "animated with alpha": encoded(ALPHA, "WEBP", save_all=True, append_images=[ALPHA.rotate(9)])}


@pytest.mark.parametrize("name", PICTURES)
def test_pixels_are_those_of_pillow(name: str):
    with Image.open(io.BytesIO(PICTURES[name])) as image:
        image.load()
        expected = upright_rgb(image, 1)

    assert np.array_equal(decode(PICTURES[name], LIMITS).pixels, expected)


@pytest.mark.parametrize(("content", "size"), [(PICTURES["lossy"], (57, 44)), (PICTURES["lossy"][:300], (57, 45)), (b"RIFF", (57, 45))],
                         ids=["of another size", "cut", "no WebP"])
def test_what_is_not_as_its_header_says_is_broken(content: bytes, size: tuple[int, int]):
    with pytest.raises(Malformed):
        list(strips_of(content, size, 10))
