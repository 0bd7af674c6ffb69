"""Hostile files: nothing but a picture or a refusal comes out of the decoder, within 512 MB, and within a time that a process has."""
from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.imaging.decoding import decode
from shared.imaging.models import ImageRefused, Picture
from tests.unit.imaging.decode_files import LIMITS
from tests.unit.imaging.hostile import encoded, hostile_files, photograph

ROOT = Path(__file__).resolve().parents[3]
MOST_BYTES = 512 * 1024 * 1024
REFUSALS = {"UnreadableImage", "UnsupportedImageFormat", "ImageSizeRefused", "ImageDimensionsRefused", "ImageAspectRatioRefused"}


@pytest.fixture(scope="module")
def decoded(tmp_path_factory: pytest.TempPathFactory) -> dict:
    """What became of each file, by its name, and the peak of memory, base of the process included."""
    folder = tmp_path_factory.mktemp("hostile")
    files = hostile_files()
    for number, content in enumerate(files.values()):
        (folder / f"{number:03}").write_bytes(content)
    run = subprocess.run([sys.executable, "-m", "tests.unit.imaging.decode_files", str(folder)], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr[-2000:]
    report = json.loads(run.stdout)
    return {"outcomes": dict(zip(files, report["outcomes"].values(), strict=True)), "peak_bytes": report["peak_bytes"]}


def test_there_are_many_and_none_is_refused_for_its_size():
    assert len(hostile_files()) >= 200
    assert max(map(len, hostile_files().values())) <= 4_000_000


def test_only_pictures_and_refusals_come_out(decoded: dict):
    assert set(decoded["outcomes"].values()) <= {"Picture"} | REFUSALS


def test_all_of_them_need_less_than_512_megabytes(decoded: dict):
    assert decoded["peak_bytes"] < MOST_BYTES


@pytest.mark.parametrize(("name", "outcome"), {
    "any: no bytes": "UnsupportedImageFormat", "any: SVG": "UnsupportedImageFormat", "any: PostScript": "UnsupportedImageFormat",
    "JPEG: header of 65535 x 65535": "ImageDimensionsRefused", "JPEG: more than a thousand scans": "UnreadableImage",
    "JPEG: many scans of a large picture": "ImageDimensionsRefused", "JPEG: a million comments": "UnreadableImage",
    "JPEG: a profile of 3 MB": "Picture", "JPEG: EXIF that lies in itself": "Picture", "JPEG: CMYK": "Picture",
    "JPEG: orientation 99": "Picture", "JPEG: ZIP at the end": "Picture", "PNG: 30000 x 30000 of one bit": "ImageDimensionsRefused",
    "PNG: 7000 x 7000 with alpha": "Picture", "PNG: pixels without end": "Picture", "PNG: too few pixels": "UnreadableImage",
    "PNG: a compressed text": "Picture", "PNG: a profile that is a bomb": "Picture", "PNG: wrong checksum of the pixels": "UnreadableImage",
    "PNG: one pixel": "Picture",
    "GIF: frame larger than the screen": "ImageDimensionsRefused", "GIF: 1500 frames": "ImageDimensionsRefused",
    "GIF: comment of 3 MB": "Picture", "BMP: lines from above": "Picture",
    "BMP: run lengths of a large picture": "ImageDimensionsRefused",
    "BMP: a JPEG within": "UnreadableImage", "TIFF: page that leads to itself": "Picture", "TIFF: 5000 pages": "ImageDimensionsRefused",
    "TIFF: strips that lie in one another": "UnreadableImage", "TIFF: tile of 60000 x 60000": "UnreadableImage",
    "TIFF: floating samples": "UnreadableImage", "TIFF: compression Zstandard": "UnreadableImage", "TIFF: 16 bits": "Picture",
    "TIFF: sub-directories": "Picture", "WebP: animated": "Picture", "WebP: 15,000 frames": "ImageDimensionsRefused",
    "WebP: canvas of 16383 x 16383": "ImageDimensionsRefused", "cut: PNG  at 50.0%": "UnreadableImage",
    "cut: JPEG  at 50.0%": "UnreadableImage"}.items())
def test_what_becomes_of_some(decoded: dict, name: str, outcome: str):
    assert decoded["outcomes"][name] == outcome


SEEDS = [
    encoded(photograph(48, 40), "JPEG"), encoded(photograph(48, 40), "JPEG", progressive=True), encoded(photograph(48, 40, "CMYK"), "JPEG"),
    encoded(photograph(48, 40), "PNG"), encoded(photograph(48, 40, "RGBA"), "PNG"), encoded(photograph(48, 40, "P"), "GIF"),
    encoded(photograph(48, 40, "P"), "GIF", save_all=True, append_images=[photograph(48, 40).rotate(9)]),
    encoded(photograph(48, 40), "BMP"), encoded(photograph(48, 40, "1"), "BMP"), encoded(photograph(48, 40), "TIFF"),
    encoded(photograph(48, 40), "TIFF", compression="tiff_lzw"), encoded(photograph(48, 40), "TIFF", compression="jpeg"),
    encoded(photograph(48, 40, "1"), "TIFF", compression="group4"), encoded(photograph(48, 40), "WEBP"),
    encoded(photograph(48, 40, "RGBA"), "WEBP", lossless=True),
    encoded(photograph(48, 40), "WEBP", save_all=True, append_images=[photograph(48, 40).rotate(9)])]


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A valid file with bytes changed, cut, repeated, or put together with another one."""
    content = bytearray(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(1, 4))):
        # Most of what a decoder decides by stands at the beginning.
        place = draw(st.one_of(st.integers(0, min(200, len(content))), st.integers(0, len(content))))
        match draw(st.sampled_from(("change", "cut", "remove", "repeat", "splice"))):
            case "change":
                new = draw(st.one_of(st.binary(min_size=1, max_size=8), st.sampled_from((b"\0" * 4, b"\xff" * 4, b"\x7f\xff", b"\x80"))))
                content[place:place + len(new)] = new
            case "cut":
                del content[place:]
            case "remove":
                del content[place:place + draw(st.integers(1, 64))]
            case "repeat":
                piece = bytes(content[place:place + draw(st.integers(1, 64))])
                content[place:place] = piece * draw(st.integers(1, 50))
            case "splice":
                other = draw(st.sampled_from(SEEDS))
                content[place:] = other[min(place, len(other)):]
    return bytes(content)


@settings(max_examples=600, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(mutated())
def test_mutated_files_are_pictures_or_refused(content: bytes):
    try:
        result = decode(content, LIMITS)
    except ImageRefused:
        return
    assert isinstance(result, Picture)


@pytest.mark.parametrize("seed", SEEDS, ids=range(len(SEEDS)))
def test_every_place_where_a_file_may_be_cut(seed: bytes):
    for length in range(0, len(seed), max(1, len(seed) // 150)):
        try:
            decode(seed[:length], LIMITS)
        except ImageRefused:
            continue


def test_an_error_says_nothing_of_the_file():
    try:
        decode(b"\x89PNG\r\n\x1a\nwheelbarrow-7731", LIMITS)
    except ImageRefused as refused:
        assert "wheelbarrow" not in refused.message
        assert refused.__cause__ is None
        assert "wheelbarrow" not in repr(refused)
