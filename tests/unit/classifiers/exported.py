"""A model to export, and what the service answers with it."""
from __future__ import annotations

import numpy as np

from shared.classifiers.iteration_models import SnapshotTag
from shared.classifiers.learning.heads import Head, Likelihood
from shared.classifiers.model_files import Model
from shared.classifiers.models import TagType
from shared.classifiers.onnx_export import onnx_of
from shared.classifiers.pictures import TRAINING_LIMITS
from shared.image_analysis.layered_features import (
    BACKBONE_FILE,
    LAYERED_FEATURES,
    LAYERED_FEATURES_VERSION,
    OUTPUTS,
    unmirrored_features_of,
)
from shared.imaging.decoding import decode
from shared.imaging.models import Picture

NAMES = ("robin", "größer als 5", "Negative", "two\nlines", "лиса")


def model_of(likelihood: Likelihood) -> Model:
    """Its weights are random, and not so large that it would be sure of anything."""
    random = np.random.default_rng(11)
    tags = tuple(SnapshotTag(f"00000000-0000-4000-8000-{number:012}", name, None,
                             TagType.NEGATIVE if name == "Negative" else TagType.REGULAR) for number, name in enumerate(NAMES))
    weights = random.normal(0, 0.03, (LAYERED_FEATURES, len(tags))).astype("float32")
    centre = unmirrored_features_of(Picture(np.full((224, 224, 3), 128, np.uint8), None, 1))[0]
    return Model(Head(likelihood, weights, -centre @ weights), tags, LAYERED_FEATURES_VERSION)


def onnx_file(model: Model) -> bytes:
    return onnx_of(model, BACKBONE_FILE.read_bytes(), OUTPUTS)


def answer_of(model: Model, content: bytes) -> np.ndarray:
    """The service's own probabilities of a picture."""
    return model.head.probabilities(unmirrored_features_of(decode(content, TRAINING_LIMITS)))[0]
