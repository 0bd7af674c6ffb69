"""An operator's own image model: how a picture is prepared, what becomes of its scores, and every reason to refuse it."""
from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto

from shared.engine_loading import UnusableModel
from shared.errors import Unavailable
from shared.image_analysis.onnx_model import OnnxImageModel
from shared.imaging.models import ImageFormat, Picture
from shared.text_analysis.models import Category
from tests.onnx_image_model import DESCRIPTION, save_image_model


def painted(*colour: float, width: int = 90, height: int = 60) -> Picture:
    return Picture(np.full((height, width, 3), np.array(colour) * 255, np.uint8), ImageFormat.PNG, 1)


def described(**changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(DESCRIPTION), **changes}


def prepared(**changes: Any) -> dict[str, Any]:
    return described(input={**DESCRIPTION["input"], **changes})


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return OnnxImageModel.load(save_image_model(tmp_path_factory.mktemp("model")))


@pytest.mark.parametrize(("red", "severity"), [(0.2, 0), (0.39, 0), (0.41, 2), (0.59, 2), (0.61, 4), (0.79, 4), (0.81, 6), (1, 6)])
def test_cuts_make_even_severities_of_probabilities(model, red, severity):
    assert model.judge(painted(red, 0, 0)).severities == {Category.SEXUAL: severity, Category.VIOLENCE: 0}


def test_a_category_has_the_probability_of_its_likeliest_label(model):
    assert model.judge(painted(0, 0.1, 0.7)).severities[Category.VIOLENCE] == 4
    assert model.judge(painted(0, 0.7, 0.1)).severities[Category.VIOLENCE] == 4


def test_a_category_that_is_not_described_is_not_judged(model):
    assert set(model.judge(painted(1, 1, 1)).severities) == {Category.SEXUAL, Category.VIOLENCE}


@pytest.mark.parametrize(("red", "score"), [(0, 0), (0.4, 0.32), (0.6, 0.48), (0.8, 0.8), (1, 1)])
def test_the_cuts_of_sexual_lie_at_the_thresholds_of_content_moderator(model, red, score):
    sexual = model.judge(painted(red, 0, 0)).sexual

    assert sexual.adult == sexual.racy == pytest.approx(score, abs=2e-3)


@pytest.mark.parametrize("changes", [
    {"layout": "NHWC"}, {"colours": "BGR"}, {"mean": [0.5, 0.5, 0.5], "deviation": [0.5, 0.5, 0.5]}, {"fit": "crop"}, {"fit": "pad"}])
def test_a_picture_is_prepared_as_described(tmp_path, changes):
    shape = ("pictures", 8, 16, 3) if "layout" in changes else ("pictures", 3, 8, 16)
    model = OnnxImageModel.load(save_image_model(tmp_path / "m", {**prepared(**changes), "scores": "sigmoid"}, shape=shape))
    description = model._description.preparation
    values = description(painted(0.8, 0.4, 0.0, width=160, height=80).pixels)

    assert values.shape == description.shape and values.dtype == np.float32
    first = values[0, 0] if description.is_channels_first else values[0, :, :, 0]
    expected = {"colours": 0.0, "mean": 0.6}.get(next(iter(changes)), 0.8)
    assert np.allclose(first, expected, atol=0.01)


def test_cropping_takes_the_middle_and_padding_keeps_all(tmp_path):
    halves = np.zeros((64, 64, 3), np.uint8)
    halves[32:] = 255
    halves[:8], halves[56:] = (255, 0, 0), (255, 0, 0)
    picture = Picture(halves, ImageFormat.PNG, 1)
    values = {fit: OnnxImageModel.load(save_image_model(tmp_path / fit, prepared(fit=fit)))._description.preparation(picture.pixels)[0]
              for fit in ("stretch", "crop", "pad")}

    # Twice as wide as high: the crop has no red edge, the padded one is half as wide, between greys.
    assert np.array_equal(values["crop"][0], values["crop"][1])
    assert values["stretch"][0, 0, 0] == 1 and values["stretch"][1, 0, 0] == 0
    assert np.allclose(values["pad"][:, :, :4], 128 / 255) and np.allclose(values["pad"][:, :, 12:], 128 / 255)
    assert values["pad"][0, 0, 8] == 1 and values["pad"][1, 0, 8] == 0


