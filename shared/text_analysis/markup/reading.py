"""Which kind of markup a text is in, and the text without it."""

from __future__ import annotations

import enum

from shared.matching.alignment import AlignedText


class Markup(enum.StrEnum):
    """By media type, as the published operations take them."""

    PLAIN = "text/plain"
    HTML = "text/html"
    XML = "text/xml"
    MARKDOWN = "text/markdown"


def read(text: str, markup: Markup) -> AlignedText:
    """Return what a reader sees of the text, aligned to it. Malformed markup is read as far as it goes, and never refused."""
    if markup is Markup.PLAIN:
        return AlignedText(text)
    if markup is Markup.MARKDOWN:
        from shared.text_analysis.markup.markdown import markdown_text

        return markdown_text(text)
    from shared.text_analysis.markup.tags import tag_edits

    return AlignedText(text).edited(tag_edits(text, is_xml=markup is Markup.XML))
