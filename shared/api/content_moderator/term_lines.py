"""The lines of a bulk import of terms, one at a time: JSON Lines or CSV, in UTF-8."""
from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator

from shared.errors import UnsupportedMediaType
from shared.term_lists.models import RefusedLine, TermLine

JSON_LINES = "application/x-ndjson"
CSV = "text/csv"
MEDIA_TYPES = (JSON_LINES, CSV)
LINE_LIMIT_BYTES = 8_192
"""A term of 128 characters, each written as two escapes, has 1,536."""
ROW_LIMIT_CHARACTERS = 131_072
"""Of CSV; a row is in memory as a whole, each of its cells by itself."""
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_LANGUAGE = re.compile("[A-Za-z]{3}", re.ASCII)
_WRONG_LANGUAGE = "its language is no code of three letters (ISO 639-3)"


def term_lines(content_type: str, body: bytes) -> Iterator[TermLine | RefusedLine]:
    """The lines that hold anything, in order, numbered from 1. Raises UnsupportedMediaType where they are not in UTF-8."""
    media_type, *parameters = (part.strip() for part in content_type.lower().split(";"))
    charset = dict(parameter.partition("=")[::2] for parameter in parameters).get("charset", "").strip('"')
    if charset not in ("", "utf-8", "utf8"):
        raise UnsupportedMediaType("The body must be encoded in UTF-8.")
    return _csv_lines(body) if media_type == CSV else _json_lines(body)


def _json_lines(body: bytes) -> Iterator[TermLine | RefusedLine]:
    start = len(_BYTE_ORDER_MARK) if body.startswith(_BYTE_ORDER_MARK) else 0
    number = 0
    while start < len(body):
        end = body.find(b"\n", start)
        end = len(body) if end < 0 else end
        number += 1
        if end - start > LINE_LIMIT_BYTES:
            yield RefusedLine(number, f"it is longer than {LINE_LIMIT_BYTES} bytes")
        elif line := body[start:end].strip():
            yield _json_line(number, line)
        start = end + 1


def _json_line(number: int, line: bytes) -> TermLine | RefusedLine:
    try:
        value = json.loads(line.decode())  # of bytes it would take UTF-16 and UTF-32 too
    except (ValueError, RecursionError):
        return RefusedLine(number, "it is no JSON in UTF-8")
    if isinstance(value, str):
        return TermLine(number, value)
    if not isinstance(value, dict) or not isinstance(value.get("term"), str):
        return RefusedLine(number, "it is neither a string nor an object with a string `term`")
    return _term_line(number, value["term"], value.get("language"))


def _csv_lines(body: bytes) -> Iterator[TermLine | RefusedLine]:
    """A row may span several lines, and is named by its last one."""
    # What is no UTF-8 becomes half a surrogate pair, which no term may hold: so its row alone is refused.
    lines = _RowLines(io.TextIOWrapper(io.BytesIO(body), "utf-8-sig", errors="surrogateescape", newline=""))
    rows = csv.reader(lines)
    columns: dict[str, int] | None = None
    while True:
        lines.begin_row()
        try:
            row = next(rows, None)
        except csv.Error:
            yield RefusedLine(rows.line_num, "it is no CSV")
            continue
        if row is None:
            return
        if not any(row):
            continue
        if columns is None:
            header = [name.strip().lower() for name in row]
            columns = {name: header.index(name) for name in ("term", "language") if name in header}
            if "term" in columns:
                continue
            columns = {}
        yield _csv_line(rows.line_num, row, columns)


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


def _csv_line(number: int, row: list[str], columns: dict[str, int]) -> TermLine | RefusedLine:
    if not columns:
        return TermLine(number, row[0]) if len(row) == 1 else RefusedLine(
            number, "it has several columns, and the first line does not name one of them `term`")
    cells = {name: row[place] for name, place in columns.items() if place < len(row)}
    if "term" not in cells:
        return RefusedLine(number, "it has fewer columns than the first line")
    return _term_line(number, cells["term"], cells.get("language"))


def _term_line(number: int, term: str, language: object) -> TermLine | RefusedLine:
    if language is None or language == "":
        return TermLine(number, term)
    if not isinstance(language, str) or not _LANGUAGE.fullmatch(language.strip()):
        return RefusedLine(number, _WRONG_LANGUAGE)
    return TermLine(number, term, language.strip().lower())
