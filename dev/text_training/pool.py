"""Pools of our own sentences, never trained on: the development ones choose the cuts, the held-out ones measure them.

`harmful_*.txt.gz` are compressed because they are unpleasant to meet by accident. A "[kind]" line opens a kind.
"""

import gzip
from pathlib import Path

POOLS = Path(__file__).parent / "pools"
ALARMING = "alarming"  # harmless text with alarming words: measured by itself, as it is far harder


def development_benign() -> dict[str, list[str]]:
    """Return harmless texts by kind, for choosing cuts."""
    return _kinds((POOLS / "benign_development.txt").read_text("utf-8"))


def holdout_benign() -> dict[str, list[str]]:
    """Return harmless texts by kind, for measuring."""
    return _kinds((POOLS / "benign_holdout.txt").read_text("utf-8"))


def holdout_harmful() -> dict[str, list[str]]:
    """Return harmful texts by category column name, for measuring."""
    return _kinds(gzip.decompress((POOLS / "harmful_holdout.txt.gz").read_bytes()).decode())


def development_harmful() -> dict[str, list[str]]:
    """Return harmful texts by category column name, for looking at while writing frames."""
    return _kinds(gzip.decompress((POOLS / "harmful_development.txt.gz").read_bytes()).decode())


def _kinds(content: str) -> dict[str, list[str]]:
    kinds: dict[str, list[str]] = {}
    for line in filter(None, map(str.strip, content.splitlines())):
        if line.startswith("["):
            current = kinds.setdefault(line.strip("[]"), [])
        elif not line.startswith("#"):
            current.append(line)
    return kinds
