"""What is kept of a picture, and what a picture is looked up by."""
from __future__ import annotations

from typing import TYPE_CHECKING

from shared.image_lists.image_hashes import LEAST_PDQ_QUALITY
from shared.image_lists.models import NewImage
from shared.imaging.models import Picture

if TYPE_CHECKING:
    from shared.image_lists.image_index import ImageQuery


def new_image(picture: Picture, tags: tuple[int, ...] = (), label: str = "") -> NewImage:
    from shared.imaging.fingerprints import FINGERPRINT_VERSION, digest_of, fingerprint_of

    pdq, quality = b"", 0
    return NewImage(fingerprint_of(picture), FINGERPRINT_VERSION, digest_of(picture).hex(), pdq.hex(), quality, tags, label)


def query_of(picture: Picture) -> ImageQuery:
    import numpy

    from shared.image_lists.image_index import ImageQuery
    from shared.imaging.fingerprints import query_of as fingerprint_query_of

    variants, quality = numpy.empty((0, 4), numpy.uint64), 0
    return ImageQuery(fingerprint_query_of(picture), variants if quality >= LEAST_PDQ_QUALITY else numpy.empty((0, 4), numpy.uint64))
