"""The order in which stretches of text on a page are read: rows from top to bottom, column after column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

_COLUMN_ROWS = 3
"""A column has at least so many rows on either side of a gutter."""
_COLUMN_ASPECT = 5.0
"""Prose, and not a table or a receipt, has rows that are on average at least so much wider than high."""
_MOST_SPANNING = 0.2
"""Headings may cross a gutter, but not more than this share of all stretches."""
_MOST_COLUMNS = 8
_GUTTER_HEIGHTS = 0.7
"""A gutter is at least so much of a line's height wide: more than a gap between words, at which a strip may have been cut."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Where a stretch of text lies on the upright page, in pixels, and which it is of those that were found."""

    number: int
    left: float
    top: float
    right: float
    bottom: float

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2


def rows_in_reading_order(stretches: Sequence[Stretch], columns: int = _MOST_COLUMNS) -> list[list[Stretch]]:
    """Return the rows of the page, each from left to right. Two columns of prose are read one after the other."""
    gutter = _gutter(stretches) if columns > 1 else None
    if gutter is None:
        return _rows(stretches)
    rows: list[list[Stretch]] = []
    band: list[Stretch] = []
    spanning = _rows([one for one in stretches if one.left < gutter < one.right])
    beside = sorted((one for one in stretches if not one.left < gutter < one.right), key=lambda one: one.middle)
    for heading in spanning:
        while beside and beside[0].middle < heading[0].middle:
            band.append(beside.pop(0))
        rows += _columns(band, gutter, columns)
        rows.append(heading)
        band = []
    return rows + _columns(beside, gutter, columns)


def _columns(band: Sequence[Stretch], gutter: float, columns: int) -> list[list[Stretch]]:
    return [row for side in ([one for one in band if one.right <= gutter], [one for one in band if one.right > gutter])
            for row in rows_in_reading_order(side, columns - 1)]


def _rows(stretches: Sequence[Stretch]) -> list[list[Stretch]]:
    rows: list[list[Stretch]] = []
    for one in sorted(stretches, key=lambda one: (one.middle, one.left)):
        last = rows[-1][-1] if rows else None
        if last is not None and min(last.bottom, one.bottom) - max(last.top, one.top) > 0.5 * min(last.height, one.height):
            rows[-1].append(one)
        else:
            rows.append([one])
    return [sorted(row, key=lambda one: one.left) for row in rows]


def _gutter(stretches: Sequence[Stretch]) -> float | None:
    """Return the x that the fewest stretches cross, of those that part the page into columns of prose."""
    best: tuple[int, float] | None = None
    least_gap = _GUTTER_HEIGHTS * median(one.height for one in stretches) if stretches else 0.0
    edges = sorted({one.right for one in stretches})
    for right in edges:
        after = [one.left for one in stretches if one.left > right]
        if not after:
            break
        if min(after) - right < least_gap:
            continue
        x = (right + min(after)) / 2
        left_side, right_side = [one for one in stretches if one.right <= x], [one for one in stretches if one.left >= x]
        spanning = len(stretches) - len(left_side) - len(right_side)
        if (spanning <= _MOST_SPANNING * len(stretches) and (best is None or spanning < best[0])
                and all(_is_prose(side) for side in (left_side, right_side))):
            best = spanning, x
    return best and best[1]


def _is_prose(side: Sequence[Stretch]) -> bool:
    if len(side) < _COLUMN_ROWS:
        return False
    rows = _rows(side)
    aspects = [(row[-1].right - row[0].left) / max(one.height for one in row) for row in rows]
    return len(rows) >= _COLUMN_ROWS and sum(aspects) / len(aspects) >= _COLUMN_ASPECT
