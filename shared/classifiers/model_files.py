"""Bytes of a model and of the judgements of held-out images: a line of JSON, then little-endian float32 numbers.

They travel with exports and imports, so that what is read is not believed: sizes must agree, and nothing in it is executed.
"""
from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shared.classifiers.iteration_models import SnapshotTag
from shared.classifiers.learning.heads import Head, Likelihood
from shared.classifiers.models import TagType

if TYPE_CHECKING:
    import numpy as np

_FORMAT = 1
_LARGEST = 1e9
"""Of any number: so that no sum of them overflows."""
_MOST_TAGS = 500
_ID_CHARACTERS = 36


class UnreadableModel(ValueError):
    """Not a file that this version wrote, or not any more. Says nothing of what is in it."""


@dataclass(frozen=True, slots=True)
class Model:
    """A head and what its columns stand for. It fits features of `features_version` alone."""

    head: Head
    tags: tuple[SnapshotTag, ...]
    features_version: str


@dataclass(frozen=True, slots=True)
class HeldOut:
    """How each image was judged by a model that had not seen it.

    `probabilities` float32 and `targets` 0/1 are [images, tags], `folds` [images].
    """

    image_ids: tuple[str, ...]
    tags: tuple[SnapshotTag, ...]
    probabilities: np.ndarray
    targets: np.ndarray
    folds: np.ndarray


def model_bytes(model: Model) -> bytes:
    head = model.head
    return _bytes({"likelihood": head.likelihood, "featuresVersion": model.features_version, "features": head.weights.shape[0],
                   "tags": _tags_json(model.tags)}, [head.weights, head.bias])


def model_of(content: bytes) -> Model:
    """Raises UnreadableModel."""
    try:
        header, numbers = _parts(content)
        tags, features = _tags(header["tags"]), int(header["features"])
        if features < 1 or len(numbers) != (features + 1) * len(tags):
            raise ValueError
        head = Head(Likelihood(header["likelihood"]), numbers[:-len(tags)].reshape(features, len(tags)), numbers[-len(tags):])
        return Model(head, tags, str(header["featuresVersion"]))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise UnreadableModel("the model is not one that this version can read") from None


def held_out_bytes(held_out: HeldOut) -> bytes:
    return _bytes({"tags": _tags_json(held_out.tags), "images": list(held_out.image_ids), "folds": held_out.folds.tolist(),
                   "imageTags": [row.nonzero()[0].tolist() for row in held_out.targets]}, [held_out.probabilities])


def held_out_of(content: bytes) -> HeldOut:
    """Raises UnreadableModel."""
    import numpy as np

    try:
        header, numbers = _parts(content)
        tags, image_ids = _tags(header["tags"]), tuple(map(str, header["images"]))
        targets = np.zeros((len(image_ids), len(tags)), dtype=np.uint8)
        for row, own in zip(targets, header["imageTags"], strict=True):
            row[own] = 1
        folds = np.array(header["folds"], dtype=np.int64)
        if folds.shape != (len(image_ids),):
            raise ValueError
        return HeldOut(image_ids, tags, numbers.reshape(targets.shape), targets, folds)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        raise UnreadableModel("the performance is not one that this version can read") from None


def _bytes(header: Mapping[str, Any], arrays: Sequence[np.ndarray]) -> bytes:
    line = json.dumps({"format": _FORMAT, **header}, separators=(",", ":")).encode()
    return b"\n".join([line, b"".join(array.astype("<f4").tobytes() for array in arrays)])


def _parts(content: bytes) -> tuple[dict[str, Any], np.ndarray]:
    import numpy as np

    line, _, numbers = content.partition(b"\n")
    header = json.loads(line)
    if header["format"] != _FORMAT:
        raise ValueError
    values = np.frombuffer(numbers, dtype="<f4")
    if not (np.abs(values) <= _LARGEST).all():  # nor NaN
        raise ValueError
    return header, values


def _tags_json(tags: Sequence[SnapshotTag]) -> list[list[str | None]]:
    return [[tag.id, tag.name, tag.description, tag.type] for tag in tags]


def _tags(listed: Sequence[Sequence[Any]]) -> tuple[SnapshotTag, ...]:
    tags = tuple(SnapshotTag(str(tag_id), str(name), description, TagType(kind)) for tag_id, name, description, kind in listed)
    if not 1 <= len(tags) <= _MOST_TAGS or any(len(tag.id) > _ID_CHARACTERS for tag in tags):
        raise ValueError
    return tags
