"""The exported file in onnxruntime beside the service's own answers."""
from __future__ import annotations

import io
import json
import zipfile

import numpy as np
import onnx
import onnxruntime
import pytest

from shared.classifiers.learning.heads import Likelihood
from shared.classifiers.onnx_export import docker_zip, onnx_zip
from shared.image_analysis.backbone import prepared
from shared.imaging.models import ImageFormat, Picture
from tests.pictures import encoded, pixels
from tests.unit.classifiers.exported import NAMES, answer_of, model_of, onnx_file

SIZES = [(160, 128), (224, 224), (1, 1), (225, 60), (449, 448), (1300, 901), (3000, 130)]


@pytest.mark.parametrize("likelihood", list(Likelihood))
def test_the_file_gives_the_services_own_probabilities(likelihood: Likelihood):
    model = model_of(likelihood)
    session = onnxruntime.InferenceSession(onnx_file(model))
    images = [pixels(number, *size) for number, size in enumerate(SIZES)]
    batch = np.stack([prepared(Picture(image, ImageFormat.PNG, 1)) for image in images])

    together = session.run(["probabilities"], {"image": batch})[0]
    alone = np.concatenate([session.run(["probabilities"], {"image": row[np.newaxis]})[0] for row in batch])

    own = np.stack([answer_of(model, encoded(image)) for image in images])
    assert np.abs(together - own).max() < 1e-4 and np.abs(alone - own).max() < 1e-4
    assert 0.01 < own.max(axis=1).min() and own.max(axis=1).max() - own.max(axis=1).min() > 0.05  # there is something to compare
    if likelihood is Likelihood.SOFTMAX:
        assert together.sum(axis=1) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("likelihood", list(Likelihood))
def test_the_same_model_makes_the_same_bytes(likelihood: Likelihood):
    first, second = (onnx_file(model_of(likelihood)) for _ in range(2))

    assert first == second
    assert onnx_zip(model_of(likelihood), first) == onnx_zip(model_of(likelihood), second)
    assert docker_zip(model_of(likelihood), first) == docker_zip(model_of(likelihood), second)


def test_the_file_says_what_it_takes_and_gives():
    loaded = onnx.load_model_from_string(onnx_file(model_of(Likelihood.SOFTMAX)))
    session = onnxruntime.InferenceSession(loaded.SerializeToString())
    metadata = session.get_modelmeta().custom_metadata_map

    (given,), (taken,) = session.get_outputs(), session.get_inputs()
    assert (taken.name, taken.type, taken.shape[1:]) == ("image", "tensor(float)", [224, 224, 3])
    assert (given.name, given.type, given.shape[1:]) == ("probabilities", "tensor(float)", [len(NAMES)])
    assert json.loads(metadata["labels"]) == list(NAMES) and metadata["likelihood"] == "softmax"
    assert len(json.loads(metadata["tagIds"])) == len(NAMES)


def test_nothing_of_the_networks_own_answers_is_left():
    nodes = onnx.load_model_from_string(onnx_file(model_of(Likelihood.SIGMOID))).graph

    used = {name for node in nodes.node for name in node.input}
    assert {weight.name for weight in nodes.initializer} <= used
    assert all(used.intersection(node.output) or node.output[0] == "probabilities" for node in nodes.node)
    assert "predictions" not in {name for node in nodes.node for name in node.output}


@pytest.mark.parametrize("pack, members", [
    (onnx_zip, {"model.onnx", "labels.txt", "scaling.py", "README.md", "LICENSE-nsfwjs.txt"}),
    (docker_zip, {"model.onnx", "labels.txt", "scaling.py", "README.md", "LICENSE-nsfwjs.txt", "colours.py", "tags.json", "server.py",
                  "requirements.txt", "Dockerfile"})])
def test_a_zip_has_what_is_needed_and_everybody_may_read_it(pack, members: set[str]):
    archive = zipfile.ZipFile(io.BytesIO(pack(model_of(Likelihood.SOFTMAX), b"the model")))

    assert set(archive.namelist()) == members
    assert {member.external_attr >> 16 for member in archive.infolist()} == {0o100644}
    assert archive.read("labels.txt").decode().splitlines() == [name.replace("\n", " ") for name in NAMES]
    assert b"MIT License" in archive.read("LICENSE-nsfwjs.txt")


def test_the_container_takes_all_its_files_and_pinned_packages():
    archive = zipfile.ZipFile(io.BytesIO(docker_zip(model_of(Likelihood.SOFTMAX), b"the model")))
    steps = archive.read("Dockerfile").decode()

    copied = {name for line in steps.splitlines() if line.startswith("COPY") for name in line.split()[1:-1]}
    assert copied == set(archive.namelist()) - {"Dockerfile", "README.md"}
    assert all("==" in line for line in archive.read("requirements.txt").decode().splitlines())
    assert "USER nobody" in steps and ":latest" not in steps
