"""Faces: found where they are, at any size of the picture, and not where there are none."""
from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from shared.image_analysis.faces import find_faces
from shared.imaging.models import ImageFormat, Picture
from tests.pictures import pixels

FACE = Path(__file__).parents[2] / "data" / "face.jpg"
"""190 x 190 pixels; the face lies about 48 to 140 both ways."""


def faces_in(image: Image.Image) -> list[tuple[int, int, int, int]]:
    return [(face.left, face.top, face.right, face.bottom) for face in find_faces(Picture(np.asarray(image), ImageFormat.PNG, 1))]


@pytest.mark.parametrize("scale", [0.5, 1, 2, 8])
def test_edges_are_pixels_of_the_picture(scale):
    with Image.open(FACE) as image:
        (face,) = faces_in(image.resize((round(190 * scale), round(190 * scale))))
    assert np.allclose(np.array(face) / scale, (48, 49, 140, 141), atol=12)


def test_edges_in_a_picture_of_which_half_is_kept_are_those_of_the_whole():
    with Image.open(FACE) as image:
        half = np.asarray(image.convert("RGB"))
    (face,) = find_faces(Picture(half, ImageFormat.PNG, 1, shrunk_from=(380, 381)))
    assert np.allclose(np.array((face.left, face.top, face.right, face.bottom)) / 2, (48, 49, 140, 141), atol=12)


def test_two_faces_come_from_left_to_right():
    both = Image.new("RGB", (500, 190), "white")
    with Image.open(FACE) as image:
        for left in (300, 10):
            both.paste(image, (left, 0))
    first, second = faces_in(both)
    assert 40 < first[0] < 90 and 330 < second[0] < 380


@pytest.mark.parametrize("number", range(20))
def test_shapes_are_no_faces(number):
    assert faces_in(Image.fromarray(pixels(number))) == []
