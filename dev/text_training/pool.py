"""The benign pool: harmless texts of our own, half for choosing cuts and half for measuring what the cuts let through."""

from pathlib import Path

POOL = Path(__file__).parent / "benign_pool.txt"
CUTS, MEASURE = 0, 1


def texts(half: int) -> dict[str, list[str]]:
    """Return the pool's texts by kind, those of one half (CUTS or MEASURE)."""
    kinds: dict[str, list[str]] = {}
    for line in filter(None, map(str.strip, POOL.read_text("utf-8").splitlines())):
        if line.startswith("["):
            current = kinds.setdefault(line.strip("[]"), [])
        elif not line.startswith("#"):
            current.append(line)
    return {kind: lines[half::2] for kind, lines in kinds.items()}
