"""The blocks of Markdown: which lines are one paragraph, heading or cell, which are code and which HTML.

Source: CommonMark 0.31.2, chapters 4 and 5; tables of GitHub Flavored Markdown 0.29. Nothing inside a line reaches beyond
its block: a tag, comment or address that would is text that a reader sees.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass, field


class Kind(enum.Enum):
    PARAGRAPH = enum.auto()
    LINE = enum.auto()
    """A heading or a cell, in which no definition of a link stands."""
    CODE = enum.auto()
    HTML = enum.auto()


@dataclass(slots=True)
class Block:
    """`lines`: start and end of what is left of each, its line ending included, without the signs of quotes and lists."""

    kind: Kind
    lines: list[tuple[int, int]] = field(default_factory=list)


@dataclass(slots=True)
class _Item:
    width: int
    """Columns by which a line has to be indented to go on in it."""

    is_empty: bool = True


_QUOTE = None
_DEEPEST = 32  # quotes and lists in each other: each line costs as much as it has around it
_ANY_LINE = re.compile(r"[^\r\n]+(?:\r\n?|\n)?|\r\n?|\n")
_LINE_END = r"(?=[\r\n]|$)"
_HEADING = re.compile(rf"#{{1,6}}(?:[ \t]+|{_LINE_END})")
_UNDERLINE = re.compile(rf"(?:=++|-++)[ \t]*+{_LINE_END}")
_RULE = re.compile(rf"(?:(?:\*[ \t]*+){{3,}}+|(?:-[ \t]*+){{3,}}+|(?:_[ \t]*+){{3,}}+){_LINE_END}")
_FENCE = re.compile(rf"(?:(`{{3,}}+)[^`\r\n]*+|(~{{3,}}+)[^\r\n]*+){_LINE_END}")
_FENCE_END = re.compile(rf"(`{{3,}}+|~{{3,}}+)[ \t]*+{_LINE_END}")
_MARKER = re.compile(rf"(?:[-*+]|([0-9]{{1,9}})[.)])(?:(?=[ \t])|{_LINE_END})")
_TABLE_RULE = re.compile(rf"\|?[ \t]*+:?-++:?[ \t]*+(?:\|[ \t]*+:?-++:?[ \t]*+)*+\|?[ \t]*+{_LINE_END}")
_PIPE = re.compile(r"(?<!\\)\|")
_ATTRIBUTE = (
    r"[ \t\r\n]++[A-Za-z_:][A-Za-z0-9_.:-]*+"
    r"(?:[ \t\r\n]*+=[ \t\r\n]*+(?:[^ \t\r\n\"'=<>`]++|'[^']*+'|\"[^\"]*+\"))?+"
)
_NAME = "[A-Za-z][A-Za-z0-9-]*+"
TAG = re.compile(rf"<{_NAME}(?:{_ATTRIBUTE})*+[ \t\r\n]*+/?>|</{_NAME}[ \t\r\n]*+>")
_LONE_TAG = re.compile(rf"(?:{TAG.pattern})[ \t]*+{_LINE_END}")
_HTML_BLOCKS = (
    "address article aside base basefont blockquote body caption center col colgroup dd details dialog dir div dl dt fieldset"
    " figcaption figure footer form frame frameset h[1-6] head header hr html iframe legend li link main menu menuitem nav"
    " noframes ol optgroup option p param search section summary table tbody td tfoot th thead title tr track ul"
).replace(" ", "|")
# How HTML begins, and what ends it, with its line; without an end, a blank line does.
_HTML = tuple(
    (re.compile(start, re.IGNORECASE), end and re.compile(end, re.IGNORECASE))
    for start, end in (
        (r"<(?:pre|script|style|textarea)(?=[ \t\r\n>]|$)", "</(?:pre|script|style|textarea)>"),
        ("<!--", "-->"),
        (r"<\?", r"\?>"),
        ("<![a-z]", ">"),
        (r"<!\[CDATA\[", r"\]\]>"),
        (rf"</?(?:{_HTML_BLOCKS})(?=[ \t\r\n]|/?>|$)", None),
    )
)


def blocks(text: str) -> list[Block]:
    """Return the blocks of a text in order. What stands in none of them are signs that a reader does not see."""
    reader = _Reader(text)
    for line in _ANY_LINE.finditer(text):
        reader.read(line.start(), line.end())
    return reader.blocks


class _Reader:
    """Reads line by line.

    `_base` is the column from which the indentation counts, `_column` that of `_place`, the next sign that is no space.
    """

    def __init__(self, text: str) -> None:
        self.blocks: list[Block] = []
        self._text = text
        self._around: list[_Item | None] = []
        self._open: Block | None = None  # that the next line may go on in; a LINE is the last cell of a table
        self._ending: re.Pattern[str] | str | None = None  # of open HTML or code
        self._place = self._column = self._base = self._end = 0

    def read(self, start: int, end: int) -> None:
        self._place, self._end = start, end
        self._column = self._base = 0
        self._skip_spaces()
        depth = self._still_around()
        goes_on = self._open is not None and depth == len(self._around)
        if goes_on and self._open.kind in (Kind.CODE, Kind.HTML) and self._goes_on(self._open):
            return
        if self._is_blank():
            self._leave(depth)
            return
        if not goes_on and self._open is not None and self._open.kind is not Kind.PARAGRAPH:
            self._leave(depth)
        while self._starts_around(depth, goes_on):
            depth, goes_on = len(self._around), False
            if self._is_blank():
                return
        if not self._starts_block(depth, goes_on):
            self._reads_text(depth, goes_on)

    def _starts_around(self, depth: int, goes_on: bool) -> bool:
        """Enter the quote or item that begins here, if one does."""
        if self._indent() >= 4 or len(self._around) == _DEEPEST:
            return False
        if self._text[self._place] == ">":
            self._leave(depth)
            self._around.append(_QUOTE)
            self._enter_quote()
            return True
        marker = _MARKER.match(self._text, self._place, self._end)
        if marker is None or _RULE.match(self._text, self._place, self._end):
            return False
        interrupts = goes_on and self._open is not None and self._open.kind is Kind.PARAGRAPH
        if interrupts and (_UNDERLINE.match(self._text, self._place, self._end) or marker[1] and int(marker[1]) != 1
                           or not self._text[marker.end() : self._end].strip()):  # fmt: skip
            return False
        self._leave(depth)
        content = self._column + len(marker[0])
        self._place, self._column = marker.end(), content
        self._skip_spaces()
        spaces = self._column - content
        content += 1 if self._is_blank() or spaces > 4 else spaces
        self._around.append(_Item(content - self._base))
        self._base = content
        return True

    def _starts_block(self, depth: int, goes_on: bool) -> bool:
        """Read the line as a block of its own or the first one of a block that is no paragraph, if it is one."""
        text, place, end = self._text, self._place, self._end
        in_paragraph = self._open is not None and self._open.kind is Kind.PARAGRAPH
        if self._indent() >= 4:
            if not in_paragraph:
                self._leave(depth)
                self._add(Kind.CODE, place, end)
                self._ending = None
            return not in_paragraph
        if heading := _HEADING.match(text, place, end):
            self._leave(depth)
            self._add(Kind.LINE, heading.end(), end)
            self._open = None
        elif fence := _FENCE.match(text, place, end):
            self._leave(depth)
            self._add(Kind.CODE)
            self._ending = fence[1] or fence[2]
        elif text[place] == "<" and (ending := self._html_ending(in_paragraph)) is not _NO_HTML:
            self._leave(depth)
            self._add(Kind.HTML, place, end)
            self._ending = ending
            self._end_html()
        elif (in_paragraph and goes_on and _UNDERLINE.match(text, place, end)) or _RULE.match(text, place, end):
            self._leave(depth)
        else:
            return in_paragraph and goes_on and self._starts_table()
        return True

    def _reads_text(self, depth: int, goes_on: bool) -> None:
        if self._open is not None and self._open.kind is Kind.PARAGRAPH:  # a line less deep than it may still be of it
            self._open.lines.append((self._place, self._end))
        elif goes_on and self._open is not None:
            self._add_cells(self._place, self._end)
        else:
            self._leave(depth)
            self._add(Kind.PARAGRAPH, self._place, self._end)

    def _starts_table(self) -> bool:
        """Make a table of the last line of the paragraph, if the one read parts its columns."""
        start, end = self._open.lines[-1]
        rule = _TABLE_RULE.match(self._text, self._place, self._end)
        if rule is None or len(_cells(rule[0])) != len(_cells(self._text[start:end])):
            return False
        self._open.lines.pop()
        if not self._open.lines:
            self.blocks.pop()
        self._add_cells(start, end)
        return True

    def _add_cells(self, start: int, end: int) -> None:
        for pipe in _PIPE.finditer(self._text, start, end):
            self._add(Kind.LINE, start, pipe.end())
            start = pipe.end()
        self._add(Kind.LINE, start, end)

    def _html_ending(self, in_paragraph: bool) -> re.Pattern[str] | str | None:
        for start, ending in _HTML:
            if start.match(self._text, self._place, self._end):
                return ending
        return None if not in_paragraph and _LONE_TAG.match(self._text, self._place, self._end) else _NO_HTML

    def _goes_on(self, block: Block) -> bool:
        """Read the line as one of open code or HTML, unless it ends before."""
        if block.kind is Kind.HTML:
            if self._ending is None and self._is_blank():
                return False
            block.lines.append((self._place, self._end))
            self._end_html()
            return True
        if isinstance(self._ending, str):
            fence = _FENCE_END.match(self._text, self._place, self._end) if self._indent() < 4 else None
            if fence is not None and fence[1].startswith(self._ending):
                self._open = None
                return True
        elif self._indent() < 4 and not self._is_blank():
            return False
        block.lines.append((self._place, self._end))
        return True

    def _end_html(self) -> None:
        if isinstance(self._ending, re.Pattern) and self._ending.search(self._text, self._place, self._end):
            self._open = None

    def _still_around(self) -> int:
        """Pass the signs of the quotes and items that go on; return how many do."""
        for depth, around in enumerate(self._around):
            if around is _QUOTE:
                if self._indent() >= 4 or self._is_blank() or self._text[self._place] != ">":
                    return depth
                self._enter_quote()
            elif self._is_blank():
                if around.is_empty:
                    return depth
            elif self._indent() >= around.width:
                self._base += around.width
            else:
                return depth
        return len(self._around)

    def _enter_quote(self) -> None:
        self._place += 1
        self._column += 1
        self._base = self._column
        self._skip_spaces()
        self._base += self._column > self._base

    def _leave(self, depth: int) -> None:
        """Close what is open, down to `depth` quotes and items; something begins in the innermost one."""
        del self._around[depth:]
        self._open = None
        if self._around and self._around[-1] is not _QUOTE:
            self._around[-1].is_empty = self._around[-1].is_empty and self._is_blank()

    def _add(self, kind: Kind, start: int = 0, end: int = 0) -> None:
        self._open = Block(kind, [(start, end)] if end else [])
        self.blocks.append(self._open)

    def _skip_spaces(self) -> None:
        while self._place < self._end and (sign := self._text[self._place]) in " \t":
            self._column += 1 if sign == " " else 4 - self._column % 4
            self._place += 1

    def _indent(self) -> int:
        return self._column - self._base

    def _is_blank(self) -> bool:
        return self._place == self._end or self._text[self._place] in "\r\n"


_NO_HTML = ""


def _cells(row: str) -> list[str]:
    return _PIPE.split(row.strip().removeprefix("|").removesuffix("|"))
