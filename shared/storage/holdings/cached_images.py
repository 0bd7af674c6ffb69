"""Pictures that a caller asked to keep for some hours."""
from __future__ import annotations

from shared.storage.holdings.holding import Holding, Portability, Shape

CACHED_IMAGE = Holding(
    kind="cached-image", shape=Shape.RECORD, portability=Portability.TRANSIENT,
    keeps="A picture that was sent with CacheImage=true: its format, its size and when it came.",
    key="cached image id", content=("mediaType", "sizeBytes", "createdAt"), plain=("expiresAt",), expires="expiresAt",
    retention="CACHED_IMAGE_HOURS after it came, or until the owner deletes it or the account ends")

CACHED_IMAGE_CONTENT = Holding(
    kind="cached-image-content", shape=Shape.BLOB, portability=Portability.TRANSIENT,
    keeps="The picture itself, as it was sent.",
    key="cached image id", parent=CACHED_IMAGE, retention="as long as its record")
