"""The lines of a bulk import of terms, one at a time: JSON Lines or CSV, in UTF-8."""
from __future__ import annotations

import json
import re
from collections.abc import Iterator

from shared.api.content_moderator.csv_rows import columns_of, csv_lines
from shared.errors import PayloadTooLarge, UnsupportedMediaType
from shared.term_lists.models import RefusedLine, TermLine

JSON_LINES = "application/x-ndjson"
CSV = "text/csv"
MEDIA_TYPES = (JSON_LINES, CSV)
LINE_LIMIT = 2_000_000
"""Lines in one body, empty ones too: so many bare line ends take a worker a second, 100 MB of them took minutes."""
LINE_LIMIT_BYTES = 8_192
"""A term of 128 characters, each written as two escapes, has 1,536."""
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_LANGUAGE = re.compile("[A-Za-z]{3}", re.ASCII)
_NO_ADDRESS = re.compile(r"\.{1,2}|.*(?:%2[Ff]|\0).*", re.DOTALL)
_WRONG_LANGUAGE = "its language is no code of three letters (ISO 639-3)"


def term_lines(content_type: str, body: bytes) -> Iterator[TermLine | RefusedLine]:
    """The lines that hold anything, in order, numbered from 1. Raises UnsupportedMediaType where they are not in UTF-8,
    PayloadTooLarge where there are more than LINE_LIMIT.
    """
    media_type, *parameters = (part.strip() for part in content_type.lower().split(";"))
    charset = dict(parameter.partition("=")[::2] for parameter in parameters).get("charset", "").strip('"')
    if charset not in ("", "utf-8", "utf8"):
        raise UnsupportedMediaType("The body must be encoded in UTF-8.")
    if body.count(b"\n") + body.count(b"\r") - body.count(b"\r\n") > LINE_LIMIT:
        raise PayloadTooLarge(f"The body may have {LINE_LIMIT:,} lines; send it in parts.")
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
        return _term_line(number, value, None)
    if not isinstance(value, dict) or not isinstance(value.get("term"), str):
        return RefusedLine(number, "it is neither a string nor an object with a string `term`")
    return _term_line(number, value["term"], value.get("language"))


def _csv_lines(body: bytes) -> Iterator[TermLine | RefusedLine]:
    columns: dict[str, int] | None = None
    for number, row in csv_lines(body):
        if row is None:
            yield RefusedLine(number, "it is no CSV")
            continue
        if columns is None:
            columns = columns_of(row, ("term", "language"))
            if "term" in columns:
                continue
            columns = {}
        yield _csv_line(number, row, columns)


def _csv_line(number: int, row: list[str], columns: dict[str, int]) -> TermLine | RefusedLine:
    if not columns:
        return _term_line(number, row[0], None) if len(row) == 1 else RefusedLine(
            number, "it has several columns, and the first line does not name one of them `term`")
    cells = {name: row[place] for name, place in columns.items() if place < len(row)}
    if "term" not in cells:
        return RefusedLine(number, "it has fewer columns than the first line")
    return _term_line(number, cells["term"], cells.get("language"))


def _term_line(number: int, term: str, language: object) -> TermLine | RefusedLine:
    if _NO_ADDRESS.fullmatch(term):
        # Clients take . and .. for steps in a path: who deleted one of them would delete its language, or the list.
        return RefusedLine(number, "its term has no address: it is . or .., or it holds %2F or the character NUL")
    if language is None or language == "":
        return TermLine(number, term)
    if not isinstance(language, str) or not _LANGUAGE.fullmatch(language.strip()):
        return RefusedLine(number, _WRONG_LANGUAGE)
    return TermLine(number, term, language.strip().lower())
