"""The methods that are compared, asked in worker processes: how far a picture is from one of a list, and from the nearest unrelated one."""
from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Sequence
from pathlib import Path

import imagehash
import numpy as np
from PIL import Image

from dev.bench.image_changes import CHANGES
from dev.bench.image_scenes import scene
from shared.imaging.fingerprint_index import MOST_DISTANCE, FingerprintIndex
from shared.imaging.fingerprints import FINGERPRINT_BYTES, fingerprint_of, query_of
from shared.imaging.models import ImageFormat, Picture
from shared.imaging.pdq import pdq_of

OURS = "ours"
HASHES: dict[str, tuple[int, Callable[[Image.Image], np.ndarray]]] = {
    "PDQ, 256 bits": (256, lambda image: pdq_of(picture_of(image)).words),
    "pHash, 256 bits": (256, lambda image: _words(imagehash.phash(image, hash_size=16))),
    "pHash, 64 bits": (64, lambda image: _words(imagehash.phash(image))),
    "dHash, 64 bits": (64, lambda image: _words(imagehash.dhash(image))),
}
"""Bits, and the hash as uint64 words."""
METHODS = (OURS, *HASHES)
_NOTHING = 1_000


@dataclasses.dataclass(frozen=True, slots=True)
class Source:
    """A generated picture (`number`) or a file. Those of one series may be like each other."""

    series: str
    number: int = 0
    path: Path | None = None

    def image(self) -> Image.Image:
        return _image(self)


@dataclasses.dataclass(frozen=True, slots=True)
class Question:
    """`row`: of the list, whose picture it is made from; None where it is unrelated to all but its series."""

    source: Source
    change: str | None = None
    other: Source | None = None
    row: int | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Answer:
    """For each of METHODS the distance to the picture it is made from, and that to the nearest one of another series."""

    own: tuple[int, ...]
    nearest: tuple[int, ...]
    nearest_row: int = -1
    """Of ours; -1 for none."""


@dataclasses.dataclass(frozen=True)
class Listed:
    """What a list keeps: fingerprints, uint8 [n, b], hashes by name, uint64 [n, words], and the series of each, [n]."""

    fingerprints: np.ndarray
    hashes: dict[str, np.ndarray]
    series: np.ndarray

    @classmethod
    def of(cls, kept: Sequence[tuple[bytes, list[np.ndarray]]], sources: Sequence[Source]) -> Listed:
        fingerprints = np.frombuffer(b"".join(fingerprint for fingerprint, _ in kept), np.uint8).reshape(-1, FINGERPRINT_BYTES)
        hashes = {name: np.stack([words[number] for _, words in kept]) for number, name in enumerate(HASHES)}
        return cls(fingerprints, hashes, np.array([source.series for source in sources]))


def picture_of(image: Image.Image) -> Picture:
    return Picture(np.asarray(image.convert("RGB")), ImageFormat.PNG, 1)


def kept_of(source: Source) -> tuple[bytes, list[np.ndarray]]:
    image = source.image()
    return fingerprint_of(picture_of(image)), [hash_of(image) for _, hash_of in HASHES.values()]


class Asker:
    def __init__(self, listed: Listed) -> None:
        self._listed = listed
        ids = np.arange(len(listed.fingerprints), dtype=np.uint32)
        self._index = FingerprintIndex.empty().merge(ids, listed.fingerprints, np.empty(0, np.uint32))

    def answer(self, question: Question) -> Answer:
        image = question.source.image()
        if question.change is not None:
            image = CHANGES[question.change](image, question.other.image())
        unrelated = self._listed.series != question.source.series
        distances = np.full(len(unrelated), _NOTHING)
        for hit in self._index.match(query_of(picture_of(image))):
            distances[hit.content_id] = hit.distance
        all_distances = [distances]
        for name, (_, hash_of) in HASHES.items():
            all_distances.append(np.bitwise_count(self._listed.hashes[name] ^ hash_of(image)).sum(axis=1, dtype=int))
        nearest = [int(each.min(initial=_NOTHING, where=unrelated)) for each in all_distances]
        row = int(np.argmin(np.where(unrelated, distances, _NOTHING))) if nearest[0] < _NOTHING else -1
        return Answer(tuple(_NOTHING if question.row is None else int(each[question.row]) for each in all_distances), tuple(nearest), row)


def most_distance(method: str) -> int:
    """The largest that is tried: ours looks no further, others reach half of their bits by chance."""
    return MOST_DISTANCE if method == OURS else HASHES[method][0] // 2


@functools.lru_cache(maxsize=4)
def _image(source: Source) -> Image.Image:
    if source.path is None:
        return scene(source.number)
    with Image.open(source.path) as image:
        return image.convert("RGB")


def _words(found: imagehash.ImageHash) -> np.ndarray:
    return np.packbits(found.hash.reshape(-1)).view("<u8")
