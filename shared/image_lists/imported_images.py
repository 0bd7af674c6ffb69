"""What an image of an archive must be beyond its schema."""
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from shared.errors import InvalidRequest
from shared.image_lists.models import NewImage
from shared.image_lists.repository import image_of_values, row_id_of


class ImportedImages:
    """`imported_images(image_list)` returns what is given the images of a list, from an archive, some hundred at a time.

    That raises InvalidRequest whose `target` is the number of the wrong one among them.
    """

    def __init__(self, image_limit: int) -> None:
        self._image_limit = image_limit

    def __call__(self, image_list: Mapping[str, Any]) -> Callable[[Sequence[Mapping[str, Any]]], None]:
        image_key = image_list.get("imageKey", "")
        content_ids: set[int] = set()

        def check(values: Sequence[Mapping[str, Any]]) -> None:
            for number, value in enumerate(values):
                problem = _problem(image_of_values(value))
                if problem is None and value["id"] != row_id_of(image_key, image_of_values(value)).hex():
                    problem = "its id is not the one that its list's key makes of its pixels or its PDQ hash"
                if problem is None and value["contentId"] in content_ids:
                    problem = "another image of its list has its content id"
                if problem is None and len(content_ids) >= self._image_limit:
                    problem = f"the list would have more than {self._image_limit} images"
                if problem is not None:
                    raise InvalidRequest(problem, str(number))
                content_ids.add(value["contentId"])
        return check


def _problem(image: NewImage) -> str | None:
    from shared.imaging.fingerprints import FINGERPRINT_BYTES, FINGERPRINT_VERSION

    if bool(image.fingerprint) != bool(image.pixels) or not (image.fingerprint or image.pdq):
        return "it has a fingerprint without a digest of its pixels, or neither fingerprint nor PDQ hash"
    if image.fingerprint_version == FINGERPRINT_VERSION and image.fingerprint and (
            len(image.fingerprint) != FINGERPRINT_BYTES or image.fingerprint[0] != FINGERPRINT_VERSION):
        return "its fingerprint is not one of the version that it names"
    return None
