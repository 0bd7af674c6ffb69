"""Trying it: severities of a text or a picture, and what lists find in it. Nothing of it is kept."""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from pydantic import Field

from shared.api.content_safety.blocklists import BlocklistName
from shared.api.content_safety.image import LIMITS
from shared.api.content_safety.text import BLOCKLISTS_PER_CALL, TEXT_LIMIT
from shared.api.image_loading import load_image
from shared.api.review_ui.marked_text import pieces_of
from shared.api.review_ui.rendering import page
from shared.api.review_ui.wire import api
from shared.errors import NotFound, PayloadTooLarge, QuotaExceeded
from shared.http.operation import Auth, Call, Document, FormBody, ImageBody
from shared.indexing.term_hashes import term_hash_key

if TYPE_CHECKING:
    from shared.imaging.models import Picture

_FORM_BYTES = 64 * 1024
_MOST_SEVERE_TEXT, _MOST_SEVERE_PICTURE = 7, 6
_MOSAIC_SQUARES = 16
_LISTS_SHOWN = 1000


class TryTextForm(FormBody):
    text: str = Field(max_length=TEXT_LIMIT)
    blocklists: list[BlocklistName] = Field([], max_length=BLOCKLISTS_PER_CALL)


class TryImageForm(FormBody):
    image: bytes = b""


@api.operation("GET", "try", auth=Auth.SESSION)
def page_try(call: Call) -> Document:
    """Forms for a text and for a picture."""
    return _try_page(call)


@api.operation("POST", "try/text", auth=Auth.SESSION, errors=(NotFound, QuotaExceeded), audit=False)
def page_try_text(call: Call, body: TryTextForm) -> Document:
    """Severities of a text, and the text with what blocklists find in it."""
    analysis = call.services.text_analysis.analyze(call.account, body.text, (), body.blocklists, False)
    places = _places(body.text, term_hash_key(call.account), (match.item_text for match in analysis.matches))
    return _try_page(call, text=body.text, chosen=body.blocklists, severities=analysis.severities, most_severe=_MOST_SEVERE_TEXT,
                     matches=analysis.matches, pieces=pieces_of(body.text, places))


@api.operation("POST", "try/image", auth=Auth.SESSION, errors=(QuotaExceeded, PayloadTooLarge), audit=False,
               body_limit_bytes=LIMITS.size_bytes + _FORM_BYTES)
def page_try_image(call: Call, body: TryImageForm) -> Document:
    """Severities of a picture, which is shown as coarse squares of its colours."""
    picture = load_image(call.services.outbound, ImageBody(content=body.image), LIMITS).picture
    analysis = call.services.image_analysis.analyze(picture, ())
    return _try_page(call, severities=analysis.severities, most_severe=_MOST_SEVERE_PICTURE, mosaic=mosaic_of(picture))


def mosaic_of(picture: Picture) -> list[list[str]]:
    """Colours of a few squares in rows, `#rrggbb`: enough to tell which picture it was, not to see what is on it."""
    from PIL import Image

    small = Image.fromarray(picture.pixels).convert("RGB").resize((_MOSAIC_SQUARES, _MOSAIC_SQUARES), Image.Resampling.BOX)
    return [["#{:02x}{:02x}{:02x}".format(*small.getpixel((column, row))) for column in range(_MOSAIC_SQUARES)]
            for row in range(_MOSAIC_SQUARES)]


def _places(text: str, hash_key: bytes, item_texts: Iterable[str]) -> list[tuple[int, int]]:
    """Where texts of items stand. A regular expression is named among the matches alone."""
    from shared.matching.prepared_text import occurrences, prepare

    prepared = prepare(text, hash_key)
    return [place for item_text in item_texts for place in occurrences(prepared, item_text)]


def _try_page(call: Call, *, text: str = "", chosen: Sequence[str] = (), **found: object) -> Document:
    """`found` is what an analysis showed; without one the page has the forms alone."""
    lists, _ = call.services.blocklists.page(call.account, None, _LISTS_SHOWN)
    shown = {"severities": None, "most_severe": 0, "matches": (), "pieces": (), "mosaic": None, **found}
    return page(call, "try.html", title="Try it", active="try", text=text, chosen=chosen, blocklists=lists, text_limit=TEXT_LIMIT, **shown)
