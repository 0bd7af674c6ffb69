"""Markdown as edits that leave the text: the signs of CommonMark that a reader does not see. HTML inside it is read as HTML.

Source: CommonMark 0.31.2; of its rules for nesting only what decides which signs are seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from shared.text_analysis.markup.tags import BREAK, Edit, tag_edits

_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})([^\n`]*)$", re.MULTILINE)
_LINE_SIGNS = re.compile(
    r"^(?:[ \t]{0,12}(?:>|[-*+](?=[ \t])|[0-9]{1,9}[.)](?=[ \t]))[ \t]?){0,8}"  # quotes and list items, nested
    r"(?: {0,3}#{1,6}(?=[ \t]|$)|[ \t]{0,3}(?:=+|-+|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,}|[|:\- \t]*-[|:\- \t]*)[ \t]*$)?",
    re.MULTILINE,
)
_CODE = re.compile(r"(?<![`\\])(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
_AUTOLINK = re.compile(r"<([A-Za-z][A-Za-z0-9+.-]{1,31}:[^\s<>]*|[^\s<>@]{1,64}@[^\s<>]{1,253})>")
_ESCAPE = re.compile(r"\\(?=[!-/:-@\[-`{-~])")
_LINK_END = re.compile(
    r"\](?:\(\s{0,8}(?:<[^<>\n]*>|[^\s()<>]*(?:\([^\s()]*\)[^\s()]*)?)(?:\s{1,8}(?:\"([^\"]*)\"|'([^']*)'|\(([^()]*)\)))?\s{0,8}\)"
    r"|\[[^\[\]]{0,99}\])"
)
_DEFINITION = re.compile(
    r"^ {0,3}\[[^\[\]\n]{1,99}\]:[ \t]*\S+(?:[ \t]+(?:\"([^\"\n]*)\"|'([^'\n]*)'|\(([^()\n]*)\)))?[ \t]*$", re.MULTILINE
)
_DELIMITERS = re.compile(r"\*+|_+|~~")


def markdown_edits(text: str) -> list[Edit]:
    """Return the edits, in order, that leave a text of its Markdown and HTML. Code is read as it stands."""
    taken = bytearray(len(text))  # by an edit, or as code
    edits: list[Edit] = []

    def take(found: Iterator[Edit]) -> None:
        for start, end, replacement in found:
            if not any(taken[start:end]):
                taken[start:end] = b"\x01" * (end - start)
                edits.append((start, end, replacement))

    take(_code_edits(text, taken))
    take((each.start(1) - 1, each.start(1), "") for each in _AUTOLINK.finditer(text) if not taken[each.start()])
    take((each.end(1), each.end(1) + 1, "") for each in _AUTOLINK.finditer(text) if not taken[each.end(1)])
    literal = bytes(taken)
    take(tag_edits(text, literal=literal))
    take((each.start(), each.end(), "") for each in _ESCAPE.finditer(text) if not taken[each.start()])
    for each in _ESCAPE.finditer(text):
        taken[each.end()] = 1  # the sign behind it means itself
    take(_title_edits(_DEFINITION.finditer(text)))
    take((*each.span(), BREAK) for each in _LINE_SIGNS.finditer(text) if each.end() > each.start())
    take(_link_edits(text, taken))
    take(_emphasis_edits(text, taken))
    return sorted(edits)


def _code_edits(text: str, taken: bytearray) -> Iterator[Edit]:
    """The signs around code; marks the code between them as taken."""
    opening: re.Match[str] | None = None
    for fence in _FENCE.finditer(text):
        if opening is None:
            opening = fence
        elif fence[1].startswith(opening[1]) and not fence[2].strip():
            yield *opening.span(), BREAK
            yield *fence.span(), BREAK
            taken[opening.end() : fence.start()] = b"\x01" * (fence.start() - opening.end())
            opening = None
    if opening is not None:  # an unclosed fence goes on to the end
        yield *opening.span(), BREAK
        taken[opening.end() :] = b"\x01" * (len(text) - opening.end())
    for code in _CODE.finditer(text):
        if not taken[code.start()] and not taken[code.end() - 1]:
            yield *code.span(1), ""
            yield code.end(2), code.end(), ""
            taken[code.start(2) : code.end(2)] = b"\x01" * (code.end(2) - code.start(2))


def _title_edits(found: Iterator[re.Match[str]]) -> Iterator[Edit]:
    """What has a title, like an address, is read as the title alone."""
    for each in found:
        if each.lastindex is None:
            yield *each.span(), BREAK
        else:
            yield each.start(), each.start(each.lastindex), BREAK
            yield each.end(each.lastindex), each.end(), BREAK


def _link_edits(text: str, taken: bytearray) -> Iterator[Edit]:
    """The brackets, the address and what stands around the title of each link and picture."""
    openings: list[int] = []
    for bracket in re.finditer(r"[\[\]]", text):
        if taken[bracket.start()]:
            continue
        if bracket[0] == "[":
            openings.append(bracket.start())
        elif openings:
            opening = openings.pop()
            end = _LINK_END.match(text, bracket.start())
            if end is not None:
                yield opening - (text[opening - 1 : opening] == "!"), opening + 1, ""
                yield from _title_edits(iter([end])) if end.lastindex else ((*end.span(), ""),)


def _emphasis_edits(text: str, taken: bytearray) -> Iterator[Edit]:
    """The pairs of asterisks, underscores and tildes around emphasised text."""
    openings: dict[str, list[list[int]]] = {"*": [], "_": [], "~": []}
    for run in _DELIMITERS.finditer(text):
        start, end, sign = run.start(), run.end(), run[0][0]
        if any(taken[start:end]):
            continue
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