def test_half_precision_is_fed(tmp_path):
    model = OnnxImageModel.load(save_image_model(tmp_path / "m", kind=TensorProto.FLOAT16))

    assert model.judge(painted(0.7, 0, 0)).severities[Category.SEXUAL] == 4


@pytest.mark.parametrize(("width", "height"), [(1, 1), (1, 3000), (3000, 1)])
@pytest.mark.parametrize("fit", ["stretch", "crop", "pad"])
def test_a_picture_of_any_proportions_is_judged(tmp_path, fit, width, height):
    model = OnnxImageModel.load(save_image_model(tmp_path / "m", prepared(fit=fit)))

    assert model.judge(painted(0.9, 0.9, 0.9, width=width, height=height)).severities.keys() == {Category.SEXUAL, Category.VIOLENCE}


@pytest.mark.parametrize(("description", "reason"), [
    (described(categories={"Violence": {"labels": ["red"], "cuts": [0.4, 0.6, 0.8]}}), "Sexual"),
    (described(categories={"Sexual": {"labels": ["pink"], "cuts": [0.4, 0.6, 0.8]}}), "'pink' is not among the labels"),
    (described(categories={"Sexual": {"labels": ["red"], "cuts": [0.4, 0.6, 0.6]}}), "cuts must rise"),
    ({key: value for key, value in DESCRIPTION.items() if key != "input"}, "input"),
    (prepared(width=7), "width"), (prepared(width=2049), "width"), (prepared(layout="CHW"), "layout"),
    (prepared(colours="GREY"), "colours"), (prepared(mean=[0, 0]), "mean"), (prepared(deviation=[1, 0, 1]), "deviation"),
    (prepared(fit="letterbox"), "fit"),
    (prepared(width=24), "has the shape"), (prepared(layout="NHWC"), "has the shape"),
    (described(labels=["red", "green"], categories={"Sexual": {"labels": ["red"], "cuts": [0.4, 0.6, 0.8]}}), "2 labels ask for"),
    (described(output="other"), "output must name one"), (described(further=1), "further"),
])
def test_a_description_that_does_not_fit_is_refused_with_the_reason(tmp_path, description, reason):
    with pytest.raises(UnusableModel, match=reason):
        OnnxImageModel.load(save_image_model(tmp_path / "m", description))


@pytest.mark.parametrize(("model", "reason"), [
    ({"kind": TensorProto.DOUBLE}, "not float or float16"), ({"inputs": ("image", "mask")}, "2 inputs"),
    ({"outputs": ("scores", "others")}, "output must name one"),
    ({"factor": 3.0}, "fails on a grey picture: a score is not between 0 and 1"),
    ({"factor": float("nan")}, "not a finite number"), ({"shape": ("pictures", 3, 8, 17)}, "has the shape"),
])
def test_a_model_that_does_not_fit_is_refused_with_the_reason(tmp_path, model, reason):
    with pytest.raises(UnusableModel, match=reason):
        OnnxImageModel.load(save_image_model(tmp_path / "m", **model))


@pytest.mark.parametrize("name", ["model.onnx", "moderato.json"])
def test_a_file_that_is_missing_or_broken_is_named(tmp_path, name):
    folder = save_image_model(tmp_path / "m")
    (folder / name).write_bytes(b"\xff broken")
    with pytest.raises(UnusableModel, match=name):
        OnnxImageModel.load(folder)
    (folder / name).unlink()
    with pytest.raises(UnusableModel, match=f"^{name} is missing$"):
        OnnxImageModel.load(folder)


def test_the_version_changes_with_the_files(tmp_path):
    folder = save_image_model(tmp_path / "m")
    before = OnnxImageModel.load(folder).version
    save_image_model(folder, prepared(fit="pad"))

    assert before.startswith("colours-1.0+") and OnnxImageModel.load(folder).version != before


def test_scores_that_are_none_make_the_engine_unavailable(tmp_path, caplog):
    model = OnnxImageModel.load(save_image_model(tmp_path / "m", factor=1.5))

    with pytest.raises(Unavailable):
        model.judge(painted(1, 1, 1))
    assert "failed with ValueError" in caplog.text
