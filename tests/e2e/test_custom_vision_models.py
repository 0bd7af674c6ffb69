"""Training, predicting and exporting with the unmodified official clients."""
from __future__ import annotations

import io
import json
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator

import httpx
import numpy as np
import onnxruntime
import pytest
from azure.cognitiveservices.vision.customvision.prediction import CustomVisionPredictionClient
from azure.cognitiveservices.vision.customvision.training import CustomVisionTrainingClient
from azure.cognitiveservices.vision.customvision.training.models import (
    CustomVisionErrorException,
    ImageFileCreateBatch,
    ImageFileCreateEntry,
)
from PIL import Image, ImageDraw

from shared.classifiers.pictures import TRAINING_LIMITS
from shared.image_analysis.backbone import prepared
from shared.imaging.decoding import decode
from tests.e2e.conftest import Served, ServedAccount
from tests.e2e.custom_vision import COMPACT, fetched, prediction_client, training_client

SHAPES = ("circle", "square", "stripes")
RESOURCE = "/subscriptions/s/resourceGroups/g/providers/Microsoft.CognitiveServices/accounts/a"


def shape(kind: str, seed: int) -> bytes:
    """A PNG of a shape in colours of its own for each seed."""
    random = np.random.default_rng((SHAPES.index(kind), seed))
    image = Image.new("RGB", (160, 120), tuple(map(int, random.integers(0, 90, 3))))
    draw, colour = ImageDraw.Draw(image), tuple(map(int, random.integers(130, 256, 3)))
    left, top, side = (int(random.integers(*span)) for span in ((5, 60), (5, 30), (50, 85)))
    if kind == "circle":
        draw.ellipse((left, top, left + side, top + side), fill=colour)
    elif kind == "square":
        draw.rectangle((left, top, left + side, top + side), fill=colour)
    else:
        for x in range(left % 14, 160, 14):
            draw.line((x, 0, x + 20, 120), fill=colour, width=5)
    written = io.BytesIO()
    image.save(written, "PNG")
    return written.getvalue()


def trained(client: CustomVisionTrainingClient, project_id: str, seconds: float = 240, **options):
    """The iteration that training ends with."""
    iteration = client.train_project(project_id, **options)
    assert iteration.status == "Training"
    ends_at = time.monotonic() + seconds
    while iteration.status == "Training":
        assert time.monotonic() < ends_at, "the training does not end"
        time.sleep(0.3)
        iteration = client.get_iteration(project_id, iteration.id)
    return iteration


@pytest.fixture(scope="module")
def served_shapes(worker: Served) -> ServedAccount:
    return worker.account()


@pytest.fixture(scope="module")
def training(served_shapes: ServedAccount) -> CustomVisionTrainingClient:
    return training_client(served_shapes)


@pytest.fixture(scope="module")
def project(training: CustomVisionTrainingClient) -> Iterator[str]:
    """A Multiclass project of a compact domain, with three tags of ten images each, that is trained."""
    project_id = project_of_shapes(training, "shapes", "Multiclass")
    yield project_id


def project_of_shapes(client: CustomVisionTrainingClient, name: str, kind: str, images: int = 10) -> str:
    project_id = client.create_project(name, domain_id=COMPACT, classification_type=kind).id
    for each in SHAPES:
        tag = client.create_tag(project_id, each)
        batch = ImageFileCreateBatch(images=[ImageFileCreateEntry(name=f"{each} {seed}", contents=shape(each, seed), tag_ids=[tag.id])
                                             for seed in range(images)])
        assert client.create_images_from_files(project_id, batch).is_batch_successful
    return project_id


@pytest.fixture(scope="module")
def iteration(training: CustomVisionTrainingClient, project: str):
    return trained(training, project)


@pytest.fixture(scope="module")
def prediction(served_shapes: ServedAccount, training: CustomVisionTrainingClient, project: str, iteration) -> CustomVisionPredictionClient:
    training.publish_iteration(project, iteration.id, "first", RESOURCE)
    return prediction_client(served_shapes)


