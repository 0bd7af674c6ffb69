"""Markdown as a reader sees it: without the signs of CommonMark. HTML inside it is read as HTML.

Source: CommonMark 0.31.2, chapter 6 and section 4.7. What is doubtful is read: whatever may be seen has to be.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Collection, Iterator

from shared.matching.alignment import AlignedText
from shared.text_analysis.markup.blocks import TAG, Block, Kind, blocks
from shared.text_analysis.markup.tags import (
    BREAK,
    Edit,
    closing_tag,
    entity_edits,
    foreign_from,
    markup_edits,
    tag_edits,
    tags_after,
    unread_name,
)

_SIGN = re.compile(r"[\\<&\[\]]|`+|\*+|_+|~~")
_AUTOLINK = re.compile(r"<([A-Za-z][A-Za-z0-9+.-]{1,31}:[^\s<>]*+|[^\s<>@]{1,64}@[^\s<>]{1,253})>")
_ESCAPE = re.compile(r"\\[!-/:-@\[-`{-~]")
_RAW = {"<!--": "-->", "<![CDATA[": "]]>", "<?": "?>"}
_DECLARATION = re.compile("<![A-Za-z]")
_SPACE = re.compile(r"[ \t\r\n]*+")
_LABEL = re.compile(r"\[((?:[^\[\]\\]|\\.){0,999}+)\]", re.DOTALL)
_BRACKETED_ADDRESS = re.compile(r"<(?:[^<>\r\n\\]|\\.)*+>")
_SIGN_OF_ADDRESS = re.compile(rf"{_ESCAPE.pattern}|[()\x00-\x20\x7f]")
_NESTED_BRACKETS = 32  # as many as the reference implementation takes, so that no text costs its square
_TITLE = re.compile(r""""((?:[^"\\]|\\.)*+)"|'((?:[^'\\]|\\.)*+)'|\(((?:[^()\\]|\\.)*+)\)""", re.DOTALL)
_REST_OF_LINE = re.compile(r"[ \t]*+(?:\r\n?|\n|$)")

Span = tuple[int, int]


def markdown_text(text: str) -> AlignedText:
    """Return the text without its Markdown and HTML, aligned to it. Code is read as it stands."""
    lines, places = _without_line_signs(text, blocks(text))
    flat = lines.text
    cdata_from = 0 if foreign_from(flat) < len(flat) else len(flat)
    edits: list[Edit] = []
    labels: set[str] = set()
    inside: list[Span] = []
    for kind, start, end in places:
        if kind is Kind.HTML:
            edits += ((start + first, start + last, new) for first, last, new in tag_edits(flat[start:end], cdata_from=cdata_from))
        elif kind is not Kind.CODE:
            while kind is Kind.PARAGRAPH and (definition := _definition(flat, start, end)):
                label, address, title, start_of_next = definition
                labels.add(label)
                edits += _title_edits(flat, (start, start_of_next), title, BREAK)
                start = start_of_next
            inside.append((start, end))
    for start, end in inside:
        edits += _Inline(flat, end, labels, cdata_from).edits(start)
    return lines.edited(sorted(edits))


def _without_line_signs(text: str, found: list[Block]) -> tuple[AlignedText, list[tuple[Kind, int, int]]]:
    """The text without the signs around its blocks, and where in it each block stands."""
    edits: list[Edit] = []
    places: list[tuple[Kind, int, int]] = []
    done = shift = 0

    def leave_out(end: int, replacement: str) -> None:
        nonlocal shift
        if text[done:end].strip():
            edits.append((done, end, replacement))
            shift += len(replacement) - (end - done)

    for block in found:
        first = None
        for start, end in block.lines:
            leave_out(start, BREAK if first is None else "")
            first = start + shift if first is None else first
            done = end
        if first is not None:
            places.append((block.kind, first, done + shift))
    leave_out(len(text), BREAK)
    return AlignedText(text).edited(edits), places


