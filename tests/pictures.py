"""Pictures that tests make: each number another one, with plenty to see in it."""
from __future__ import annotations

import io

import numpy as np
from PIL import Image

from shared.imaging.models import ImageFormat, Picture


def pixels(number: int, width: int = 160, height: int = 128) -> np.ndarray:
    """uint8 [height, width, 3]: coarse random shapes with finer ones on top."""
    dice = np.random.default_rng(number)
    layers = [Image.fromarray(dice.integers(0, 256, (side, side, 3), np.uint8)).resize((width, height), Image.Resampling.BICUBIC)
              for side in (5, 11)]
    return np.asarray(Image.blend(*layers, 0.35))


def picture(number: int) -> Picture:
    return Picture(pixels(number), ImageFormat.PNG, 1)


def encoded(image: np.ndarray, image_format: str = "PNG", **options) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, image_format, **options)
    return buffer.getvalue()


def reposted(number: int) -> bytes:
    """The picture as it comes back: of another size, and compressed again."""
    resized = Image.fromarray(pixels(number)).resize((200, 160), Image.Resampling.LANCZOS)
    return encoded(np.asarray(resized), "JPEG", quality=60)
