"""Tags and label of an image, wherever they come from: the address, a manifest of pictures, a list of hashes."""
from __future__ import annotations

import re

from shared.errors import InvalidRequest

TAG_LIMIT = 20
LARGEST_TAG = 999_999_999
LABEL_CHARACTERS = 256
TEXT_PATTERN = "^[^\\x00-\\x07\\x0b\\x0e-\\x1f]*$"
"""No control characters but tab and line breaks."""
_LABEL = re.compile(f"[^\x00-\x07\x0b\x0e-\x1f\ud800-\udfff]{{0,{LABEL_CHARACTERS}}}")
_TAG = re.compile("[0-9]{1,9}", re.ASCII)
_SEPARATORS = re.compile("[,; ]+")


def tags_of(text: str) -> tuple[int, ...]:
    """Numbers with commas, semicolons or blanks between them, each once, in order. Raises InvalidRequest."""
    parts = [part for part in _SEPARATORS.split(text) if part]
    if len(parts) > TAG_LIMIT or not all(_TAG.fullmatch(part) for part in parts):
        raise InvalidRequest(f"its tags must be {TAG_LIMIT} whole numbers from 0 to {LARGEST_TAG} at the most")
    return tuple(dict.fromkeys(map(int, parts)))


def tags_and_label(tags: str, label: str) -> tuple[tuple[int, ...], str]:
    """Raises InvalidRequest."""
    if not _LABEL.fullmatch(label):
        raise InvalidRequest(f"its label may have {LABEL_CHARACTERS} characters at the most, and no control characters")
    return tags_of(tags), label
