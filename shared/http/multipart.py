"""The parts of a form. Source: RFC 7578."""
from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from shared.errors import InvalidRequest

_BOUNDARY = re.compile(r';\s*boundary\s*=\s*(?:"([^"]{1,200})"|([^\s;"]{1,200}))', re.IGNORECASE)
_OTHER_PARTS = 16


class TooManyParts(InvalidRequest):
    """A form with more parts than the operation takes at once."""


@dataclass(frozen=True, slots=True)
class Part:
    """`is_file`: whether it has a file name."""

    name: str
    is_file: bool
    content: bytes


def parts_of(body: bytes, content_type: str, most_parts: int) -> Iterator[Part]:
    """The parts in the order of the form. Raises InvalidRequest, TooManyParts."""
    from werkzeug.exceptions import RequestEntityTooLarge
    from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder, NeedData

    boundary = _BOUNDARY.search(content_type)
    if boundary is None:
        raise InvalidRequest("The content type multipart/form-data must name a boundary.")
    decoder = MultipartDecoder((boundary[1] or boundary[2]).encode("latin-1", "replace"), max_parts=most_parts)
    part: Field | File | None = None
    pieces: list[bytes] = []
    try:
        decoder.receive_data(body)
        decoder.receive_data(None)
        while not isinstance(event := decoder.next_event(), (Epilogue, NeedData)):
            if isinstance(event, (Field, File)):
                part, pieces = event, []
            elif isinstance(event, Data) and part is not None:
                pieces.append(event.data)
                if not event.more_data:
                    yield Part(part.name, isinstance(part, File), b"".join(pieces))
    except RequestEntityTooLarge:
        raise TooManyParts(f"The form may have {most_parts} parts at the most.") from None
    except (ValueError, LookupError):
        # Not the exception's own words: they may show a piece of the body.
        raise InvalidRequest("The body is no form as its content type says.") from None


def named_parts(body: bytes, content_type: str, names: Collection[str], most_parts: int) -> list[tuple[str, bytes]]:
    """Names and contents of the parts with these names, in the order of the form; with a file name or, as some clients send them,
    without. Other parts may stand beside them, in a bounded number.

    Raises InvalidRequest, TooManyParts.
    """
    too_many = TooManyParts(f"The form may have {most_parts} parts {' or '.join(names)} at the most.")
    try:
        parts = [(part.name, part.content) for part in parts_of(body, content_type, most_parts + _OTHER_PARTS) if part.name in names]
    except TooManyParts:
        raise too_many from None
    if len(parts) > most_parts:
        raise too_many
    return parts
