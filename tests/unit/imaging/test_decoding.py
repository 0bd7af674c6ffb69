"""Pictures that are in order: formats, colours, orientation, and the limits on both sides."""
from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from PIL import Image

from shared.imaging.decoding import decode
from shared.imaging.models import (
    MOST_FRAMES,
    ImageAspectRatioRefused,
    ImageDimensionsRefused,
    ImageFormat,
    ImageLimits,
    ImageSizeRefused,
    UnsupportedImageFormat,
)
from tests.unit.imaging.hostile import encoded, photograph

LIMITS = ImageLimits(frozenset(ImageFormat), 4_000_000, 50, 7200)
# Light, so that a red corner shows which way is up.
CORNERED = Image.new("RGB", (60, 50), (240, 240, 240))
CORNERED.paste((200, 0, 0), (0, 0, 20, 10))


def refusal(content: bytes, **limits: object) -> str:
    kind = limits.pop("kind")
    with pytest.raises(kind) as refused:  # type: ignore[call-overload]
        decode(content, dataclasses.replace(LIMITS, **limits))  # type: ignore[arg-type]
    return refused.value.message


@pytest.mark.parametrize("format", ImageFormat)
def test_each_format_is_known_by_its_content(format: ImageFormat):
    picture = decode(encoded(photograph(), format), LIMITS)

    assert (picture.format, picture.frames, picture.width_px, picture.height_px) == (format, 1, 160, 144)
    assert picture.pixels.shape == (144, 160, 3)
    difference = np.abs(picture.pixels.astype(int) - np.asarray(photograph()))
    assert difference.mean() < 12


@pytest.mark.parametrize("format", ImageFormat)
def test_a_format_that_the_family_does_not_take_is_refused(format: ImageFormat):
    message = refusal(encoded(photograph(), format), formats=frozenset(ImageFormat) - {format}, kind=UnsupportedImageFormat)

    assert message.endswith(f"this is {format}.")


@pytest.mark.parametrize(("mode", "format"), [
    ("1", "PNG"), ("L", "PNG"), ("P", "PNG"), ("LA", "PNG"), ("RGBA", "PNG"), ("I;16", "PNG"), ("L", "JPEG"), ("CMYK", "JPEG"),
    ("P", "GIF"), ("1", "BMP"), ("L", "BMP"), ("RGBA", "BMP"), ("1", "TIFF"), ("L", "TIFF"), ("P", "TIFF"), ("I;16", "TIFF"),
    ("CMYK", "TIFF"), ("RGBA", "TIFF"), ("LA", "TIFF"), ("RGBA", "WEBP")])
def test_every_mode_becomes_rgb(mode: str, format: str):
    grey = Image.fromarray(np.tile(np.arange(0, 256, 2, dtype=np.uint8), (64, 1)))
    image = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257) if mode == "I;16" else grey.convert(mode)

    pixels = decode(encoded(image, format), LIMITS).pixels

    if mode == "1":
        assert set(np.unique(pixels)) == {0, 255}
    else:
        assert np.abs(pixels.astype(int) - np.asarray(grey)[..., None]).max() <= 6


def test_what_is_transparent_is_white():
    layers = np.zeros((60, 256, 4), np.uint8)
    layers[..., 3] = np.arange(256)
    palette = Image.new("P", (60, 60), 1)
    palette.putpalette([255, 0, 0, 0, 0, 255])

    assert np.array_equal(decode(encoded(Image.fromarray(layers), "PNG"), LIMITS).pixels[0, :, 0], 255 - np.arange(256))
    assert (decode(encoded(palette, "PNG", transparency=1), LIMITS).pixels == 255).all()
    assert (decode(encoded(palette, "GIF", transparency=1), LIMITS).pixels == 255).all()
    assert (decode(encoded(palette, "PNG", transparency=0), LIMITS).pixels == (0, 0, 255)).all()


@pytest.mark.parametrize("format", ["JPEG", "PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize(("orientation", "corner"), {
    1: (0, 0), 2: (0, -1), 3: (-1, -1), 4: (-1, 0), 5: (0, 0), 6: (0, -1), 7: (-1, -1), 8: (-1, 0)}.items())
def test_a_picture_is_turned_upright(format: str, orientation: int, corner: tuple[int, int]):
    mark = Image.Exif()
    mark[0x0112] = orientation
    pixels = decode(encoded(CORNERED, format, exif=mark, **({} if format == "TIFF" else {"quality": 95})), LIMITS).pixels

    assert pixels.shape == ((60, 50, 3) if orientation >= 5 else (50, 60, 3))
    assert pixels[corner][1] < 60
    assert all(pixels[other][1] > 200 for other in {(0, 0), (0, -1), (-1, 0), (-1, -1)} - {corner})


