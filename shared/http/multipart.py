"""The parts of a form (multipart/form-data), those alone that an operation knows by their names."""
from __future__ import annotations

import re
from collections.abc import Collection

from shared.errors import InvalidRequest

_BOUNDARY = re.compile(r';\s*boundary\s*=\s*(?:"([^"]{1,200})"|([^\s;"]{1,200}))', re.IGNORECASE)
_OTHER_PARTS = 16


class TooManyParts(InvalidRequest):
    """A form with more parts than the operation takes at once."""


def named_parts(body: bytes, content_type: str, names: Collection[str], most_parts: int) -> list[tuple[str, bytes]]:
    """Names and contents of the parts with these names, in the order of the form; with a file name or, as some clients send them,
    without. Other parts may stand beside them, in a bounded number.

    Raises InvalidRequest, TooManyParts.
    """
    from werkzeug.exceptions import RequestEntityTooLarge
    from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder, NeedData

    boundary = _BOUNDARY.search(content_type)
    if boundary is None:
        raise InvalidRequest("The content type multipart/form-data must name a boundary.")
    decoder = MultipartDecoder((boundary[1] or boundary[2]).encode("latin-1", "replace"), max_parts=most_parts + _OTHER_PARTS)
    parts: list[tuple[str, list[bytes]]] = []
    is_wanted = False
    try:
        decoder.receive_data(body)
        decoder.receive_data(None)
        while not isinstance(event := decoder.next_event(), (Epilogue, NeedData)):
            if isinstance(event, (Field, File)):
                is_wanted = event.name in names
                if is_wanted:
                    parts.append((event.name, []))
            elif isinstance(event, Data) and is_wanted:
                parts[-1][1].append(event.data)
    except RequestEntityTooLarge:
        raise _too_many(names, most_parts) from None
    except (ValueError, LookupError, UnicodeError):
        # Not the exception's own words: they may show a piece of the body.
        raise InvalidRequest("The body is no form as its content type says.") from None
    if len(parts) > most_parts:
        raise _too_many(names, most_parts)
    return [(name, b"".join(pieces)) for name, pieces in parts]


def _too_many(names: Collection[str], most_parts: int) -> TooManyParts:
    return TooManyParts(f"The form may have {most_parts} parts {' or '.join(names)} at the most.")
