"""Generated pictures with plenty to see in them: each number another one, the same each time."""
from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

_SHAPES = 45
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def scene(number: int, width: int = 640, height: int = 480) -> Image.Image:
    """Clouds with shapes of all sizes on them, large ones first, some of them textured, some words, a little grain."""
    dice = np.random.default_rng(number)
    clouds = [Image.fromarray(dice.integers(40, 216, (side, side, 3), np.uint8)).resize((width, height), Image.Resampling.BICUBIC)
              for side in (4, 9, 31)]
    image = Image.blend(Image.blend(clouds[0], clouds[1], 0.4), clouds[2], 0.2)
    sizes = np.sort(np.exp(dice.uniform(np.log(0.02), np.log(0.3), _SHAPES)))[::-1] * min(width, height)
    for size in sizes:
        _draw_shape(image, dice, float(size))
    for _ in range(int(dice.integers(0, 4))):
        word = "".join(dice.choice(list(_LETTERS), int(dice.integers(3, 9))))
        font = ImageFont.load_default(int(dice.integers(height // 24, height // 8)))
        ImageDraw.Draw(image).text(_place(image, dice), word, fill=_colour(dice), font=font)
    smooth = np.asarray(image.filter(ImageFilter.GaussianBlur(0.7)), np.float32)
    return Image.fromarray(np.clip(smooth + dice.normal(0, 3, smooth.shape), 0, 255).astype(np.uint8))


def _draw_shape(image: Image.Image, dice: np.random.Generator, size: float) -> None:
    draw, (x, y), colour = ImageDraw.Draw(image), _place(image, dice), _colour(dice)
    kind = dice.integers(4)
    if kind == 0:
        draw.ellipse((x - size, y - size * 0.7, x + size, y + size * 0.7), fill=colour)
    elif kind == 1:
        angles = np.sort(dice.uniform(0, 2 * np.pi, int(dice.integers(3, 8))))
        radii = size * dice.uniform(0.5, 1, len(angles))
        draw.polygon([(x + r * np.cos(a), y + r * np.sin(a)) for a, r in zip(angles, radii, strict=True)], fill=colour)
    elif kind == 2:
        end = x + dice.normal(0, 2 * size), y + dice.normal(0, 2 * size)
        draw.line((x, y, *end), fill=colour, width=max(2, int(size / 5)))
    else:
        across, down = max(4, int(size)), max(4, int(size * dice.uniform(0.4, 1.2)))
        cells = dice.integers(0, 256, (int(dice.integers(2, 9)), int(dice.integers(2, 9)), 3), np.uint8)
        image.paste(Image.fromarray(cells).resize((across, down), Image.Resampling.NEAREST), (x - across // 2, y - down // 2))


def _place(image: Image.Image, dice: np.random.Generator) -> tuple[int, int]:
    return int(dice.integers(0, image.width)), int(dice.integers(0, image.height))


def _colour(dice: np.random.Generator) -> tuple[int, ...]:
    return tuple(int(each) for each in dice.integers(0, 256, 3))
