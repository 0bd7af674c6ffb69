"""Decodes every file of a folder in a process of its own, and says as JSON what came of each and how much memory it took."""
from __future__ import annotations

import json
import resource
import sys
from pathlib import Path

from shared.imaging.decoding import decode
from shared.imaging.models import ImageFormat, ImageLimits, ImageRefused

# The widest of all families.
LIMITS = ImageLimits(frozenset(ImageFormat), 6_000_000, 1, 10240)
MOST_CPU_SECONDS = 180


def outcome_of(path: Path) -> str:
    try:
        picture = decode(path.read_bytes(), LIMITS)
    except ImageRefused as refused:
        return type(refused).__name__
    return "Picture" if picture.pixels.shape[2:] == (3,) and picture.pixels.dtype == "uint8" else "something else"


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_CPU_SECONDS, MOST_CPU_SECONDS))
    outcomes = {path.name: outcome_of(path) for path in sorted(Path(sys.argv[1]).iterdir())}
    # Not by getrusage, whose peak is that of the process that started this one if that had a larger one.
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    peak_bytes = int(peak.split()[1]) * 1024
    print(json.dumps({"outcomes": outcomes, "peak_bytes": peak_bytes}))
