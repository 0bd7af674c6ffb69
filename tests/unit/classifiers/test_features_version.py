"""What a cold start must not load is named twice; the two agree."""
from __future__ import annotations

from shared.bootstrap.classifier_models import FEATURES_VERSION
from shared.image_analysis.layered_features import LAYERED_FEATURES_VERSION


def test_the_version_of_the_features_is_that_of_the_network():
    assert FEATURES_VERSION == LAYERED_FEATURES_VERSION
