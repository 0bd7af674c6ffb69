"""The memory of a process with every engine, over the files that take most of it."""
from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from shared.imaging.decoding import decode
from shared.imaging.models import ImageDimensionsRefused
from tests.unit.imaging.decode_files import LIMITS
from tests.unit.imaging.hostile import LARGEST_FILES, encoded, flat_animation, flat_tiff, tiff

ROOT = Path(__file__).resolve().parents[3]
MOST_BYTES = 490 * 1024 * 1024
"""A worker of the Functions host has some 20 MB more: docs/images.md."""
WORST = ("PNG: alpha, 16 bits, interlaced", "TIFF: two strips", "JPEG: progressive", "JPEG: one scan", "WebP: animated")


def test_the_worst_files_with_every_engine_in_memory(tmp_path: Path):
    words = Image.new("RGB", (640, 240), "white")
    ImageDraw.Draw(words).text((30, 80), "have a niceday", "black", ImageFont.load_default(60))
    (tmp_path / "0").write_bytes(encoded(words, "PNG"))  # text, so that every engine is there before the first large one
    for number, name in enumerate(WORST, 1):
        (tmp_path / str(number)).write_bytes(LARGEST_FILES[name]())

    run = subprocess.run([sys.executable, "-m", "tests.unit.imaging.all_engines", str(tmp_path)], cwd=ROOT, capture_output=True, text=True)

    assert run.returncode == 0, run.stderr[-2000:]
    *taken, peak_bytes = run.stdout.split()
    assert len(taken) == 1 + len(WORST)
    assert int(peak_bytes) < MOST_BYTES


def _of_height(jpeg: bytes, height: int) -> bytes:
    frame = jpeg.index(b"\xff\xc2")
    return jpeg[:frame + 5] + height.to_bytes(2, "big") + jpeg[frame + 7:]


BEYOND: dict[str, Callable[[], bytes]] = {
    "TIFF: one strip": lambda: tiff(*flat_tiff(4168, 4160, 4160)), "TIFF: two strips": lambda: tiff(*flat_tiff(7200, 4816, 2408)),
    "JPEG: progressive": lambda: _of_height(LARGEST_FILES["JPEG: progressive"](), 6016),
    "WebP: animated": lambda: flat_animation(4000, 3001)}


@pytest.mark.parametrize("name", BEYOND)
def test_what_is_decoded_at_once_has_a_limit(name: str):
    decode(LARGEST_FILES[name](), LIMITS)
    with pytest.raises(ImageDimensionsRefused, match="encoded like this one"):
        decode(BEYOND[name](), LIMITS)