def _definition(text: str, start: int, end: int) -> tuple[str, Span, Span | None, int] | None:
    """The label, address and title of the link that is defined at `start`, and what stands behind; None if it is none."""
    label = _LABEL.match(text, _after_space(text, start, end), end)
    # A footnote of many dialects is written like a definition, and shown.
    if label is None or not label[1].strip() or label[1].startswith("^") or text[label.end() : label.end() + 1] != ":":
        return None
    address = _after_space(text, label.end() + 1, end)
    address_end = _address_end(text, address, end)
    if address_end is None or address_end == address:
        return None
    place = _after_space(text, address_end, end)
    title = _TITLE.match(text, place, end) if place > address_end else None
    rest = _REST_OF_LINE.match(text, title.end(), end) if title else None
    if rest is None:
        title, rest = None, _REST_OF_LINE.match(text, address_end, end)
    if rest is None:
        return None
    return _folded(label[1]), (address, address_end), title.span(title.lastindex) if title else None, rest.end()


def _folded(label: str) -> str:
    return " ".join(label.split()).casefold()


def _after_space(text: str, place: int, end: int) -> int:
    return _SPACE.match(text, place, end).end()


def _address_end(text: str, place: int, end: int) -> int | None:
    if text.startswith("<", place, end):
        address = _BRACKETED_ADDRESS.match(text, place, end)
        return address.end() if address else None
    depth = 0
    for sign in _SIGN_OF_ADDRESS.finditer(text, place, end):
        if sign[0] == "(" and depth < _NESTED_BRACKETS:
            depth += 1
        elif sign[0] == ")" and depth:
            depth -= 1
        elif len(sign[0]) == 1:
            return None if depth else sign.start()
    return None if depth else end


def _title_edits(text: str, span: Span, title: Span | None, otherwise: str) -> Iterator[Edit]:
    """What has a title, like an address, is read as the title alone."""
    if title is None:
        yield *span, otherwise
        return
    yield span[0], title[0], BREAK
    place = title[0]
    for sign in re.finditer(r"[\\&]", text[title[0] : title[1]]):
        start = title[0] + sign.start()
        if start >= place and sign[0] == "&":
            yield from entity_edits(text, start, title[1])
        elif start >= place and _ESCAPE.match(text, start, title[1]):
            yield start, start + 1, ""
            place = start + 2
    yield title[1], span[1], BREAK


