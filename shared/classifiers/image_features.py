"""The numbers that classifiers learn from, made once for each image and kept beside it."""
from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING

from shared.classifiers.images import ImageRepository
from shared.classifiers.models import Image, Project
from shared.classifiers.parallel import decoding, waiting
from shared.classifiers.pictures import TRAINING_LIMITS
from shared.errors import NotFound
from shared.imaging.models import WHOLE_PIXELS, ImageRefused
from shared.storage.account_store import AccountStore, Record
from shared.storage.holdings import CV_IMAGE_FEATURES

if TYPE_CHECKING:
    import numpy as np

    from shared.imaging.models import Picture

_ID = "features"
_AT_ONCE = 64
_DECODED_AT_ONCE = 8
_one_large_at_a_time = threading.Lock()
"""Else one lies in memory, and what the network makes of it, while the next is decoded."""
_STORED_AS = "<f2"
"""Half precision: a picture's numbers are 0 to 6 or little more, and what is rounded off is not seen in any figure."""


class ImageFeatures:
    def __init__(self, images: ImageRepository, features_of: Callable[[Picture], np.ndarray], version: str) -> None:
        """`features_of` gives float32 [2, features]: of a picture and of its mirror image."""
        self._images = images
        self._features_of = features_of
        self.version = version

    def of_images(self, account: AccountStore, project: Project, image_ids: Sequence[str],
                  on_progress: Callable[[], None] = lambda: None) -> dict[str, np.ndarray]:
        """Float16 [2, features] of each of these images that there is and that can be decoded.

        `on_progress` is called after every few new ones.
        """
        found: dict[str, np.ndarray] = {}
        for start in range(0, len(image_ids), _AT_ONCE):
            images = self._images.find_all(account, project, image_ids[start:start + _AT_ONCE])
            kept = dict(zip(images, waiting(lambda image: self._kept(account, image), images.values()), strict=True))
            new = [image for image in images.values() if kept[image.id] is None]
            for few in range(0, len(new), _DECODED_AT_ONCE):
                some = new[few:few + _DECODED_AT_ONCE]
                kept |= zip((image.id for image in some), decoding(lambda image: self._made(account, project, image), some), strict=True)
                on_progress()
            found |= {image_id: features for image_id, features in kept.items() if features is not None}
            on_progress()
        return found

    def _kept(self, account: AccountStore, image: Image) -> np.ndarray | None:
        import numpy as np

        record = account.records.find(CV_IMAGE_FEATURES, _ID, image.key)
        if record is None or record.content["version"] != self.version:
            return None
        return np.frombuffer(base64.b64decode(record.content["values"]), dtype=_STORED_AS).reshape(2, -1)

    def _made(self, account: AccountStore, project: Project, image: Image) -> np.ndarray | None:
        """None where the image was deleted meanwhile, or came in an archive, which brings pictures undecoded, and is none."""
        from shared.imaging.decoding import decode

        is_large = image.width * image.height > WHOLE_PIXELS
        with _one_large_at_a_time if is_large else nullcontext():
            try:
                picture = decode(self._images.content(account, image), TRAINING_LIMITS)
            except (NotFound, ImageRefused):
                return None
            features = self._features_of(picture).astype(_STORED_AS)
            del picture
        values = base64.b64encode(features.tobytes()).decode()
        account.records.upsert_all(CV_IMAGE_FEATURES, [Record(_ID, {"version": self.version, "values": values})], image.key)
        if self._images.find(account, project, image.id) is None:  # what its deletion could not see goes now
            account.records.delete(CV_IMAGE_FEATURES, _ID, image.key)
            return None
        return features
