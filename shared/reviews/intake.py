"""Pictures on their way in: from the request or from the address that it names, looked at by the one decoder."""
from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable

from shared.imaging.decoding import decode
from shared.imaging.models import ImageFormat, ImageRefused, Picture
from shared.outbound.client import FETCH_SECONDS, GuardedClient
from shared.outbound.failures import FetchFailed, FetchTooLarge
from shared.reviews.rules import PICTURES, ItemRefused

REQUEST_SECONDS = 90.0
"""For all pictures of a request that are fetched; Azure ends a request after 230."""
_few_at_a_time = threading.BoundedSemaphore(2)
"""A decoded picture takes some hundred megabytes, those of all requests together."""


class PictureIntake:
    """The pictures of one request; safe on many threads."""

    def __init__(self, outbound: GuardedClient, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._outbound = outbound
        self._monotonic = monotonic
        self._ends_at = monotonic() + REQUEST_SECONDS

    def take(self, picture: str | bytes, place: str) -> tuple[bytes, str]:
        """The picture and its media type. A TIFF becomes a PNG, since browsers do not show it. Raises ItemRefused."""
        try:
            content = picture if isinstance(picture, bytes) else self._fetch(picture)
            with _few_at_a_time:
                return _shown(content, decode(content, PICTURES))
        except FetchTooLarge:
            raise ItemRefused(place, f"the image may have {PICTURES.size_bytes} bytes at the most; the one at the URL has more.") from None
        except (FetchFailed, ImageRefused) as refused:
            raise ItemRefused(place, refused.message) from None

    def _fetch(self, address: str) -> bytes:
        left = self._ends_at - self._monotonic()
        if left <= 0:
            raise FetchFailed(f"The pictures of the request were not fetched within {REQUEST_SECONDS:g} seconds.")
        return self._outbound.fetch(address, PICTURES.size_bytes, min(left, FETCH_SECONDS)).content


def _shown(content: bytes, picture: Picture) -> tuple[bytes, str]:
    return (_png(picture), "image/png") if picture.format is ImageFormat.TIFF else (content, f"image/{picture.format.lower()}")


def _png(picture: Picture) -> bytes:
    from PIL import Image

    written = io.BytesIO()
    Image.fromarray(picture.pixels).save(written, "PNG")
    return written.getvalue()
