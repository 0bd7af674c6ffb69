"""Who called the decoder of pictures meanwhile, and with which limits."""
from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from shared.imaging import decoding
from shared.imaging.models import ImageLimits, Picture

_ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Seen:
    callers: set[str] = field(default_factory=set)
    limits: set[ImageLimits] = field(default_factory=set)


@contextmanager
def watching() -> Iterator[Seen]:
    """For calls in any thread of this process; the decoder does its work as ever."""
    seen, decode = Seen(), decoding.decode

    def watched(data: bytes, limits: ImageLimits) -> Picture:
        seen.callers.add(sys._getframe(1).f_globals["__name__"])
        seen.limits.add(limits)
        return decode(data, limits)
    with pytest.MonkeyPatch.context() as patch:
        for name, module in list(sys.modules.items()):
            if name.startswith("shared.") and getattr(module, "decode", None) is decode:
                patch.setattr(module, "decode", watched)
        yield seen


def modules_that_decode() -> set[str]:
    """All of the app that import the decoder, at the top or in a function."""
    found = set()
    for path in sorted((_ROOT / "shared").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module == decoding.__name__ and "decode" in {each.name for each in node.names}:
                found.add(".".join(path.relative_to(_ROOT).with_suffix("").parts))
    return found
