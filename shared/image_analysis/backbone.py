"""The two networks that look at pixels, MobileNet V2 as nsfwjs trained them, run with onnxruntime on one thread.

The wider one is also the backbone of custom classifiers: `features_of`. Where the weights come from: docs/image-model.md.
"""
from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from shared import memory
from shared.engine_loading import LoadedOnce, UnusableModel
from shared.image_analysis.scaling import scaled
from shared.imaging.models import Picture
from shared.onnx_sessions import session_of

if TYPE_CHECKING:
    import onnxruntime

WEIGHTS = Path(__file__).parent / "weights"
WIDE, NARROW = "mobilenet_v2_mid.onnx", "mobilenet_v2.onnx"
FEATURES = 1792
CLASSES = ("Drawing", "Hentai", "Neutral", "Porn", "Sexy")
"""What the columns of `predictions` stand for; each row is one distribution."""

_MISSING = "python3 dev models makes it"


def prepared(picture: Picture) -> np.ndarray:
    """Return the picture as the networks read it: float32 [224, 224, 3], RGB from 0 to 1. The sides are not kept in proportion."""
    return scaled(picture.pixels)


def features_of(pictures: Sequence[Picture]) -> np.ndarray:
    """Return what the wide network makes of pictures before its last layer: float32 [n, 1792]. Raises Unavailable."""
    session, batches = wide(), (prepared(picture)[np.newaxis] for picture in pictures)
    # One by one: on one thread several at once take no less time, and much more memory.
    return np.concatenate([np.empty((0, FEATURES), np.float32), *(session.run(["features"], {"image": batch})[0] for batch in batches)])


def predictions_of(picture: Picture) -> np.ndarray:
    """Return the probabilities of the classes by each of the two networks: float32 [2, 5]. Raises Unavailable."""
    batch = {"image": prepared(picture)[np.newaxis]}
    return np.concatenate([session().run(["predictions"], batch)[0] for session in (wide, narrow)])


def _session(name: str) -> onnxruntime.InferenceSession:
    """Raises UnusableModel where the weights are missing or not the recorded ones."""
    recorded = json.loads((WEIGHTS / "checksums.json").read_text("utf-8"))[name]["sha256"]
    try:
        with (WEIGHTS / name).open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        raise UnusableModel(f"{name} is missing; {_MISSING}") from None
    if found != recorded:
        raise UnusableModel(f"{name} is not the file that checksums.json names; {_MISSING}")
    return session_of(WEIGHTS / name)


def loading(name: str) -> LoadedOnce[onnxruntime.InferenceSession]:
    """Return what makes the session of a weights file at first use, and raises Unavailable where the file is not as recorded."""
    return LoadedOnce("image engine", partial(_session, name))


wide, narrow = memory.loaded_again(loading(WIDE)), memory.loaded_again(loading(NARROW))