def test_a_training_completes(iteration, project: str):
    assert iteration.status == "Completed", iteration.training_error_details
    assert (iteration.name, iteration.project_id, iteration.classification_type) == ("Iteration 1", project, "Multiclass")
    assert iteration.trained_at and iteration.exportable and set(iteration.exportable_to) == {"ONNX", "DockerFile"}


def test_the_performance_is_that_of_held_out_images(training: CustomVisionTrainingClient, project: str, iteration):
    performance = training.get_iteration_performance(project, iteration.id, threshold=0.5)

    assert {tag.name for tag in performance.per_tag_performance} == set(SHAPES)
    assert performance.average_precision > 0.9 and performance.recall > 0.7
    assert training.get_iteration_performance(project, iteration.id, threshold=1.0).recall < 0.5
    assert training.get_image_performance_count(project, iteration.id) == 30
    judged = training.get_image_performances(project, iteration.id, take=5, order_by="Oldest")
    assert len(judged) == 5 and sum(each.probability for each in judged[0].predictions) == pytest.approx(1, abs=1e-5)
    assert fetched(judged[0].image_uri).content[:4] == b"\x89PNG"


def test_nothing_new_is_not_trained_again(training: CustomVisionTrainingClient, project: str, iteration):
    with pytest.raises(CustomVisionErrorException) as refused:
        training.train_project(project)

    assert refused.value.error.code == "BadRequestTrainingNotNeeded"


def test_new_pictures_are_told_apart(prediction: CustomVisionPredictionClient, project: str, iteration):
    for kind in SHAPES:
        answer = prediction.classify_image_with_no_store(project, "first", shape(kind, 1000))

        assert (answer.predictions[0].tag_name, answer.iteration) == (kind, iteration.id)
        probabilities = [each.probability for each in answer.predictions]
        assert probabilities == sorted(probabilities, reverse=True) and sum(probabilities) == pytest.approx(1, abs=1e-5)


def test_an_unknown_name_is_not_found(prediction: CustomVisionPredictionClient, project: str):
    from azure.cognitiveservices.vision.customvision.prediction.models import CustomVisionErrorException as PredictionError

    with pytest.raises(PredictionError) as refused:
        prediction.classify_image_with_no_store(project, "second", shape("circle", 1))
    assert (refused.value.response.status_code, refused.value.error.code) == (404, "NotFoundIteration")
    with pytest.raises(PredictionError) as refused:
        prediction.detect_image_with_no_store(project, "first", shape("circle", 1))
    assert refused.value.error.code == "BadRequestOperationNotSupported"


def test_what_is_stored_is_found_and_deleted(training: CustomVisionTrainingClient, prediction: CustomVisionPredictionClient, project: str):
    from azure.cognitiveservices.vision.customvision.training.models import PredictionQueryToken

    made = [prediction.classify_image(project, "first", shape("circle", seed), application="shop").id for seed in range(2000, 2003)]
    prediction.classify_image_with_no_store(project, "first", shape("circle", 2004))

    first = training.query_predictions(project, PredictionQueryToken(order_by="Newest", max_count=2, application="shop"))
    second = training.query_predictions(project, first.token)
    oldest = training.query_predictions(project, PredictionQueryToken(order_by="Oldest", application="shop"))

    assert [each.id for each in first.results + second.results] == made[::-1]
    assert [each.id for each in oldest.results] == made and oldest.token.continuation is None
    assert fetched(first.results[0].original_image_uri).content == shape("circle", 2002)
    training.delete_prediction(project, made)
    assert training.query_predictions(project, PredictionQueryToken(application="shop")).results == []
    assert fetched(first.results[0].original_image_uri).status_code == 404


def test_a_quick_test_takes_the_newest_iteration(training: CustomVisionTrainingClient, project: str, iteration):
    answer = training.quick_test_image(project, shape("stripes", 3000), store=False)

    assert (answer.iteration, answer.predictions[0].tag_name) == (iteration.id, "stripes")


