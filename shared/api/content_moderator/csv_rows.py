"""The rows of a CSV that a caller sent, one at a time, in UTF-8; none of them can fill the memory."""
from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

ROW_LIMIT_CHARACTERS = 131_072
"""A row is in memory as a whole, each of its cells by itself."""


def csv_rows(body: bytes) -> Iterator[tuple[int, list[str] | None]]:
    """Each row that holds anything, None for one that is no CSV. A row may span several lines, and is named by its last one.

    What is no UTF-8 becomes half a surrogate pair, for the caller to refuse.
    """
    lines = _RowLines(io.TextIOWrapper(io.BytesIO(body), "utf-8-sig", errors="surrogateescape", newline=""))
    rows = csv.reader(lines)
    while True:
        lines.begin_row()
        try:
            row = next(rows, None)
        except csv.Error:
            yield rows.line_num, None
            continue
        if row is None:
            return
        if any(row):
            yield rows.line_num, row


def columns_of(first_row: Sequence[str], names: Sequence[str]) -> dict[str, int]:
    """Where the first row names these columns."""
    header = [name.strip().lower() for name in first_row]
    return {name: header.index(name) for name in names if name in header}


class _RowLines:
    """Lines for a reader of CSV, which is given a field that it refuses in place of what goes beyond a row's limit."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self._too_long = "x" * (csv.field_size_limit() + 1)
        self._left = 0

    def begin_row(self) -> None:
        self._left = ROW_LIMIT_CHARACTERS

    def __iter__(self) -> _RowLines:
        return self

    def __next__(self) -> str:
        line = self._text.readline(ROW_LIMIT_CHARACTERS + 1)
        if not line:
            raise StopIteration
        self._left -= len(line)
        if self._left >= 0:
            return line
        while line and not line.endswith(("\n", "\r")):
            line = self._text.readline(ROW_LIMIT_CHARACTERS)
        return self._too_long