@pytest.mark.parametrize("exif", [
    b"", b"Exif", b"Exif\0\0", b"Exif\0\0II", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0MM\0*\0\0\0\x08\xff\xff"])
def test_exif_that_is_broken_is_passed_over(exif: bytes):
    assert decode(encoded(photograph(), "JPEG", exif=exif), LIMITS).pixels.shape == (144, 160, 3)


@pytest.mark.parametrize("format", ["GIF", "WEBP", "TIFF", "PNG"])
def test_of_several_frames_the_first_one_counts(format: str):
    frames = [Image.new("RGB", (60, 60), colour) for colour in ("red", "lime", "blue")]

    picture = decode(encoded(frames[0], format, save_all=True, append_images=frames[1:]), LIMITS)

    assert picture.frames == 3
    assert np.abs(picture.pixels.astype(int) - (255, 0, 0)).max() < 6


def test_the_number_of_frames_stands_on_both_sides():
    frames = [Image.new("L", (60, 60), shade) for shade in (0, 90, 180)]
    content = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])

    assert MOST_FRAMES == LIMITS.max_frames == 1000
    assert decode(content, dataclasses.replace(LIMITS, max_frames=3)).frames == 3
    assert "2 frames" in refusal(content, max_frames=2, kind=ImageDimensionsRefused)


def test_the_number_of_bytes_stands_on_both_sides():
    content = encoded(photograph(), "PNG")

    assert decode(content, dataclasses.replace(LIMITS, size_bytes=len(content)))
    message = refusal(content, size_bytes=len(content) - 1, kind=ImageSizeRefused)
    assert str(len(content)) in message and str(len(content) - 1) in message


@pytest.mark.parametrize(("width", "height", "is_taken"), [
    (50, 50, True), (49, 50, False), (50, 49, False), (7200, 50, True), (7201, 50, False), (50, 7200, True), (50, 7201, False)])
def test_each_side_has_its_limits(width: int, height: int, is_taken: bool):
    content = encoded(Image.new("L", (width, height)), "PNG")

    if is_taken:
        assert decode(content, LIMITS).width_px == width
    else:
        assert f"{width} x {height}" in refusal(content, kind=ImageDimensionsRefused)


def test_the_number_of_pixels_stands_on_both_sides():
    content = encoded(Image.new("L", (100, 90)), "PNG")

    assert decode(content, dataclasses.replace(LIMITS, max_pixels=9000))
    assert "8999" in refusal(content, max_pixels=8999, kind=ImageDimensionsRefused)


def test_the_largest_picture_of_content_safety_is_decoded():
    assert decode(encoded(Image.new("L", (7200, 7200), 77), "PNG"), LIMITS).pixels[-1, -1].tolist() == [77, 77, 77]


@pytest.mark.parametrize(("height", "shrunk_by"), [(3600, 1), (3601, 2)])
@pytest.mark.parametrize("format", ["PNG", "JPEG"])
def test_of_a_picture_above_the_limit_of_whole_ones_half_is_kept(format: str, height: int, shrunk_by: int):
    image = Image.new("L", (3600, height), 40)
    image.paste(200, (1800, 0, 3600, height))

    picture = decode(encoded(image, format), LIMITS)

    assert (picture.width_px, picture.height_px, picture.shrunk_by) == (3600, height, shrunk_by)
    assert picture.pixels.shape[1] == 3600 // shrunk_by and abs(picture.pixels.shape[0] * shrunk_by - height) <= 1
    middle = 1800 // shrunk_by
    assert abs(int(picture.pixels[9, middle - 20, 0]) - 40) < 4 and abs(int(picture.pixels[9, middle + 20, 0]) - 200) < 4


def test_a_large_picture_is_shrunk_upright_and_on_white():
    image = Image.new("RGBA", (5200, 2600), (0, 0, 0, 0))
    image.paste((10, 20, 30, 255), (0, 0, 2600, 1300))
    turned = Image.Exif()
    turned[0x0112] = 6

    picture = decode(encoded(image, "PNG", exif=turned.tobytes()), LIMITS)

    assert (picture.width_px, picture.height_px, picture.pixels.shape) == (2600, 5200, (2600, 1300, 3))
    assert picture.pixels[0, -1].tolist() == [10, 20, 30] and picture.pixels[-1, 0].tolist() == [255, 255, 255]


def test_the_aspect_ratio_stands_on_both_sides():
    for size in ((1250, 50), (50, 1250)):
        assert decode(encoded(Image.new("L", size), "PNG"), dataclasses.replace(LIMITS, max_aspect_ratio=25.0))
    message = refusal(encoded(Image.new("L", (1251, 50)), "PNG"), max_aspect_ratio=25.0, kind=ImageAspectRatioRefused)
    assert "25 times" in message and "1251 x 50" in message


def test_the_name_of_a_format_beside_the_content_counts_for_nothing():
    """A file that two programs read differently: it is what its beginning says."""
    assert decode(encoded(photograph(), "PNG") + encoded(photograph(), "JPEG"), LIMITS).format is ImageFormat.PNG