def test_images_without_a_tag_are_suggested_one(training: CustomVisionTrainingClient, project: str, iteration):
    from azure.cognitiveservices.vision.customvision.training.models import SuggestedTagAndRegionQueryToken

    image = training.create_images_from_files(project, ImageFileCreateBatch(images=[
        ImageFileCreateEntry(name="untagged", contents=shape("square", 4000))])).images[0].image
    square = next(tag.id for tag in training.get_tags(project) if tag.name == "square")

    suggested = training.suggest_tags_and_regions(project, iteration.id, [image.id])
    listed = training.query_suggested_images(project, iteration.id, SuggestedTagAndRegionQueryToken(
        tag_ids=[square], threshold=0.4, sort_by="UncertaintyAscending"))
    counted = training.query_suggested_image_count(project, iteration.id, [square], 0.4)

    assert suggested[0].predictions[0].tag_name == "square" and 0 <= suggested[0].prediction_uncertainty <= 1
    assert [each.id for each in listed.results] == [image.id] and counted == {square: 1}
    training.delete_images(project, [image.id])


def exported(client: CustomVisionTrainingClient, project: str, iteration_id: str, platform: str) -> zipfile.ZipFile:
    client.export_iteration(project, iteration_id, platform)
    ends_at = time.monotonic() + 60
    while True:
        export = next(each for each in client.get_exports(project, iteration_id) if each.platform == platform)
        if export.status == "Done":
            return zipfile.ZipFile(io.BytesIO(fetched(export.download_uri).content))
        assert export.status == "Exporting" and time.monotonic() < ends_at
        time.sleep(0.3)


def test_the_exported_model_gives_the_services_own_probabilities(training: CustomVisionTrainingClient, project: str, iteration,
                                                                  prediction: CustomVisionPredictionClient):
    archive = exported(training, project, iteration.id, "ONNX")
    session = onnxruntime.InferenceSession(archive.read("model.onnx"))
    labels = archive.read("labels.txt").decode().splitlines()

    for seed, kind in enumerate(SHAPES, 5000):
        content = shape(kind, seed)
        (own,) = session.run(["probabilities"], {"image": prepared(decode(content, TRAINING_LIMITS))[np.newaxis]})[0]
        answer = prediction.classify_image_with_no_store(project, "first", content)
        assert dict(zip(labels, own.tolist(), strict=True)) == pytest.approx(
            {each.tag_name: each.probability for each in answer.predictions}, abs=1e-4)
    assert json.loads(session.get_modelmeta().custom_metadata_map["labels"]) == labels


def test_the_exported_server_answers_as_the_service_does(training: CustomVisionTrainingClient, project: str, iteration, tmp_path,
                                                          prediction: CustomVisionPredictionClient, unused_port):
    exported(training, project, iteration.id, "DockerFile").extractall(tmp_path)
    content, port = shape("circle", 6000), unused_port()
    process = subprocess.Popen([sys.executable, "server.py"], cwd=tmp_path, env={"PORT": str(port), "HOST": "127.0.0.1"})
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for(address)
        served = prediction.classify_image_with_no_store(project, "first", content)
        expected = {each.tag_name: each.probability for each in served.predictions}
        answers = [httpx.post(f"{address}/image", content=content, headers={"Content-Type": "application/octet-stream"}),
                   httpx.post(f"{address}/{project}/classify/iterations/first/image/nostore", files={"imageData": content})]
        for answer in answers:
            assert {each["tagName"]: each["probability"] for each in answer.json()["predictions"]} == pytest.approx(expected, abs=1e-4)
        refused = httpx.post(f"{address}/image", content=b"no picture")
        assert (refused.status_code, refused.json()["code"]) == (400, "BadRequestImageFormat")
        assert httpx.post(f"{address}/url", json={"url": "file:///etc/hosts"}).json()["code"] == "BadRequestImageUrl"
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="module")
def unused_port():
    import socket

    def find() -> int:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            return taken.getsockname()[1]
    return find


