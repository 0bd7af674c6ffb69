"""The files of static/, read once: small ones, named in pages by a hash of what is in them."""
from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent / "static"
_MEDIA_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
_SHOWN_CHARACTERS = 16


@dataclass(frozen=True, slots=True)
class Asset:
    content: bytes
    media_type: str
    hash: str

    @property
    def version(self) -> str:
        return self.hash[:_SHOWN_CHARACTERS]


@cache
def assets() -> dict[str, Asset]:
    """By file name."""
    found = {}
    for path in sorted(_FOLDER.iterdir()):
        content = path.read_bytes()
        found[path.name] = Asset(content, _MEDIA_TYPES[path.suffix], hashlib.sha256(content).hexdigest())
    return found


def address_of(name: str) -> str:
    """Where a page finds the file as it is now: another content has another address."""
    return f"/review/static/{name}?v={assets()[name].version}"
