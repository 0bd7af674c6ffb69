"""The converted networks answer as TensorFlow.js does; weights that are not the recorded ones are not used."""
from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from shared.errors import Unavailable
from shared.image_analysis import backbone
from shared.imaging.models import ImageFormat, Picture
from tests.unit.image_analysis.drawn import drawn_pictures

ANSWERS = json.loads((Path(__file__).parent / "tensorflow_js_answers.json").read_text("utf-8"))


def picture_of(pixels: np.ndarray) -> Picture:
    return Picture(pixels, ImageFormat.PNG, 1)


def test_the_wide_network_answers_as_tensorflow_js_does():
    predictions, features = backbone.wide().run(["predictions", "features"], {"image": drawn_pictures()})

    assert np.abs(predictions - ANSWERS["mobilenet_v2_mid"]).max() < 2e-6
    assert features.shape == (8, backbone.FEATURES)
    assert np.abs(features[:, ::64] - ANSWERS["features"]).max() < 5e-5


def test_the_narrow_network_answers_as_tensorflow_js_does():
    (predictions,) = backbone.narrow().run(["predictions"], {"image": drawn_pictures()})

    assert np.abs(predictions - ANSWERS["mobilenet_v2"]).max() < 5e-6


def test_a_picture_alone_and_among_others_has_the_same_features():
    pictures = [picture_of((255 * pixels).astype(np.uint8)) for pixels in drawn_pictures(160)]

    features = backbone.features_of(pictures)

    assert features.shape == (8, 1792) and features.dtype == np.float32
    assert np.array_equal(features[3:4], backbone.features_of(pictures[3:4]))
    assert backbone.features_of([]).shape == (0, 1792)


@pytest.mark.parametrize("size", [(1, 1), (224, 224), (50, 7200), (900, 300)])
def test_any_size_is_prepared_for_the_networks(size):
    ready = backbone.prepared(picture_of(np.full((*size, 3), (255, 0, 51), np.uint8)))

    assert ready.shape == (224, 224, 3) and ready.dtype == np.float32
    assert np.allclose(ready, (1, 0, 0.2))


def test_a_large_picture_is_prepared_as_the_same_one_is_that_is_smaller():
    large, small = (backbone.prepared(picture_of((255 * drawn_pictures(side)[5]).astype(np.uint8))) for side in (1816, 448))

    assert np.abs(large - small).mean() < 0.01


def test_each_picture_has_a_distribution_by_each_network():
    predictions = backbone.predictions_of(picture_of(np.zeros((300, 200, 3), np.uint8)))

    assert predictions.shape == (2, len(backbone.CLASSES))
    assert np.allclose(predictions.sum(axis=1), 1)


@pytest.mark.parametrize("content", [None, b"half"])
def test_weights_that_are_not_as_recorded_make_the_engine_unavailable(content, tmp_path, monkeypatch, caplog):
    (tmp_path / "checksums.json").write_bytes((backbone.WEIGHTS / "checksums.json").read_bytes())
    if content is not None:
        (tmp_path / backbone.WIDE).write_bytes(content)
    monkeypatch.setattr(backbone, "WEIGHTS", tmp_path)

    with pytest.raises(Unavailable):
        backbone.loading(backbone.WIDE)()

    assert "python3 dev models" in caplog.text
