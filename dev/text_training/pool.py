"""Pools of our own sentences, never trained on: the development ones choose the cuts and what length takes, the held-out ones measure them.

`harmful_*.txt.gz` and passages are compressed because they are unpleasant to meet by accident. A "[kind]" line opens a kind;
files of one name pattern are read together, and a kind that several of them hold is joined.
"""

import gzip
from pathlib import Path

POOLS = Path(__file__).parent / "pools"
ALARMING = "alarming"  # harmless text with alarming words: measured by itself, as it is far harder


def development_benign() -> dict[str, list[str]]:
    """Return harmless texts by kind, for choosing cuts."""
    return _kinds("benign_development*.txt")


def holdout_benign() -> dict[str, list[str]]:
    """Return harmless texts by kind, for measuring."""
    return _kinds("benign_holdout*.txt")


def holdout_harmful() -> dict[str, list[str]]:
    """Return harmful texts by category column name, for measuring."""
    return _kinds("harmful_holdout*.txt.gz")


def holdout_passages() -> dict[str, list[str]]:
    """Return whole passages of 46 to 77 words, harmless and harmful, for measuring."""
    return _kinds("passages_holdout*.txt.gz")


def development_harmful() -> dict[str, list[str]]:
    """Return harmful texts by category column name, for choosing cuts and for looking at while writing frames."""
    return _kinds("harmful_development*.txt.gz")


def _kinds(pattern: str) -> dict[str, list[str]]:
    kinds: dict[str, list[str]] = {}
    for path in sorted(POOLS.glob(pattern)):
        content = path.read_bytes()
        text = (gzip.decompress(content) if path.suffix == ".gz" else content).decode()
        for line in filter(None, map(str.strip, text.splitlines())):
            if line.startswith("["):
                current = kinds.setdefault(line.strip("[]"), [])
            elif not line.startswith("#"):
                current.append(line)
    return kinds