class _Inline:
    """The signs inside one block that ends at `end`, from left to right: what begins first counts."""

    def __init__(self, text: str, end: int, labels: Collection[str], cdata_from: int) -> None:
        self._text, self._end, self._labels, self._cdata_from = text, end, labels, cdata_from
        self._edits: list[Edit] = []
        self._openings: list[Span] = []
        self._dead_openings = 0  # that stand around a link: there is none in a link, but a picture
        self._delimiters: list[Span] = []
        self._code_signs: dict[int, list[int]] = {}
        self._absent: set[str] = set()
        self._tags_from = 0

    def edits(self, start: int) -> list[Edit]:
        for run in re.finditer("`+", self._text[start : self._end]):
            self._code_signs.setdefault(len(run[0]), []).append(start + run.start())
        place, escaped = start, -1
        while found := _SIGN.search(self._text, place, self._end):
            start, place = found.span()
            sign = found[0][0]
            if sign == "\\":
                if _ESCAPE.match(self._text, start, self._end):
                    self._edits.append((start, place, ""))
                    escaped = place
                    place += 1
            elif sign == "`":
                place = self._code(start, place)
            elif sign == "<":
                place = self._html(start)
            elif sign == "&":
                for edit in entity_edits(self._text, start, self._end):
                    self._edits.append(edit)
                    place = edit[1]
            elif sign == "[":
                is_picture = self._text[start - 1 : start] == "!" and start - 1 != escaped
                self._openings.append((start - is_picture, place))
            elif sign == "]":
                place = self._link(start)
            else:
                self._delimiters.append((start, place))
        self._edits += _emphasis_edits(self._text, self._delimiters)
        return self._edits

    def _code(self, start: int, place: int) -> int:
        """Read code as it stands, if there is an end of it; return where to go on."""
        ends = self._code_signs.get(place - start, [])
        number = bisect.bisect_left(ends, place)
        if number == len(ends):
            return place
        end = ends[number] + place - start
        self._edits += ((start, place, ""), (ends[number], end, ""))
        return end

    def _html(self, start: int) -> int:
        if autolink := _AUTOLINK.match(self._text, start, self._end):
            self._edits += ((start, start + 1, ""), (autolink.end(1), autolink.end(), ""))
            return autolink.end()
        end = None if start < self._tags_from else self._html_end(start)
        if end is None:
            return start + 1
        unread = unread_name(self._text, start)
        if unread and not self._is_closed(unread, end):
            self._edits.append((start, end, BREAK))  # what never ends hides nothing
            return end
        self._edits += markup_edits(self._text, start, False, self._cdata_from)
        place = self._edits[-1][1]
        self._tags_from = tags_after(self._text, start, place)
        return place

    def _is_closed(self, name: str, place: int) -> bool:
        if name not in self._absent and ((closing := closing_tag(self._text, name, place)) is None or closing.end() >= self._end):
            self._absent.add(name)
        return name not in self._absent

    def _html_end(self, start: int) -> int | None:
        if tag := TAG.match(self._text, start, self._end):
            return tag.end()
        for opening, closing in _RAW.items():
            if self._text.startswith(opening, start):
                return self._end_of(closing, start + 2)
        return self._end_of(">", start) if _DECLARATION.match(self._text, start, self._end) else None

    def _end_of(self, closing: str, place: int) -> int | None:
        if closing in self._absent:
            return None
        found = self._text.find(closing, place, self._end)
        if found < 0:
            self._absent.add(closing)
            return None
        return found + len(closing)

    def _link(self, start: int) -> int:
        """Read the link or picture whose text ends at `start`, if it is one; return where to go on."""
        if not self._openings:
            return start + 1
        opening = self._openings.pop()
        is_dead = len(self._openings) < self._dead_openings
        self._dead_openings = min(self._dead_openings, len(self._openings))
        is_picture = opening[1] - opening[0] == 2
        found = self._address(start + 1) or self._reference(opening[1], start) if is_picture or not is_dead else None
        if found is None:
            return start + 1
        end, title = found
        self._edits.append((*opening, ""))
        self._edits += _title_edits(self._text, (start, end), title, "")
        if not is_picture:
            self._dead_openings = len(self._openings)
        return end

    def _address(self, place: int) -> tuple[int, Span | None] | None:
        if not self._text.startswith("(", place, self._end):
            return None
        address_end = _address_end(self._text, _after_space(self._text, place + 1, self._end), self._end)
        if address_end is None:
            return None
        place = _after_space(self._text, address_end, self._end)
        title = _TITLE.match(self._text, place, self._end) if place > address_end else None
        if title:
            place = _after_space(self._text, title.end(), self._end)
        if not self._text.startswith(")", place, self._end):
            return None
        return place + 1, title.span(title.lastindex) if title else None

    def _reference(self, start: int, end: int) -> tuple[int, None] | None:
        if not self._labels:
            return None
        label = _LABEL.match(self._text, end + 1, self._end)
        named = label[1] if label and label[1] else self._text[start:end] if end - start < 1000 else ""
        if _folded(named) not in self._labels:
            return None
        return label.end() if label else end + 1, None


def _emphasis_edits(text: str, delimiters: list[Span]) -> Iterator[Edit]:
    """The pairs of asterisks, underscores and tildes around emphasised text."""
    openings: dict[str, list[list[int]]] = {"*": [], "_": [], "~": []}
    for start, end in delimiters:
        sign = text[start]
        before, after = text[start - 1 : start] or " ", text[end : end + 1] or " "
        is_word = sign == "_"
        can_close = not before.isspace() and not (is_word and after.isalnum())
        can_open = not after.isspace() and not (is_word and before.isalnum())
        while can_close and openings[sign] and start < end:
            opening = openings[sign][-1]
            paired = min(opening[1] - opening[0], end - start)
            yield opening[1] - paired, opening[1], ""
            yield start, start + paired, ""
            opening[1] -= paired
            start += paired
            if opening[0] == opening[1]:
                openings[sign].pop()
        if can_open and start < end:
            openings[sign].append([start, end])
