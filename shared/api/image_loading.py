"""The picture of a request, wherever it lies: in the body, at a URL, or among the account's cached images."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from shared.errors import InvalidRequest
from shared.http.operation import ImageBody
from shared.imaging.decoding import decode
from shared.imaging.models import ImageLimits, ImageSizeRefused, Picture
from shared.outbound.client import GuardedClient
from shared.outbound.failures import FetchTooLarge


@dataclass(frozen=True, slots=True)
class LoadedImage:
    """`content` is the picture as it was sent or fetched; `download_ms` is None where nothing was fetched."""

    content: bytes
    picture: Picture
    download_ms: int | None = None


def load_image(outbound: GuardedClient, body: ImageBody, limits: ImageLimits,
               cached: Callable[[str], bytes] | None = None) -> LoadedImage:
    """The picture that a body is, or names. `cached` gives the content of a cache id, where the family has such.

    Raises ImageRefused, FetchFailed, InvalidRequest, and what `cached` raises.
    """
    download_ms = None
    if body.url is not None:
        content, download_ms = fetch_image(outbound, body.url, limits)
    elif body.cache_id is not None:
        if cached is None:
            raise InvalidRequest("The operation takes no CacheID.")
        content = cached(body.cache_id)
    else:
        content = body.content or b""
    return LoadedImage(content, decode(content, limits), download_ms)


def fetch_image(outbound: GuardedClient, url: str, limits: ImageLimits) -> tuple[bytes, int]:
    """What lies at the URL, not decoded yet, and the milliseconds that it took. Raises ImageSizeRefused, FetchFailed."""
    try:
        fetched = outbound.fetch(url, limits.size_bytes)
    except FetchTooLarge:
        raise ImageSizeRefused(f"The image may have {limits.size_bytes} bytes at the most; the one at the URL has more.") from None
    return fetched.content, round(fetched.seconds * 1000)
