"""Limits of image analysis, each on both sides of its figure, and what is no picture at all."""
from __future__ import annotations

import base64
import io
import struct
import zlib

import pytest
from PIL import Image

from tests.contract.golden import OPERATIONS, Player
from tests.contract.in_process import Answer
from tests.contract.published import CATEGORIES, FOUR_LEVELS, GA_VERSIONS, IMAGE_BYTES, IMAGE_FORMATS, IMAGE_SIDES
from tests.pictures import encoded, pixels

SHORTEST, LONGEST = IMAGE_SIDES
PICTURE = encoded(pixels(1, 80, 60))


def analyze(player: Player, content: bytes | str, version: str | None = None, **fields) -> Answer:
    sent = content if isinstance(content, str) else base64.b64encode(content).decode()
    return player.play(OPERATIONS["analyze_image"], {"body": {"image": {"content": sent}, **fields}}, version)


def assert_refused(answer: Answer, target: str | None = None) -> None:
    assert (answer.status, answer.error["code"]) == (400, "InvalidRequestBody"), answer.body
    assert answer.error.get("target") == target or target is None


def png_of_size(size_bytes: int) -> bytes:
    """A picture with as many bytes as wanted: a chunk that decoders pass over stands before its end."""
    body, end = PICTURE[:-12], PICTURE[-12:]
    filling = b"mdRt" + b"\0" * (size_bytes - len(PICTURE) - 12)
    return body + struct.pack(">I", len(filling) - 4) + filling + struct.pack(">I", zlib.crc32(filling)) + end


def flat(width: int, height: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), (90, 120, 60)).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.mark.parametrize("version", GA_VERSIONS)
@pytest.mark.parametrize("image_format", IMAGE_FORMATS)
def test_every_published_format_is_analyzed_in_both_versions(standing_player: Player, image_format: str, version: str):
    answer = analyze(standing_player, encoded(pixels(3, 80, 60), image_format), version)

    assert answer.status == 200
    assert [entry["category"] for entry in answer.body["categoriesAnalysis"]] == [*CATEGORIES]
    assert all(entry["severity"] in FOUR_LEVELS for entry in answer.body["categoriesAnalysis"])
    assert answer.headers["x-moderato-engine"] == "built-in"
    assert answer.headers["x-model-version"].startswith("moderato-image-")
    assert answer.headers["x-moderato-examined"] == "Hate=text; SelfHarm=text; Sexual=pixels,text; Violence=text"


@pytest.mark.parametrize("content", [
    encoded(pixels(3, 80, 60), "PPM"), encoded(pixels(3, 64, 64), "ICO"), b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%PDF-1.7", b"x",
    PICTURE[:-200]], ids=["PPM", "ICO", "SVG", "PDF", "no picture", "cut"])
def test_anything_else_is_refused(standing_player: Player, content: bytes):
    assert_refused(analyze(standing_player, content))


def test_four_megabytes_are_analyzed_and_one_byte_more_is_refused(standing_player: Player):
    assert analyze(standing_player, png_of_size(IMAGE_BYTES)).status == 200
    assert_refused(analyze(standing_player, png_of_size(IMAGE_BYTES + 1)))


def test_the_largest_picture_fits_the_body_limit_though_a_client_escapes_it(standing_player: Player):
    content = base64.b64encode(png_of_size(IMAGE_BYTES)).decode().replace("+", "\\u002B").replace("/", "\\/")
    operation = OPERATIONS["analyze_image"]

    answer = standing_player.play(operation, {}, content=f'{{"image": {{"content": "{content}"}}}}'.encode())

    assert answer.status == 200


@pytest.mark.parametrize(("width", "height"), [(SHORTEST, SHORTEST), (SHORTEST, LONGEST), (LONGEST, SHORTEST)])
def test_sides_of_50_to_7200_pixels_are_analyzed(standing_player: Player, width: int, height: int):
    assert analyze(standing_player, flat(width, height)).status == 200


@pytest.mark.parametrize(("width", "height"), [(SHORTEST - 1, 60), (60, SHORTEST - 1), (LONGEST + 1, 60), (60, LONGEST + 1)])
def test_one_pixel_less_or_more_is_refused(standing_player: Player, width: int, height: int):
    assert_refused(analyze(standing_player, flat(width, height)))


@pytest.mark.parametrize("content", [
    "no base64!", base64.b64encode(PICTURE).decode().rstrip("=") + "=====", base64.b64encode(PICTURE).decode()[:-1] + "é",
    base64.encodebytes(PICTURE).decode(), "data:image/png;base64," + base64.b64encode(PICTURE).decode()],
    ids=["another alphabet", "padding", "a letter beyond ASCII", "lines", "a data URL"])
def test_what_is_no_base64_is_refused_and_named(standing_player: Player, content: str):
    assert_refused(analyze(standing_player, content), "image.content")


@pytest.mark.parametrize("image", [
    {}, {"content": None}, {"content": None, "blobUrl": None},
    {"content": base64.b64encode(PICTURE).decode(), "blobUrl": "https://pictures.example/a.png"}])
def test_a_picture_is_either_content_or_a_url(standing_player: Player, image: dict[str, str]):
    assert_refused(standing_player.play(OPERATIONS["analyze_image"], {"body": {"image": image}}), "image")


@pytest.mark.parametrize("url", [
    "http://127.0.0.1/a.png", "http://169.254.169.254/metadata", "https://pictures.invalid/a.png", "file:///etc/passwd", "a.png",
    "https://pictures.example/" + "a" * 8200, ""])
def test_a_url_that_may_not_be_fetched_is_refused(standing_player: Player, url: str):
    answer = standing_player.play(OPERATIONS["analyze_image"], {"body": {"image": {"blobUrl": url}}})

    assert_refused(answer)
    assert not url or url not in answer.error["message"]


@pytest.mark.parametrize(("field", "value"), [
    ("categories", ["Rudeness"]), ("categories", "Hate"), ("outputType", "EightSeverityLevels"), ("outputType", "")])
def test_a_value_that_is_not_published_is_refused(standing_player: Player, field: str, value: object):
    answer = analyze(standing_player, PICTURE, **{field: value})

    assert_refused(answer)
    assert answer.error["target"].startswith(field)


def test_only_the_categories_asked_for_are_answered_in_the_published_order(standing_player: Player):
    answer = analyze(standing_player, PICTURE, categories=["Violence", "Sexual", "Violence"], outputType="FourSeverityLevels")

    assert [entry["category"] for entry in answer.body["categoriesAnalysis"]] == ["Sexual", "Violence"]
    assert answer.headers["x-moderato-examined"] == "Sexual=pixels,text; Violence=text"


@pytest.mark.parametrize("field", ["categories", "outputType"])
def test_an_optional_field_may_be_null(standing_player: Player, field: str):
    assert analyze(standing_player, PICTURE, **{field: None}).status == 200
