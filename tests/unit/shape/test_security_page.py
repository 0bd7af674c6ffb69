"""The threat model names code and tests that there are."""
from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")


def test_every_threat_has_code_and_a_test_that_exist():
    threats = PAGE.partition("## Threats")[2].partition("## What it does not")[0]
    rows = [line.split("|")[1:-1] for line in threats.splitlines() if line.startswith("| ") and "---" not in line][1:]

    assert len(rows) >= 20
    for threat, _, code, test in rows:
        for cell, folders in ((code, ("shared/", "infra/")), (test, ("tests/",))):
            paths = re.findall("`([^`]+)`", cell)
            assert paths and all(path.startswith(folders) and (ROOT / path).is_file() for path in paths), threat
