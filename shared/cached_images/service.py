"""Cached images: kept for some hours under an id, seen and deleted by their account, bounded in number."""
from __future__ import annotations

import math
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from shared.cached_images.models import CachedImage
from shared.cached_images.repository import CachedImageRepository
from shared.errors import NotFound, QuotaExceeded
from shared.storage.account_store import AccountStore


class CachedImageService:
    def __init__(self, images: CachedImageRepository, retention: timedelta, limit: int, now: Callable[[], datetime]) -> None:
        """`limit` bounds the cached images of one account."""
        self._images = images
        self._retention = retention
        self._limit = limit
        self._now = now

    def keep(self, account: AccountStore, content: bytes, media_type: str) -> CachedImage:
        """Keep a picture as it was sent. Raises QuotaExceeded where the account has as many as it may have."""
        now = self._now()
        image = CachedImage(_new_id(now), media_type, len(content), now, now + self._retention)
        self._images.insert(account, image)
        # Counted with this one: of requests at the same time none sees less than there is.
        if self._images.count(account, self._limit) > self._limit:
            self._images.delete(account, image.id)
            raise self._full(account, now)
        self._images.write_content(account, image.id, content)
        if self._images.find(account, image.id) is None:  # erased meanwhile, perhaps before its content was there to be seen
            self._images.delete(account, image.id)
        return image

    def get(self, account: AccountStore, image_id: str) -> CachedImage:
        """Raises NotFound, also from the moment on at which its time is over."""
        image = self._images.find(account, image_id)
        if image is None or image.expires_at <= self._now():
            raise _unknown()
        return image

    def content(self, account: AccountStore, image_id: str) -> tuple[CachedImage, bytes]:
        """The picture as it was sent. Raises NotFound."""
        image = self.get(account, image_id)
        content = self._images.content(account, image_id)
        if content is None:  # being written, or its writer died
            raise _unknown()
        return image, content

    def page(self, account: AccountStore, after: str | None, size: int) -> tuple[list[CachedImage], str | None]:
        """A page, the oldest first, and the id to go on after; without those whose time is over."""
        images, next_after = self._images.page(account, after, size)
        return [image for image in images if image.expires_at > self._now()], next_after

    def delete(self, account: AccountStore, image_id: str) -> None:
        """Nothing happens if it is gone."""
        self._images.delete(account, image_id)

    def tidy(self, account: AccountStore) -> None:
        """Delete what a worker wrote that died before it saw that its record had been erased."""
        self._images.delete_strays(account)

    def _full(self, account: AccountStore, now: datetime) -> QuotaExceeded:
        oldest, _ = self._images.page(account, None, 1)
        seconds = math.ceil((oldest[0].expires_at - now).total_seconds()) if oldest else 1
        return QuotaExceeded(f"The account has {self._limit} cached images, and may not have more: delete some, or wait until the "
                             "oldest one has expired.", max(1, seconds))


def _new_id(now: datetime) -> str:
    return f"{int(now.timestamp() * 1000):012x}{secrets.token_hex(10)}"


def _unknown() -> NotFound:
    return NotFound("There is no such cached image.")
