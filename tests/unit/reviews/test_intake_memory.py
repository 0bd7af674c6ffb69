"""Pictures of a request are fetched side by side, and decoded few at a time."""
from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
MOST_BYTES = 300 * 1024 * 1024
"""Two pictures of 13 megapixels take some 200 MB while they are decoded, eight 700."""


def test_pictures_of_a_request_do_not_add_up_in_memory():
    run = subprocess.run([sys.executable, "-m", "tests.unit.reviews.take_side_by_side"], cwd=ROOT, capture_output=True, text=True)

    assert run.returncode == 0, run.stderr[-2000:]
    assert int(run.stdout) < MOST_BYTES
