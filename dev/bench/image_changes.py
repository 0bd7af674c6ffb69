"""What becomes of a picture before it is posted again. Each change takes the picture and another one to paste it into."""
from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont, ImageOps

Change = Callable[[Image.Image, Image.Image], Image.Image]


def _jpeg(image: Image.Image, quality: int) -> Image.Image:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return Image.open(buffer).convert("RGB")


def _resized(image: Image.Image, across: float, down: float) -> Image.Image:
    return image.resize((max(1, round(image.width * across)), max(1, round(image.height * down))), Image.Resampling.BICUBIC)


def _gamma(image: Image.Image, exponent: float) -> Image.Image:
    return image.point([round(255 * (level / 255) ** exponent) for level in range(256)] * 3)


def _noisy(image: Image.Image, levels: float) -> Image.Image:
    pixels = np.asarray(image, np.float32)
    noise = np.random.default_rng(0).normal(0, levels, pixels.shape)
    return Image.fromarray(np.clip(pixels + noise, 0, 255).astype(np.uint8))


def _watermarked(image: Image.Image) -> Image.Image:
    layer = Image.new("RGBA", image.size)
    font = ImageFont.load_default(max(10, image.width // 10))
    for part in (0.2, 0.55, 0.85):
        place = image.width * 0.05, image.height * part - font.size / 2
        ImageDraw.Draw(layer).text(place, "example watermark", (255, 255, 255, 140), font)
    return Image.alpha_composite(image.convert("RGBA"), layer).convert("RGB")


def _stickered(image: Image.Image) -> Image.Image:
    image, (width, height) = image.copy(), image.size
    draw = ImageDraw.Draw(image)
    draw.ellipse((width * 0.38, height * 0.38, width * 0.945, height * 0.945), fill=(250, 210, 40))
    for x in (0.52, 0.72):
        draw.ellipse((width * x, height * 0.55, width * (x + 0.09), height * 0.66), fill=(20, 20, 20))
    return image


def _letterboxed(image: Image.Image) -> Image.Image:
    return ImageOps.expand(image, (0, round(image.height * 0.15)), "black")


def _turned(image: Image.Image, degrees: float) -> Image.Image:
    return image.rotate(degrees, Image.Resampling.BICUBIC, fillcolor="black")


def _cut(image: Image.Image, left: float, top: float, right: float, bottom: float) -> Image.Image:
    """What is left between these parts of the sides."""
    width, height = image.size
    return image.crop((round(left * width), round(top * height), round(right * width), round(bottom * height)))


def _pasted(image: Image.Image, other: Image.Image, part: float) -> Image.Image:
    """Into another picture of the same size, its sides `part` of that one's."""
    canvas, small = other.resize(image.size), _resized(image, part, part)
    canvas.paste(small, (round((canvas.width - small.width) * 0.7), round((canvas.height - small.height) * 0.4)))
    return canvas


def _screenshot(image: Image.Image) -> Image.Image:
    """On the page of a feed, as a telephone shows it."""
    page = Image.new("RGB", (720, 1280), (250, 250, 252))
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(26)
    draw.rectangle((0, 0, 720, 90), fill=(30, 90, 160))
    draw.text((30, 28), "Today   12:45", "white", ImageFont.load_default(36))
    shown = _resized(image, 680 / image.width, 680 / image.width)
    page.paste(shown.crop((0, 0, 680, min(900, shown.height))), (20, 180))
    for line in range(6):
        draw.text((30, 200 + min(900, shown.height) + 40 * line), f"words of a comment below it, line {line}", (40, 40, 40), font)
    return page


def _captioned(image: Image.Image) -> Image.Image:
    bar = round(image.height * 0.25)
    canvas = ImageOps.expand(image, (0, bar, 0, 0), "white")
    font = ImageFont.load_default(max(10, bar // 3))
    ImageDraw.Draw(canvas).text((image.width * 0.05, bar * 0.3), "WORDS ABOVE A PICTURE", "black", font)
    return canvas


CHANGES: dict[str, Change] = {
    "JPEG, quality 50": lambda image, _: _jpeg(image, 50),
    "JPEG, quality 20": lambda image, _: _jpeg(image, 20),
    "half the size": lambda image, _: _resized(image, 0.5, 0.5),
    "brighter, gamma 0.6": lambda image, _: _gamma(ImageEnhance.Brightness(image).enhance(1.2), 0.6),
    "darker, gamma 1.6": lambda image, _: _gamma(image, 1.6),
    "grey": lambda image, _: image.convert("L").convert("RGB"),
    "blurred": lambda image, _: image.filter(ImageFilter.GaussianBlur(image.width / 200)),
    "noise of 20 levels": lambda image, _: _noisy(image, 20),
    "watermark": lambda image, _: _watermarked(image),
    "sticker over a quarter": lambda image, _: _stickered(image),
    "border": lambda image, _: ImageOps.expand(image, image.width // 10, "black"),
    "letterbox": lambda image, _: _letterboxed(image),
    "turned by 3°": lambda image, _: _turned(image, 3),
    "turned by 10°": lambda image, _: _turned(image, 10),
    "15 % wider": lambda image, _: _resized(image, 1.15, 1),
    "mirrored": lambda image, _: ImageOps.mirror(image),
    "quarter turn": lambda image, _: image.transpose(Image.Transpose.ROTATE_90),
    "centre, 10 % cut off": lambda image, _: _cut(image, 0.05, 0.05, 0.95, 0.95),
    "centre, 20 % cut off": lambda image, _: _cut(image, 0.1, 0.1, 0.9, 0.9),
    "centre, 30 % cut off": lambda image, _: _cut(image, 0.15, 0.15, 0.85, 0.85),
    "20 % cut off at one side": lambda image, _: _cut(image, 0.2, 0, 1, 1),
    "30 % cut off at one side": lambda image, _: _cut(image, 0.3, 0, 1, 1),
    "30 % cut off at two sides": lambda image, _: _cut(image, 0.3, 0.3, 1, 1),
    "uneven cut": lambda image, _: _cut(image, 0.05, 0.15, 0.8, 0.95),
    "half of it": lambda image, _: _cut(image, 0.5, 0, 1, 1),
    "60 % of another picture": lambda image, other: _pasted(image, other, 0.6),
    "40 % of another picture": lambda image, other: _pasted(image, other, 0.4),
    "screenshot": lambda image, _: _screenshot(image),
    "bar with words": lambda image, _: _captioned(image),
}
"""Percentages of cuts are of the sides. "uneven cut": 5, 20, 15 and 5 % of the sides."""
