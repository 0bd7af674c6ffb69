"""Tags, comments, CDATA and entities of HTML and XML, as edits that leave the text.

Not by the standard library's html.parser: it knows line and column of a piece, but not of what is inside it, and raises on
some malformed declarations. Source: the HTML standard, section 13.2.5 (tokenisation), of which this is a small part.
"""

from __future__ import annotations

import html.entities
import re
from collections.abc import Iterator

Edit = tuple[int, int, str]
"""Start and end in the markup, and what stands there instead."""

BREAK = "\n"

# All other elements of HTML, known or not, run on inside a line, so that "k<x>ill" is read as "kill".
_BLOCKS = frozenset(
    "address article aside blockquote body br button caption center col colgroup dd details dialog dir div dl dt fieldset"
    " figcaption figure footer form frame frameset h1 h2 h3 h4 h5 h6 head header hr html iframe img input legend li link main"
    " menu meta nav object ol optgroup option p pre script section select style summary table tbody td textarea tfoot th thead"
    " title tr ul video".split()
)
# In XML an element is a field of a record more often than not; only those with a name of HTML's inline elements are not.
_INLINE = frozenset(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd mark nobr q s samp small span strike strong sub sup"
    " time tt u var wbr".split()
)
_UNREAD = frozenset(("script", "style"))
"""Their content is no text for a reader of HTML."""

_AS_IT_STANDS = frozenset("title textarea xmp iframe noembed noframes".split())
"""In their content HTML knows no tag but the one that ends it, and no comment."""

