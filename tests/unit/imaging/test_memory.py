"""The memory of a process with every image engine, over the hostile files that take most of it."""
from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from tests.unit.imaging.hostile import encoded, hostile_files

ROOT = Path(__file__).resolve().parents[3]
MOST_BYTES = 560 * 1024 * 1024
WORST = ("PNG: 7000 x 7000 with alpha", "JPEG: header of 7200 x 7200", "WebP: animated canvas of 3400 x 3400",
         "PNG: 5000 x 5000 interlaced, 16 bits")


def test_the_worst_files_with_every_engine_in_memory(tmp_path: Path):
    words = Image.new("RGB", (640, 240), "white")
    ImageDraw.Draw(words).text((30, 80), "have a niceday", "black", ImageFont.load_default(60))
    (tmp_path / "0").write_bytes(encoded(words, "PNG"))  # text, so that every engine is there before the first large one
    for number, name in enumerate(WORST, 1):
        (tmp_path / str(number)).write_bytes(hostile_files()[name])

    run = subprocess.run([sys.executable, "-m", "tests.unit.imaging.all_engines", str(tmp_path)], cwd=ROOT, capture_output=True, text=True)

    assert run.returncode == 0, run.stderr[-2000:]
    assert int(run.stdout.splitlines()[-1]) < MOST_BYTES, run.stdout
