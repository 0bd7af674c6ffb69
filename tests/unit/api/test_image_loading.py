"""The picture of a request: in the body, at a URL that is refused, by a cache id."""
from __future__ import annotations

import dataclasses

import pytest

from shared.api.image_loading import load_image
from shared.errors import InvalidRequest
from shared.http.operation import ImageBody
from shared.imaging.models import ImageFormat, ImageLimits, ImageSizeRefused
from shared.outbound.addresses import networks_of
from shared.outbound.client import GuardedClient
from shared.outbound.failures import AddressRefused
from tests.picture_server import serving
from tests.unit.imaging.hostile import encoded, photograph

PICTURE = encoded(photograph(), "PNG")
LIMITS = ImageLimits(frozenset(ImageFormat), 4_000_000, 50, 7200)


OUTBOUND = GuardedClient(networks_of("127.0.0.0/8"))


def test_bytes_are_the_picture():
    loaded = load_image(GuardedClient(), ImageBody(content=PICTURE), LIMITS)

    assert (loaded.content, loaded.download_ms, loaded.picture.width_px) == (PICTURE, None, 160)


def test_what_a_url_has_is_the_picture_with_the_time_it_took():
    with serving({"a.png": PICTURE}) as address:
        loaded = load_image(OUTBOUND, ImageBody(url=f"{address}/a.png"), LIMITS)

    assert loaded.content == PICTURE
    assert loaded.download_ms is not None and loaded.download_ms >= 0


def test_too_much_at_a_url_is_said_as_too_many_bytes_are():
    limits = dataclasses.replace(LIMITS, size_bytes=len(PICTURE) - 1)
    with serving({"a.png": PICTURE}) as address, pytest.raises(ImageSizeRefused, match=str(limits.size_bytes)):
        load_image(OUTBOUND, ImageBody(url=f"{address}/a.png"), limits)


def test_a_url_inside_is_refused():
    with pytest.raises(AddressRefused):
        load_image(GuardedClient(), ImageBody(url="http://127.0.0.1/"), LIMITS)


def test_a_cache_id_is_for_families_that_have_a_cache():
    assert load_image(GuardedClient(), ImageBody(cache_id="7"), LIMITS, {"7": PICTURE}.__getitem__).content == PICTURE
    with pytest.raises(InvalidRequest):
        load_image(GuardedClient(), ImageBody(cache_id="7"), LIMITS)
