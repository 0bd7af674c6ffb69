"""Takes a picture of almost 13 megapixels many times side by side, and prints by how many bytes the memory of its process grew."""
from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from PIL import Image

from shared.imaging.models import WHOLE_PIXELS
from shared.memory import give_large_blocks_back
from shared.outbound.client import GuardedClient
from shared.reviews.intake import PictureIntake
from tests.unit.imaging.hostile import encoded

SIDE = int(WHOLE_PIXELS ** 0.5)
THREADS, PICTURES = 8, 16


def memory(name: str) -> int:
    """`VmRSS` is what the process has, `VmHWM` the most it had."""
    return int(re.search(rf"{name}:\s+(\d+)", Path("/proc/self/status").read_text())[1]) * 1024


if __name__ == "__main__":
    give_large_blocks_back()  # as a worker does when it starts
    picture = encoded(Image.new("RGB", (SIDE, SIDE), "green"), "JPEG")
    intake = PictureIntake(GuardedClient(()))
    before = memory("VmRSS")
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(lambda place: intake.take(picture, f"[{place}]"), range(PICTURES)))
    print(memory("VmHWM") - before)
