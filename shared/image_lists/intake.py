"""What is kept of a picture, and of a hash that comes without one."""
from __future__ import annotations

from shared.image_lists.models import NewImage
from shared.imaging.models import Picture


def new_image(picture: Picture, tags: tuple[int, ...] = (), label: str = "") -> NewImage:
    from shared.imaging.fingerprints import FINGERPRINT_VERSION, digest_of, fingerprint_of
    from shared.imaging.pdq import pdq_of

    pdq = pdq_of(picture)
    return NewImage(fingerprint_of(picture), FINGERPRINT_VERSION, digest_of(picture).hex(), pdq.hex, pdq.quality, tags, label)


def new_hash(pdq: str, quality: int, tags: tuple[int, ...] = (), label: str = "") -> NewImage:
    """A PDQ hash that comes without its picture: 64 lower-case hex digits."""
    return NewImage(b"", 0, "", pdq, quality, tags, label)
