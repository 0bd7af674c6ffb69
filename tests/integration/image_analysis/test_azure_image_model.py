"""Pictures forwarded through the official client to a resource on loopback: what is sent, and what becomes of every answer."""
from __future__ import annotations

import base64
import io
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image

from shared.errors import QuotaExceeded, Unavailable
from shared.image_analysis.azure_model import LONGEST_SIDE_PX, MOST_BYTES, AzureImageModel, encoded
from shared.imaging.decoding import decode
from shared.imaging.models import ImageFormat, ImageLimits, Picture
from shared.storage.connections import pooled_transport
from shared.text_analysis.models import Category
from tests.azure_resource import Answer, Resource, serving_resource, severities
from tests.pictures import picture, pixels

KEY = "key-of-the-resource"
CANARY = "kohlrabiwithlentils"


@pytest.fixture(scope="module")
def resource() -> Iterator[Resource]:
    with serving_resource() as serving:
        yield serving


@pytest.fixture
def model(resource: Resource) -> AzureImageModel:
    resource.answers_with(severities())
    return AzureImageModel(resource.endpoint, KEY, read_timeout=0.5, transport=pooled_transport())


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def test_severities_are_those_of_the_resource_and_scores_follow_sexual(model, resource):
    resource.answers_with(severities(Hate=2, SelfHarm=4, Sexual=6, Violence=0))
    judged = model.judge(picture(1))

    assert judged.severities == {Category.HATE: 2, Category.SELF_HARM: 4, Category.SEXUAL: 6, Category.VIOLENCE: 0}
    assert (judged.sexual.adult, judged.sexual.racy) == (1, 1)


@pytest.mark.parametrize(("severity", "is_racy", "is_adult"), [(0, False, False), (2, True, False), (4, True, True), (6, True, True)])
def test_the_thresholds_of_content_moderator_fit_the_severities(model, resource, severity, is_racy, is_adult):
    resource.answers_with(severities(Sexual=severity))
    sexual = model.judge(picture(1)).sexual

    assert (sexual.racy >= 0.32, sexual.adult >= 0.48) == (is_racy, is_adult)


def test_picture_and_categories_are_all_that_is_sent(model, resource):
    model.judge(picture(1))

    (received,) = resource.received
    assert (received.method, received.path) == ("POST", "/contentsafety/image:analyze?api-version=2024-09-01")
    assert received.headers["Ocp-Apim-Subscription-Key"] == KEY
    assert received.body.keys() == {"image", "categories", "outputType"}
    assert received.body["outputType"] == "FourSeverityLevels"
    sent = opened(base64.b64decode(received.body["image"]["content"]))
    assert (sent.format, sent.size) == ("JPEG", (picture(1).width_px, picture(1).height_px))
    assert np.abs(np.asarray(sent).astype(int) - pixels(1)).mean() < 3


def test_nothing_that_a_file_holds_besides_its_pixels_is_sent(model, resource):
    whole = Image.fromarray(pixels(1))
    exif = whole.getexif()
    exif[0x010E], exif[0x013B] = CANARY, CANARY
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)
    file = io.BytesIO()
    whole.save(file, "JPEG", exif=exif, comment=CANARY.encode())
    assert CANARY.encode() in file.getvalue()
    model.judge(decode(file.getvalue(), ImageLimits(frozenset(ImageFormat), 10**7, 1, 7200)))

    sent = base64.b64decode(resource.received[0].body["image"]["content"])
    assert CANARY.encode() not in sent and b"Exif" not in sent
    assert not opened(sent).getexif() and "comment" not in opened(sent).info


@pytest.mark.parametrize(("size", "sent"), [
    ((50, 50), (50, 50)), ((20, 90), (50, 90)), ((2048, 300), (2048, 300)), ((4096, 600), (2048, 300)), ((7200, 50), (2048, 50))])
def test_a_picture_is_brought_to_a_size_that_the_resource_takes(size, sent):
    width, height = size

    assert opened(encoded(Picture(np.zeros((height, width, 3), np.uint8), ImageFormat.PNG, 1))).size == sent


def test_the_noisiest_picture_has_bytes_that_the_resource_takes():
    noise = np.random.default_rng(1).integers(0, 256, (LONGEST_SIDE_PX, LONGEST_SIDE_PX, 3), np.uint8)

    assert len(encoded(Picture(noise, ImageFormat.PNG, 1))) <= MOST_BYTES


def test_a_resource_that_is_asked_too_often_says_when_to_come_again(model, resource):
    resource.answers_with(Answer(429, headers={"Retry-After": "17"}))
    with pytest.raises(QuotaExceeded) as refusal:
        model.judge(picture(1))

    assert refusal.value.retry_after_seconds == 17
    assert "image engine" in refusal.value.message


@pytest.mark.parametrize("answer", [
    Answer(400, f'{{"error": {{"code": "{CANARY}"}}}}'), Answer(401), Answer(403), Answer(500), Answer(200, "{}"), Answer(200, "<p>"),
    Answer(200, '{"categoriesAnalysis": [{"category": "Hate", "severity": 2}]}'), Answer(breaks_off=True), Answer(after_seconds=1)],
    ids=["400", "401", "403", "500", "empty", "no JSON", "a category missing", "broken off", "late"])
def test_every_other_answer_makes_the_engine_unavailable_without_a_word_of_it(model, resource, caplog, answer):
    resource.answers_with(answer)
    with pytest.raises(Unavailable) as refusal:
        model.judge(picture(1))

    assert CANARY not in refusal.value.message + caplog.text


def test_the_check_analyzes_nothing(model, resource):
    model.check()
    assert [received.method for received in resource.received] == ["GET"]
    resource.answers_with(Answer(401))
    with pytest.raises(Unavailable):
        model.check()
