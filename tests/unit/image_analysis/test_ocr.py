"""Text read from pages that are drawn here, with the fonts that matplotlib carries."""
from __future__ import annotations

import socket
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from shared.errors import InvalidRequest
from shared.image_analysis import ocr, text_detection
from shared.image_analysis.languages import LANGUAGES, language_of
from shared.imaging.models import ImageFormat, Picture

_FONTS = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
LINES = ["The late harvest was larger", "than in the years before.", "Each box holds 12 pieces."]


def page(*lines: str, size: int = 28, font: str = "DejaVuSans.ttf", width: int = 560) -> Image.Image:
    drawn = ImageFont.truetype(str(_FONTS / font), size)
    image = Image.new("L", (width, int(size * (2 + 1.7 * len(lines)))), 240)
    for place, line in enumerate(lines):
        ImageDraw.Draw(image).text((size, size * (1 + 1.7 * place)), line, 20, drawn)
    return image


def read(image: Image.Image) -> ocr.ReadText:
    return ocr.read(Picture(np.asarray(image.convert("RGB")), ImageFormat.PNG, 1))


@pytest.mark.parametrize("font", ["DejaVuSans.ttf", "DejaVuSerif-Bold.ttf", "DejaVuSansMono.ttf"])
def test_lines_are_read_with_their_spaces_in_order_and_with_their_places(font):
    found = read(page(*LINES, font=font))
    assert found.text == "\n".join(LINES)
    for place, line in enumerate(found.lines):
        assert line.confidence > 0.9
        assert abs(line.left - 28) < 15 and abs(line.top + line.height / 2 - (28 * (1 + 1.7 * place) + 16)) < 12


@pytest.mark.parametrize("degrees", [90, 180, 270, 5, -12])
def test_a_page_may_be_turned(degrees):
    assert read(page(*LINES).rotate(degrees, expand=True, fillcolor=240, resample=Image.Resampling.BICUBIC)).text == "\n".join(LINES)


def test_a_wide_strip_and_a_long_page_are_read_in_parts():
    words = " ".join(f"leek {number}" for number in range(30))
    assert read(page(words, size=40, width=6000)).text == words
    long = [f"row {number} of the field" for number in range(60)]
    assert read(page(*long)).text == "\n".join(long)


def test_large_letters_on_several_lines_are_no_columns():
    assert read(page(*LINES, size=64, width=1300)).text == "\n".join(LINES)


@pytest.mark.parametrize("image", [Image.new("L", (128, 128), 255), Image.new("L", (3000, 128), 0),
                                   Image.fromarray(np.random.default_rng(1).integers(0, 255, (300, 300), np.uint8))])
def test_where_there_is_no_text_there_are_no_lines(image):
    assert read(image).lines == ()


def test_a_large_picture_is_read_in_places_of_its_own_pixels():
    large = Image.new("L", (5000, 3000), 240)
    large.paste(page(LINES[0], size=120, width=2200), (1500, 1000))
    (line,) = read(large).lines
    assert line.text == LINES[0] and abs(line.left - 1620) < 40 and abs(line.top - 1120) < 60


def test_places_in_a_picture_of_which_half_is_kept_are_those_of_the_whole():
    half = Image.new("RGB", (1200, 600), "white")
    half.paste(page(LINES[0], size=60, width=1100), (50, 200))
    (whole,), (shrunk,) = (ocr.read(Picture(np.asarray(half), ImageFormat.PNG, 1, size)).lines for size in (None, (2400, 1200)))
    assert abs(shrunk.left - 2 * whole.left) <= 2 and abs(shrunk.top - 2 * whole.top) <= 2 and abs(shrunk.width - 2 * whole.width) <= 4


def test_nothing_is_fetched_and_nothing_is_written(monkeypatch):
    def refuse(*_: object) -> None:
        raise AssertionError("the network was asked")
    monkeypatch.setattr(socket.socket, "connect", refuse)
    ocr._engine.cache_clear()
    text_detection._detector.cache_clear()
    models = Path(__import__("rapidocr").__file__).parent / "models"
    before = {path: path.stat().st_mtime_ns for path in models.iterdir()}

    assert read(page(LINES[0])).text == LINES[0]
    assert {path: path.stat().st_mtime_ns for path in models.iterdir()} == before


@pytest.mark.parametrize(("text", "language"), [
    ("Die größere Kiste fasst zwölf", "deu"), ("La boîte où êtes-vous allés", "fra"), ("Łąka świeżości również", "pol"),
    ("Geç öğün ışığı açık", "tur"), ("A tükörfúrógép őrzi", "hun")])
def test_letters_with_marks_are_read(text, language):
    assert language in LANGUAGES
    assert read(page(text)).text == text


def test_a_language_is_english_unless_said_and_one_that_is_not_known_is_refused():
    assert (language_of(None), language_of(""), language_of(" "), language_of("FRA")) == ("eng", "eng", "eng", "fra")
    with pytest.raises(InvalidRequest, match="afr, aze"):
        language_of("rus")
