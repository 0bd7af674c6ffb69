"""Where the picture is inside its frame: near-uniform edges (borders, letterbox bars, white margins) found and cut off."""
from __future__ import annotations

import numpy as np

_SAME_LEVELS = 12
"""A line is an edge line when nearly all of its pixels differ by no more from the first line's median (JPEG rings a bit)."""
_OUTLIERS = 0.02
_LEAST_LEFT = 0.25
"""Of each side. Where less would be left, the edges are the picture: a thing on white."""
_LEAST_CUT = 0.01


def box_inside(grey: np.ndarray) -> tuple[int, int, int, int] | None:
    """(left, top, right, bottom) without the edges, or None when there are none to speak of. `grey`: uint8 [height, width]."""
    height, width = grey.shape
    left, top, right, bottom = 0, 0, width, height
    for _ in range(2):  # a second frame shows once the first is gone
        inner_left, inner_right = _inner(grey[top:bottom, left:right].T, left)
        inner_top, inner_bottom = _inner(grey[top:bottom, inner_left:inner_right], top)
        if inner_left >= inner_right or inner_top >= inner_bottom:
            break  # one colour inside the frame: that is the picture
        left, right, top, bottom = inner_left, inner_right, inner_top, inner_bottom
    if right - left < _LEAST_LEFT * width or bottom - top < _LEAST_LEFT * height:
        return None
    cut = max(left, width - right) / width, max(top, height - bottom) / height
    return None if max(cut) < _LEAST_CUT else (left, top, right, bottom)


def _inner(lines: np.ndarray, offset: int) -> tuple[int, int]:
    """The first line that is not an edge line, and the one after the last such, counted from `offset`."""
    if not lines.size:
        return offset, offset + len(lines)
    first = _edge_lines(lines)
    last = _edge_lines(lines[::-1]) if first < len(lines) else 0
    return offset + first, offset + len(lines) - last


def _edge_lines(lines: np.ndarray) -> int:
    differs = np.abs(lines.astype(np.int16) - int(np.median(lines[0]))) > _SAME_LEVELS
    is_edge = np.count_nonzero(differs, axis=1) <= _OUTLIERS * lines.shape[1]
    return len(lines) if is_edge.all() else int(np.argmin(is_edge))
