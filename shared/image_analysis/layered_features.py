"""What custom classifiers learn from: the wide network's last features, and the means of four layers before, which show fine shape.

Figures of what the four layers are worth: docs/custom-vision.md.
"""
from __future__ import annotations

import numpy as np

from shared.image_analysis.backbone import WEIGHTS, WIDE, prepared, wide
from shared.imaging.models import Picture

LAYERED_FEATURES_VERSION = "mobilenet-v2-mid-1"
"""Changes with whatever changes the numbers: what was learned from others does not fit them."""
LAYERED_FEATURES = 1792 + 2976
OUTPUTS = ("features", "inner_features")
"""Of the network; side by side, in this order, they are the layered features."""
BACKBONE_FILE = WEIGHTS / WIDE


def layered_features_of(picture: Picture) -> np.ndarray:
    """Return float32 [2, 4768]: of the picture, and of its mirror image. Raises Unavailable."""
    image = prepared(picture)
    return np.concatenate([_features(image), _features(image[:, ::-1])])


def unmirrored_features_of(picture: Picture) -> np.ndarray:
    """Return float32 [1, 4768]: of the picture alone. Raises Unavailable."""
    return _features(prepared(picture))


def _features(image: np.ndarray) -> np.ndarray:
    return np.concatenate(wide().run(list(OUTPUTS), {"image": np.ascontiguousarray(image)[np.newaxis]}), axis=1)
