"""The rows of a CSV that a caller sent, one at a time, in UTF-8; none of them can fill the memory."""
from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress

ROW_LIMIT_CHARACTERS = 131_072
"""A row is in memory as a whole, each of its cells by itself."""

_CELL = r'(?:"(?:[^"]|"")*+"|[^",\r\n]*+)'
_WELL_FORMED = re.compile(rf"{_CELL}(?:,{_CELL})*+[\r\n]*")


def csv_rows(body: bytes) -> Iterator[tuple[int, list[str] | None]]:
    """Each row that holds anything, None for one that is no CSV. A row may span several lines, and is named by its last one.

    What is no UTF-8 becomes half a surrogate pair, for the caller to refuse. Of a broken row over several lines nobody knows where
    it was meant to end: nothing after it is read.
    """
    lines = _RowLines(body)
    rows = csv.reader(lines, strict=True)
    while True:
        before = rows.line_num
        lines.begin_row()
        try:
            row = next(rows, None)
        except csv.Error:
            yield rows.line_num, None
            if rows.line_num > before + 1:
                return
            continue
        if row is None:
            return
        if any(row):
            yield rows.line_num, row


def csv_lines(body: bytes) -> Iterator[tuple[int, list[str] | None]]:
    """Like `csv_rows` where a row is one line: a quotation mark that is never closed breaks its own line and no other."""
    lines = _RowLines(body)
    for number in itertools.count(1):
        lines.begin_row()
        line = next(lines, None)
        if line is None:
            return
        row: list[str] | None = None
        if '"' not in line or _WELL_FORMED.fullmatch(line):  # the reader takes a mark within a cell for a letter of it
            with suppress(csv.Error):  # a cell beyond the limit
                row = next(csv.reader((line,)), [])
        if row is None or any(row):
            yield number, row


def columns_of(first_row: Sequence[str], names: Sequence[str]) -> dict[str, int]:
    """Where the first row names these columns."""
    header = [name.strip().lower() for name in first_row]
    return {name: header.index(name) for name in names if name in header}


class _RowLines:
    """Lines for a reader of CSV, which is given a field that it refuses in place of what goes beyond a row's limit."""

    def __init__(self, body: bytes) -> None:
        self._text = io.TextIOWrapper(io.BytesIO(body), "utf-8-sig", errors="surrogateescape", newline="")
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
