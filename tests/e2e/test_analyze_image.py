"""Image analysis through the official client: bytes and addresses, formats, categories, engines, and that nothing is kept."""
from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import matplotlib
import numpy as np
import pytest
from azure.ai.contentsafety.models import AnalyzeImageOptions, AnalyzeImageOutputType, ImageCategory, ImageData
from azure.core.exceptions import HttpResponseError
from PIL import Image, ImageDraw, ImageFont

from dev.azurite import Azurite
from tests.azure_resource import Resource, serving_resource, severities
from tests.e2e.storage_scan import is_in, places_of
from tests.integration.outbound.servers import RawServer, answer
from tests.onnx_image_model import save_image_model
from tests.pictures import encoded, pixels

ANALYZE = "/contentsafety/image:analyze?api-version=2024-09-01"
CATEGORIES = ["Hate", "SelfHarm", "Sexual", "Violence"]
FORMATS = ["JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP"]
THREAT = "I will beat you up and hurt\nyour whole family tonight."
CANARY = "kohlrabiinalentilsoup"
_FONT = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans-Bold.ttf"


def poster(text: str) -> bytes:
    """A picture with a text in it, and the same text among what a file holds besides its pixels."""
    image = Image.fromarray(pixels(7, 900, 240) // 4)
    ImageDraw.Draw(image).multiline_text((30, 60), text, "white", ImageFont.truetype(str(_FONT), 40))
    exif = image.getexif()
    exif[0x010E] = text
    file = io.BytesIO()
    image.save(file, "JPEG", quality=92, exif=exif, comment=text.encode())
    return file.getvalue()


def levels(result) -> dict[str, int]:
    return {str(entry.category): entry.severity for entry in result.categories_analysis}


def sent(content: bytes, **fields) -> dict[str, object]:
    return {"image": {"content": base64.b64encode(content).decode()}, **fields}


@contextmanager
def lying(content: bytes) -> Iterator[str]:
    """The address of a picture on loopback, with a canary in it as a signature would be."""
    server = RawServer(answer(content))
    try:
        yield f"http://127.0.0.1:{server.port}/{CANARY}.png?sig={CANARY}"
    finally:
        server.close()


@pytest.fixture(scope="module")
def storage() -> Iterator[Azurite]:
    """An emulator of these tests alone, so that what other tests keep need not be searched."""
    with Azurite.in_memory() as running:
        yield running


@pytest.fixture(scope="module")
def logging_worker(start_worker, storage: Azurite):
    """A worker that logs all it ever could, and fetches from this machine."""
    return start_worker("--log-level", "debug", STORAGE_CONNECTION_STRING=storage.connection_string,
                        AzureWebJobsStorage=storage.connection_string, FETCH_ALLOWED_NETWORKS="127.0.0.1/32")


@pytest.fixture(scope="module")
def account(logging_worker):
    return logging_worker.account()


@pytest.fixture(params=["2023-10-01", "2024-09-01"])
def client(account, request: pytest.FixtureRequest):
    with account.content_safety(api_version=request.param) as client:
        yield client


@pytest.mark.parametrize("image_format", FORMATS)
def test_bytes_of_every_format_are_analyzed(client, image_format):
    result = client.analyze_image(AnalyzeImageOptions(
        image=ImageData(content=encoded(pixels(1), image_format)), output_type=AnalyzeImageOutputType.FOUR_SEVERITY_LEVELS))

    assert list(levels(result)) == CATEGORIES
    assert set(levels(result).values()) <= {0, 2, 4, 6}


def test_a_picture_at_an_address_is_analyzed_as_its_bytes_are(client):
    content = poster(THREAT)
    with lying(content) as url:
        there = client.analyze_image(AnalyzeImageOptions(image=ImageData(blob_url=url)))
    here = client.analyze_image(AnalyzeImageOptions(image=ImageData(content=content)))

    assert levels(there) == levels(here)
    assert levels(here)["Violence"] >= 4


def test_only_the_categories_asked_for_are_answered(client):
    result = client.analyze_image(AnalyzeImageOptions(
        image=ImageData(content=poster("Have a nice day")), categories=[ImageCategory.VIOLENCE, ImageCategory.SEXUAL]))

    assert levels(result) == {"Sexual": 0, "Violence": 0}


@pytest.mark.parametrize("content", [b"no picture", encoded(pixels(1), "PPM"), encoded(np.zeros((49, 60, 3), np.uint8))])
def test_a_picture_that_is_not_taken_is_said_in_the_published_shape(client, content):
    with pytest.raises(HttpResponseError) as refusal:
        client.analyze_image({"image": {"content": base64.b64encode(content).decode()}})

    assert (refusal.value.status_code, refusal.value.error.code) == (400, "InvalidRequestBody")


def test_an_address_that_is_not_there_is_the_callers_error(client):
    with pytest.raises(HttpResponseError) as refusal:
        client.analyze_image(AnalyzeImageOptions(image=ImageData(blob_url="http://127.0.0.1:9/a.png")))

    assert (refusal.value.status_code, refusal.value.error.code) == (400, "InvalidRequestBody")


def test_the_headers_say_what_was_looked_at_and_by_whom(account):
    with account.http() as http:
        read = http.post(ANALYZE, json=sent(poster(THREAT)))
        silent = http.post(ANALYZE, json=sent(encoded(pixels(1)), categories=["Sexual"]))

    assert read.headers["x-moderato-examined"] == "Hate=text; SelfHarm=text; Sexual=pixels,text; Violence=text"
    assert read.headers["x-moderato-engine"] == "built-in"
    assert read.headers["x-model-version"].startswith("moderato-image-")
    assert read.headers["x-moderato-text-engine"].startswith("built-in moderato-text-")
    assert silent.headers["x-moderato-examined"] == "Sexual=pixels,text"
    assert "x-moderato-text-engine" not in silent.headers


def test_nothing_of_a_picture_or_its_address_is_kept_or_logged(account, logging_worker, storage):
    content = poster(CANARY)
    with account.http() as http, lying(content) as url:
        answers = [http.post(ANALYZE, json=body) for body in (
            sent(content), {"image": {"blobUrl": url}}, sent(content[:-400]), {"image": {"content": CANARY + "!"}},
            {"image": {"blobUrl": f"http://127.0.0.1:9/{CANARY}"}}, sent(content, categories=[CANARY]))]
    with account.http() as http:
        events = http.get(f"/accounts/{account.id}/auditEvents").text

    assert [each.status_code for each in answers] == [200, 200, 400, 400, 400, 400]
    assert not any(is_in(each.content + str(each.headers).encode(), CANARY) for each in answers)
    assert places_of(CANARY, storage.connection_string) == []
    assert not is_in(logging_worker.log_path.read_bytes(), CANARY)
    assert "analyze_image" not in events


def test_a_model_of_the_operators_answers(start_worker, tmp_path: Path):
    worker = start_worker(IMAGE_ENGINE="onnx", ONNX_IMAGE_MODEL_FOLDER=str(save_image_model(tmp_path / "model")))
    with worker.account().http() as http:
        answered = http.post(ANALYZE, json=sent(encoded(np.full((60, 60, 3), (255, 0, 160), np.uint8))))

    assert [entry["severity"] for entry in answered.json()["categoriesAnalysis"]] == [0, 0, 6, 4]
    assert answered.headers["x-moderato-engine"] == "onnx"
    assert answered.headers["x-model-version"].startswith("colours-1.0+")
    assert answered.headers["x-moderato-examined"] == "Hate=text; SelfHarm=text; Sexual=pixels,text; Violence=pixels,text"
    assert httpx.get(f"{worker.endpoint}/ready", timeout=60).json()["missing"] == []


def test_a_model_that_cannot_be_used_has_no_other_in_its_place(start_worker, tmp_path: Path):
    folder = save_image_model(tmp_path / "model")
    (folder / "model.onnx").unlink()
    worker = start_worker(IMAGE_ENGINE="onnx", ONNX_IMAGE_MODEL_FOLDER=str(folder))
    with worker.account().http() as http:
        answered = http.post(ANALYZE, json=sent(encoded(pixels(1))))

    assert (answered.status_code, answered.json()["error"]["code"]) == (503, "ServerBusy")
    assert "model.onnx" not in answered.text
    ready = httpx.get(f"{worker.endpoint}/ready", timeout=60)
    assert (ready.status_code, ready.json()["missing"]) == (503, ["image engine onnx"])


@pytest.fixture(scope="module")
def resource() -> Iterator[Resource]:
    with serving_resource() as serving:
        yield serving


def test_a_worker_that_forwards_answers_as_the_resource_does(start_worker, resource):
    worker = start_worker(IMAGE_ENGINE="azure-content-safety", AZURE_CONTENT_SAFETY_ENDPOINT=resource.endpoint,
                          AZURE_CONTENT_SAFETY_KEY="key-of-the-resource")
    resource.answers_with(severities(Hate=2, Violence=6))
    with worker.account().http() as http:
        answered = http.post(ANALYZE, json=sent(poster(CANARY)))

    assert [entry["severity"] for entry in answered.json()["categoriesAnalysis"]] == [2, 0, 0, 6]
    assert answered.headers["x-moderato-engine"] == "azure-content-safety"
    assert answered.headers["x-moderato-examined"] == "Hate=pixels; SelfHarm=pixels; Sexual=pixels; Violence=pixels"
    assert not is_in(base64.b64decode(resource.received[0].body["image"]["content"]), CANARY)


def test_text_in_pictures_goes_to_the_text_engine_and_the_answer_says_so(start_worker, resource):
    worker = start_worker(TEXT_ENGINE="azure-content-safety", AZURE_CONTENT_SAFETY_ENDPOINT=resource.endpoint,
                          AZURE_CONTENT_SAFETY_KEY="key-of-the-resource")
    resource.answers_with(severities(SelfHarm=3))
    with worker.account().http() as http:
        answered = http.post(ANALYZE, json=sent(poster("Have a nice day\nat the beach")))

    assert [received.body["text"] for received in resource.received if received.body] == ["Have a nice day at the beach"]
    assert [entry["severity"] for entry in answered.json()["categoriesAnalysis"]] == [0, 2, 0, 0]
    assert answered.headers["x-moderato-engine"] == "built-in"
    assert answered.headers["x-moderato-text-engine"].startswith("azure-content-safety ")