_NAME = re.compile(r"</?([A-Za-z][^ \t\n\f\r/>]*)")
_COMMENT_END = re.compile(r"(?<=<!--)-?>|--!?>")
_FOREIGN = re.compile("<(?:svg|math)", re.IGNORECASE)  # in which HTML knows CDATA; elsewhere it is a comment up to the next ">"
_NO_TAG = re.compile(r"</(?![A-Za-z])[^>]*>")
# A name and perhaps "=" with a value; a quote means something only where a value begins.
_ATTRIBUTE = re.compile(r"""[ \t\n\f\r/]*(?:=?[^ \t\n\f\r/>=]+|=)(?:[ \t\n\f\r]*=[ \t\n\f\r]*(?:(["'])|[^ \t\n\f\r>"'][^ \t\n\f\r>]*)?)?""")
_DOCTYPE = re.compile(r"<!doctype[^>\[]*\[[^\]]*\]\s*>", re.IGNORECASE)  # with declarations of its own inside
_ENTITY = re.compile(r"&(?:#0{0,2000}[0-9]{1,64}|#[xX]0{0,2000}[0-9a-fA-F]{1,64}|([A-Za-z][A-Za-z0-9]{1,31}));?")
# What browsers show or read aloud of an element without content.
_SHOWN_ATTRIBUTE = re.compile(
    r"""(?<=[\s"'/])(?:alt|title|placeholder|aria-label)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE
)


def tag_edits(text: str, is_xml: bool = False, cdata_from: int | None = None) -> Iterator[Edit]:
    """Yield the edits, in order, that leave a text of its markup.

    Tags of blocks become line breaks, all others vanish. Shown attributes and CDATA become text between line breaks.
    """
    if cdata_from is None:
        cdata_from = 0 if is_xml else foreign_from(text)
    place = tags_from = 0
    for found in re.finditer("[<&]" if is_xml else "[<&\0]", text):
        start = found.start()
        if start < place or (found[0] == "<" and start < tags_from):
            continue
        if found[0] == "\0":  # browsers drop it
            yield start, start + 1, ""
            continue
        for edit in entity_edits(text, start, len(text)) if found[0] == "&" else markup_edits(text, start, is_xml, cdata_from):
            yield edit
            place = edit[1]
        if found[0] == "<" and place > start and not is_xml:
            tags_from = tags_after(text, start, place)
        elif found[0] == "<" and not is_xml and (no_tag := _NO_TAG.match(text, start)):
            yield start, no_tag.end(), ""
            place = no_tag.end()


def foreign_from(text: str) -> int:
    """From where on CDATA of HTML may be text."""
    foreign = _FOREIGN.search(text)
    return foreign.start() if foreign else len(text)


def tags_after(text: str, start: int, end: int) -> int:
    """From where on a "<" may be markup again, after the tag at `start` to `end`."""
    name = _NAME.match(text, start)
    if name is None or text[start + 1] == "/" or name[1].lower() not in _AS_IT_STANDS:
        return end
    closing = closing_tag(text, name[1], end)
    return closing.start() if closing else len(text)


def entity_edits(text: str, start: int, end: int) -> Iterator[Edit]:
    """The entity that begins at `start`, if there is one."""
    entity = _ENTITY.match(text, start, end)
    if entity is None:
        return
    known = entity[0]
    if entity[1]:  # "&ampx" is "&amp" and an "x": some names need no semicolon
        known = next((known[:length] for length in range(len(known), 2, -1) if known[1:length] in html.entities.html5), "")
    if known:
        yield start, start + len(known), html.unescape(known)


def markup_edits(text: str, start: int, is_xml: bool, cdata_from: int) -> Iterator[Edit]:
    """The edits of the comment, CDATA section, declaration or tag that begins at `start`; none if it is only a "<"."""
    if text.startswith("<!--", start):
        comment = _COMMENT_END.search(text, start + 4)
        yield start, comment.end() if comment else len(text), ""
    elif text.startswith("<![CDATA[", start) and start >= cdata_from:
        end = text.find("]]>", start)
        yield start, start + 9, ""
        if end >= 0:
            yield end, end + 3, ""
    elif doctype := _DOCTYPE.match(text, start):
        yield start, doctype.end(), BREAK
    elif text.startswith(("<!", "<?"), start):
        end = text.find(">", start)
        if end >= 0:
            yield start, end + 1, ""
    elif (name := _NAME.match(text, start)) and (end := _tag_end(text, name.end())):
        yield from _element_edits(text, start, end, name[1].lower(), is_xml)


def _element_edits(text: str, start: int, end: int, name: str, is_xml: bool) -> Iterator[Edit]:
    if not is_xml and name in _UNREAD and text[start + 1] != "/":
        closing = closing_tag(text, name, end)
        yield start, closing.start() if closing else len(text), BREAK
        return
    done = start
    for attribute in _SHOWN_ATTRIBUTE.finditer(text, start, end - 1):
        value_start, value_end = attribute.span(attribute.lastindex)
        yield done, value_start, BREAK
        for entity in _ENTITY.finditer(text, value_start, value_end):
            yield from entity_edits(text, entity.start(), entity.end())
        done = value_end
    is_break = done > start or (name not in _INLINE if is_xml else name in _BLOCKS)
    yield done, end, BREAK if is_break else ""


def unread_name(text: str, start: int) -> str | None:
    """The name of the element whose tag begins at `start`, if no reader sees what is in it."""
    name = _NAME.match(text, start)
    return name[1].lower() if name and name[0][1] != "/" and name[1].lower() in _UNREAD else None


def closing_tag(text: str, name: str, place: int) -> re.Match[str] | None:
    return re.compile(rf"</{re.escape(name)}(?=[ \t\n\f\r/>])", re.IGNORECASE | re.ASCII).search(text, place)


def _tag_end(text: str, place: int) -> int | None:
    """Behind the ">" that ends a tag: one in a quoted value does not, unless the quotes are never closed."""
    first = text.find(">", place) + 1
    if not first:
        return None
    while attribute := _ATTRIBUTE.match(text, place):
        place = attribute.end()
        if attribute[1]:
            place = text.find(attribute[1], place) + 1
            if not place:
                return first
    return text.find(">", place) + 1 or first
