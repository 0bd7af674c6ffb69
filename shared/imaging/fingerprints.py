"""What is kept of a picture in an image list, and what a picture is looked up by. No pixel can be had back from either.

A fingerprint has the perceptual hashes of the whole picture, of the picture without its edges and of its centre, up to 48
regions, and a digest of all its pixels. A query has the hashes of the picture, with and without its edges, in all eight variants
of mirroring and quarter turns, and up to 400 regions with those of its mirror image. A flat picture (one colour, a
gradient) looks like any other one, so it has neither hashes nor regions.
"""
from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from shared.imaging.borders import box_inside
from shared.imaging.models import Picture
from shared.imaging.perceptual_hash import HASH_WORDS, SIDE, bits_of, dihedral, low_frequencies, packed, small
from shared.imaging.regions import KEPT_REGIONS, Regions, kept_regions, looked_up_regions, packed_places

FINGERPRINT_VERSION = 3
"""Fingerprints of different versions cannot be compared."""

CENTRE_CROPS = (0.9, 0.8)
"""Parts of each side."""
MOST_HASHES = 2 + len(CENTRE_CROPS)
DIGEST_BYTES = 16

LAYOUT = np.dtype([("version", "u1"), ("is_flat", "u1"), ("hash_count", "u1"), ("region_count", "u1"),
                   ("digest", "u1", DIGEST_BYTES), ("hashes", "<u8", (MOST_HASHES, HASH_WORDS)),
                   ("region_words", "<u8", KEPT_REGIONS), ("region_places", "u1", (KEPT_REGIONS, 4))])
FINGERPRINT_BYTES = LAYOUT.itemsize

_FLAT_LEVELS = 2.5
"""Root mean square of what a curved surface leaves unexplained in the 64 x 64 picture, in grey levels of 256."""
_WORKING_SIDE = 512


@dataclass(frozen=True, slots=True)
class Query:
    """`digest`: bytes; `hashes`: uint64 [v, 4], a multiple of 8 variants; `regions`: of the picture, and of its mirror image."""

    digest: bytes
    hashes: np.ndarray = field(default_factory=lambda: np.empty((0, HASH_WORDS), np.uint64))
    regions: tuple[Regions, ...] = ()


def fingerprint_of(picture: Picture) -> bytes:
    """FINGERPRINT_BYTES bytes, the same ones for the same pixels."""
    record = np.zeros((), LAYOUT)
    record["version"] = FINGERPRINT_VERSION
    record["digest"] = np.frombuffer(digest_of(picture), np.uint8)
    grey = _grey(picture)
    parts = _parts(grey)
    record["is_flat"] = not parts
    if parts:
        boxes = [*parts, *(_centre(parts[-1], side) for side in CENTRE_CROPS)]
        hashes = packed(bits_of(np.stack([low_frequencies(small(grey, box)) for box in boxes])))
        record["hash_count"] = len(hashes)
        record["hashes"][: len(hashes)] = hashes
        regions = kept_regions(_pixels(grey, parts[-1]))
        record["region_count"] = len(regions)
        record["region_words"][: len(regions)] = regions.words
        record["region_places"][: len(regions)] = packed_places(regions.places)
    return record.tobytes()


def query_of(picture: Picture) -> Query:
    grey = _grey(picture)
    parts = _parts(grey)
    if not parts:
        return Query(digest_of(picture))
    hashes = np.concatenate([packed(bits_of(dihedral(low_frequencies(small(grey, box))))) for box in parts])
    return Query(digest_of(picture), hashes, looked_up_regions(_pixels(grey, parts[-1])))


def digest_of(picture: Picture) -> bytes:
    """16 bytes that only a picture of the same size and pixels has."""
    digest = hashlib.sha256(np.array((picture.height_px, picture.width_px), "<u4").tobytes())
    digest.update(np.ascontiguousarray(picture.pixels))
    return digest.digest()[:DIGEST_BYTES]


def is_flat(pixels: np.ndarray) -> bool:
    """Whether [64, 64] grey pixels are one colour or a gradient, straight or round."""
    grey, surfaces = pixels.reshape(-1).astype(np.float64), _curved_surfaces()
    unexplained = grey - surfaces @ (surfaces.T @ grey)
    return float(np.sqrt(np.mean(unexplained**2))) < _FLAT_LEVELS


@functools.cache
def _curved_surfaces() -> np.ndarray:
    """float64 [4096, 8]: an orthonormal basis of what two dimensions have of constant, linear, quadratic and cubic."""
    along = np.linspace(-1, 1, SIDE)
    x, y = np.meshgrid(along, along)
    return np.linalg.qr(np.stack([np.ones_like(x), x, y, x * x, x * y, y * y, x**3, y**3]).reshape(8, -1).T)[0]


def _grey(picture: Picture) -> Image.Image:
    return Image.fromarray(picture.pixels).convert("L")


def _parts(grey: Image.Image) -> list[tuple[float, float, float, float]]:
    """The boxes to be hashed: the whole picture, and what is inside its edges; none of a flat picture."""
    whole = (0.0, 0.0, float(grey.width), float(grey.height))
    if is_flat(small(grey)):
        return []
    shrunk = grey.copy()
    shrunk.thumbnail((_WORKING_SIDE, _WORKING_SIDE), Image.Resampling.BOX)
    inside = box_inside(np.asarray(shrunk))
    if inside is None:
        return [whole]
    across, down = grey.width / shrunk.width, grey.height / shrunk.height
    box = (inside[0] * across, inside[1] * down, inside[2] * across, inside[3] * down)
    return [] if is_flat(small(grey, box)) else [whole, box]


def _pixels(grey: Image.Image, box: tuple[float, float, float, float]) -> np.ndarray:
    left, top, right, bottom = (round(each) for each in box)
    return np.ascontiguousarray(np.asarray(grey)[top:bottom, left:right])


def _centre(box: tuple[float, float, float, float], side: float) -> tuple[float, float, float, float]:
    left, top, right, bottom = box
    across, down = (right - left) * (1 - side) / 2, (bottom - top) * (1 - side) / 2
    return left + across, top + down, right - across, bottom - down
