"""WebP by OpenCV, which finds the same pixels as Pillow and holds one or two copies of them, where Pillow holds five."""
from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from shared.imaging.headers.header import Malformed

if TYPE_CHECKING:
    from PIL import Image

_RED_FIRST = {3: [2, 1, 0], 4: [2, 1, 0, 3]}


def strips_of(content: bytes, size: tuple[int, int], rows: int) -> Iterator[Image.Image]:
    """Yield images of `rows` lines each of the first frame, whose header says (width, height). Raises Malformed."""
    import cv2
    import numpy as np
    from PIL import Image

    # It would write to the error stream what is wrong with a file.
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        pixels = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error:
        raise Malformed("not decoded") from None
    if pixels is None or pixels.shape[1::-1] != size or pixels.ndim != 3 or pixels.shape[2] not in _RED_FIRST:
        raise Malformed("not decoded, or of another size")
    for top in range(0, len(pixels), rows):
        yield Image.fromarray(np.ascontiguousarray(pixels[top:top + rows, :, _RED_FIRST[pixels.shape[2]]]))
