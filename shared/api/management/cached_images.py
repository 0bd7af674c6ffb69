"""The pictures that an account asked to keep for some hours: the wire."""
from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from shared.api.management.ownership import AccountOrMePath, account_named
from shared.api.management.wire import Wire, api
from shared.cached_images.models import CachedImage
from shared.errors import Conflict, NotFound
from shared.http.operation import Auth, Call, Document, Reply
from shared.storage.account_store import AccountStore

PAGE_SIZE = 100

CachedImageId = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]


class CachedImagePath(AccountOrMePath):
    image_id: CachedImageId


class CachedImagesQuery(Wire):
    after: CachedImageId | None = None


class CachedImageBody(Wire):
    id: str
    media_type: str
    size_bytes: int
    created_at: datetime
    expires_at: datetime

    @classmethod
    def of(cls, image: CachedImage) -> CachedImageBody:
        return cls(id=image.id, media_type=image.media_type, size_bytes=image.size_bytes, created_at=image.created_at,
                   expires_at=image.expires_at)


class CachedImagePage(Wire):
    value: list[CachedImageBody]
    next_link: str | None = None


@api.operation("GET", "accounts/{accountId}/cachedImages", auth=Auth.ACCOUNT, errors=(NotFound, Conflict))
def list_cached_images(call: Call, path: AccountOrMePath, query: CachedImagesQuery) -> CachedImagePage:
    """The pictures that were sent with `CacheImage=true` and are kept still, the oldest first."""
    images, after = call.services.cached_images.page(_store(call, path), query.after, PAGE_SIZE)
    next_link = None if after is None else f"{call.endpoint}/accounts/{path.account_id}/cachedImages?after={after}"
    return CachedImagePage(value=[CachedImageBody.of(image) for image in images], next_link=next_link)


@api.operation("GET", "accounts/{accountId}/cachedImages/{imageId}", auth=Auth.ACCOUNT, errors=(NotFound, Conflict), audit=True,
               audit_targets=("imageId",))
def get_cached_image(call: Call, path: CachedImagePath) -> Reply[Document]:
    """A cached picture, byte by byte as it was sent."""
    image, content = call.services.cached_images.content(_store(call, path), path.image_id)
    return Reply(Document(content, image.media_type), headers={
        "Content-Disposition": f'attachment; filename="{image.id}.{image.media_type.partition("/")[2]}"'})


@api.operation("DELETE", "accounts/{accountId}/cachedImages/{imageId}", auth=Auth.ACCOUNT, success=(204,), errors=(NotFound, Conflict),
               audit_targets=("imageId",))
def delete_cached_image(call: Call, path: CachedImagePath) -> None:
    """Delete a cached picture; nothing happens if it is gone."""
    call.services.cached_images.delete(_store(call, path), path.image_id)


def _store(call: Call, path: AccountOrMePath) -> AccountStore:
    return call.services.accounts.open(account_named(call, path.account_id))