def wait_for(address: str) -> None:
    for _ in range(200):
        try:
            httpx.get(address)
            return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError("the server does not answer")


@pytest.mark.parametrize("platform, flavor", [
    ("CoreML", None), ("TensorFlow", "TensorFlowLite"), ("ONNX", "ONNX12"), ("DockerFile", "Windows")])
def test_other_platforms_are_refused(training: CustomVisionTrainingClient, project: str, iteration, platform: str, flavor: str | None):
    with pytest.raises(CustomVisionErrorException) as refused:
        training.export_iteration(project, iteration.id, platform, flavor)

    assert refused.value.error.code == "BadRequestExportValidationFailed"


def test_publishing_twice_and_deleting_what_is_published(training: CustomVisionTrainingClient, project: str, iteration,
                                                          prediction: CustomVisionPredictionClient):
    second = trained(training, project, force_train=True)
    assert second.name == "Iteration 2"
    with pytest.raises(CustomVisionErrorException) as refused:
        training.publish_iteration(project, second.id, "first", RESOURCE)
    assert refused.value.error.code == "BadRequestInvalidPublishName"
    with pytest.raises(CustomVisionErrorException) as refused:
        training.delete_iteration(project, iteration.id)
    assert refused.value.error.code == "BadRequestIterationIsPublished"

    training.publish_iteration(project, second.id, "first", RESOURCE, overwrite=True)

    assert prediction.classify_image_with_no_store(project, "first", shape("circle", 1)).iteration == second.id
    assert training.get_iteration(project, iteration.id).publish_name is None
    training.delete_iteration(project, iteration.id)
    assert [each.id for each in training.get_iterations(project)] == [second.id]
    third = trained(training, project, force_train=True)
    assert third.name == "Iteration 3"


def test_a_multilabel_project_with_a_negative_tag(training: CustomVisionTrainingClient, served_shapes: ServedAccount):
    project_id = project_of_shapes(training, "labels", "Multilabel", images=5)
    negative = training.create_tag(project_id, "nothing", type="Negative")
    training.create_images_from_files(project_id, ImageFileCreateBatch(tag_ids=[negative.id], images=[
        ImageFileCreateEntry(name=f"grey {seed}", contents=plain(seed)) for seed in range(5)]))

    iteration = trained(training, project_id)
    answer = training.quick_test_image(project_id, plain(99), iteration_id=iteration.id, store=False)

    assert iteration.status == "Completed"
    assert answer.predictions[0].tag_name == "nothing" and answer.predictions[0].tag_type == "Negative"
    assert all(each.probability < 0.5 for each in answer.predictions[1:])


def plain(seed: int) -> bytes:
    written = io.BytesIO()
    random = np.random.default_rng(seed)
    Image.new("RGB", (120, 90), tuple(map(int, random.integers(0, 256, 3)))).save(written, "PNG")
    return written.getvalue()


@pytest.mark.parametrize("images, tags", [(4, 2), (5, 1)])
def test_too_little_is_not_trained(training: CustomVisionTrainingClient, images: int, tags: int):
    project_id = training.create_project(f"little {images} {tags}", classification_type="Multiclass").id
    for kind in SHAPES[:tags]:
        tag = training.create_tag(project_id, kind)
        training.create_images_from_files(project_id, ImageFileCreateBatch(tag_ids=[tag.id], images=[
            ImageFileCreateEntry(name=kind, contents=shape(kind, seed)) for seed in range(images)]))

    with pytest.raises(CustomVisionErrorException) as refused:
        training.train_project(project_id)

    assert refused.value.error.code == "BadRequestClassificationTrainingValidationFailed"
    assert training.get_iterations(project_id) == []


def test_object_detection_is_not_trained(training: CustomVisionTrainingClient):
    project_id = training.create_project("boxes", domain_id="da2e3a8a-40a5-4171-82f4-58522f70fbc1").id

    with pytest.raises(CustomVisionErrorException) as refused:
        training.train_project(project_id)

    assert refused.value.error.code == "BadRequestOperationNotSupported"
