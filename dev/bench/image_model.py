"""The built-in image model: milliseconds a picture beside the bare ONNX sessions, the reading of text, cold load, memory."""
from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable

from dev.bench import print_table

_SIDES = ((640, 480), (1920, 1080), (4000, 3000))
_SECONDS = 8.0
_COLD = """
import re, time
import numpy, cv2, onnxruntime
def peak():
    # Not getrusage: its peak counts the process that started this one.
    return int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])
before = peak()
from dev.bench.image_model import picture_of
picture = picture_of(1920, 1080, "a word")
began = time.perf_counter()
from shared.image_analysis import nsfw_model
nsfw_model.scores(picture)
pixels, after_pixels = time.perf_counter() - began, peak()
from shared.image_analysis.ocr import read
began = time.perf_counter()
read(picture)
text, after_text = time.perf_counter() - began, peak()
for _ in range(3):
    nsfw_model.scores(picture)
    read(picture)
print(pixels, text, before / 1024, after_pixels / 1024, after_text / 1024, peak() / 1024)
"""


def run() -> None:
    """Print both tables; every figure is from this run."""
    import numpy

    from shared.image_analysis.backbone import narrow, prepared, wide
    from shared.image_analysis.nsfw_model import scores
    from shared.image_analysis.ocr import read

    rows = []
    for width, height in _SIDES:
        picture = picture_of(width, height, "Have a nice day")
        image = {"image": prepared(picture)[numpy.newaxis]}

        def bare(image=image):
            wide().run(["predictions"], image)
            narrow().run(["predictions"], image)
        # Turn by turn, so that a busy moment of the machine meets each alike.
        spent = _milliseconds({"pixels": lambda picture=picture: scores(picture), "bare": bare,
                               "text": lambda picture=picture: read(picture)})
        rows.append([f"{width} x {height}", f"{spent['pixels']:.0f}", f"{spent['bare']:.0f}", f"{spent['pixels'] / spent['bare']:.2f}",
                     f"{spent['text']:,.0f}"])
    print_table(["picture", "pixels, ms", "bare ONNX sessions, ms", "ratio", "reading one line of text, ms"], rows)
    print()
    pixels, text, *memory = map(float, subprocess.run(
        [sys.executable, "-c", _COLD], check=True, capture_output=True, text=True).stdout.split())
    print_table(["first picture, pixels", "first picture, text", "memory with the libraries", "with the networks", "with text read",
                 "after three more"],
                [[f"{pixels:.2f} s", f"{text:.2f} s", *(f"{part:.0f} MB" for part in memory)]])


def picture_of(width: int, height: int, text: str):
    """A picture with soft shapes and one line of text."""
    import cv2
    import numpy

    from shared.imaging.models import ImageFormat, Picture

    shapes = numpy.random.default_rng(1).integers(0, 200, (9, 16, 3), numpy.uint8)
    pixels = cv2.resize(shapes, (width, height), interpolation=cv2.INTER_CUBIC)
    size = width / 640
    cv2.putText(pixels, text, (width // 12, height // 2), cv2.FONT_HERSHEY_SIMPLEX, 1.6 * size, (255, 255, 255), max(2, round(3 * size)))
    return Picture(pixels, ImageFormat.PNG, 1)


def _milliseconds(works: dict[str, Callable[[], object]]) -> dict[str, float]:
    """The median time of each, measured in turns."""
    for work in works.values():
        work()
    spent: dict[str, list[float]] = {name: [] for name in works}
    end = time.perf_counter() + _SECONDS
    while time.perf_counter() < end:
        for name, work in works.items():
            began = time.perf_counter()
            work()
            spent[name].append(time.perf_counter() - began)
    return {name: 1000 * sorted(times)[len(times) // 2] for name, times in spent.items()}
