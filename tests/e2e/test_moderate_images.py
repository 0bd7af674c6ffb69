"""Evaluate, OCR, FindFaces and Match through the official client; and of CacheImage what is kept, and otherwise that nothing is."""
from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import matplotlib
import pytest
from azure.cognitiveservices.vision.contentmoderator.models import APIErrorException
from PIL import Image, ImageDraw, ImageFont

from dev.azurite import Azurite
from tests.e2e.conftest import ServedAccount
from tests.e2e.storage_scan import is_in, places_of
from tests.picture_server import NETWORK, serving
from tests.pictures import encoded, pixels

FACE = (Path(__file__).parents[1] / "data" / "face.jpg").read_bytes()
JSON = "application/json"
CANARY = "KOHLRABI 7731 IN A LENTIL SOUP"
_FONT = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"


def written(*lines: str, image_format: str = "PNG") -> bytes:
    """A picture of lines of text, which is also among what the file holds besides its pixels."""
    image = Image.new("RGB", (700, 40 + 60 * len(lines) + 60), "white")
    for place, line in enumerate(lines):
        ImageDraw.Draw(image).text((30, 30 + 60 * place), line, "black", ImageFont.truetype(str(_FONT), 32))
    file = io.BytesIO()
    image.save(file, image_format, **({"comment": "\n".join(lines).encode()} if image_format == "JPEG" else {}))
    return file.getvalue()


PICTURES = {"face.jpg": FACE, "text.png": written("Turnips and leeks", "from the garden"), "other.png": encoded(pixels(1))}


@pytest.fixture(scope="module")
def storage() -> Iterator[Azurite]:
    """An emulator of these tests alone, so that what other tests keep need not be searched."""
    with Azurite.in_memory() as running:
        yield running


@pytest.fixture(scope="module")
def worker_of_images(start_worker, storage: Azurite):
    """A worker that logs all it ever could, and fetches from the server of pictures."""
    return start_worker("--log-level", "debug", STORAGE_CONNECTION_STRING=storage.connection_string,
                        AzureWebJobsStorage=storage.connection_string, FETCH_ALLOWED_NETWORKS=NETWORK)


@pytest.fixture
def account(worker_of_images) -> ServedAccount:
    return worker_of_images.account()


@pytest.fixture
def images(account: ServedAccount):
    return account.content_moderator().image_moderation


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving(PICTURES) as served_at:
        yield served_at


def stream(name: str) -> io.BytesIO:
    return io.BytesIO(PICTURES[name])


def test_evaluate_has_two_scores_and_what_they_mean(images, address):
    for answer in (images.evaluate_file_input(stream("other.png")),
                   images.evaluate_url_input(JSON, data_representation="URL", value=f"{address}/other.png")):
        assert 0 <= answer.adult_classification_score <= 1 and 0 <= answer.racy_classification_score <= 1
        assert answer.is_image_adult_classified is (answer.adult_classification_score >= 0.48)
        assert answer.is_image_racy_classified is (answer.racy_classification_score >= 0.32)
        assert answer.result is (answer.is_image_adult_classified or answer.is_image_racy_classified)
        assert (answer.status.code, answer.status.description, answer.cache_id) == (3000, "OK", None)
        assert answer.tracking_id
    sizes = {pair.key: pair.value for pair in answer.advanced_info}
    assert sizes["ImageSizeInBytes"] == str(len(PICTURES["other.png"])) and sizes["ImageDownloadTimeInMs"].isdigit()


def test_ocr_reads_lines_in_order(images, address):
    for answer in (images.ocr_file_input("eng", stream("text.png")),
                   images.ocr_url_input("eng", JSON, data_representation="URL", value=f"{address}/text.png")):
        assert (answer.language, answer.text, answer.candidates) == ("eng", "Turnips and leeks \r\nfrom the garden \r\n", [])
    enhanced = images.ocr_file_input("eng", stream("text.png"), enhanced=True, cache_image=True)
    assert [candidate.text for candidate in enhanced.candidates] == ["Turnips and leeks", "from the garden"]
    assert all(candidate.confidence > 0.9 for candidate in enhanced.candidates) and enhanced.cache_id


def test_find_faces_says_where_they_are(images, address):
    for answer in (images.find_faces_file_input(stream("face.jpg")),
                   images.find_faces_url_input(JSON, data_representation="URL", value=f"{address}/face.jpg")):
        (face,) = answer.faces
        assert (answer.result, answer.count) == (True, 1)
        assert 20 < face.left < 90 < face.right < 170 and 20 < face.top < 90 < face.bottom < 170
    none = images.find_faces_file_input(stream("text.png"))
    assert (none.result, none.count, none.faces) == (False, 0, [])


def test_match_of_a_url(images, address):
    answer = images.match_url_input(JSON, data_representation="URL", value=f"{address}/other.png")
    assert (answer.is_match, answer.matches, answer.status.code, answer.cache_id) == (False, [], 3000, None)


@pytest.mark.parametrize("method", ["evaluate_method", "find_faces", "match_method", "ocr_method"])
def test_a_call_without_a_picture_is_400(images, method):
    with pytest.raises(APIErrorException) as raised:
        getattr(images, method)(*(["eng"] if method == "ocr_method" else []))
    assert raised.value.response.status_code == 400 and raised.value.error.error.code == "BadRequest"


def test_a_small_picture_is_refused_in_the_words_of_the_live_service(images):
    with pytest.raises(APIErrorException) as raised:
        images.evaluate_file_input(io.BytesIO(encoded(pixels(1, 326, 112))))
    body = raised.value.response.json()
    assert (body["Message"], body["Errors"][0]["Title"]) == ("Image Size Error", "Image Size Error")


def test_a_cached_image_is_seen_used_and_deleted_by_its_account_alone(account, images, worker_of_images):
    cache_id = images.evaluate_file_input(stream("face.jpg"), cache_image=True).cache_id

    with account.http() as http, worker_of_images.account().http() as other:
        (listed,) = http.get("/accounts/me/cachedImages").json()["value"]
        assert (listed["id"], listed["mediaType"], listed["sizeBytes"]) == (cache_id, "image/jpeg", len(FACE))
        answer = http.get(f"/accounts/me/cachedImages/{cache_id}")
        assert (answer.content, answer.headers["Content-Type"]) == (FACE, "image/jpeg")
        assert images.find_faces_url_input(JSON, data_representation="CacheID", value=cache_id).count == 1
        assert other.get(f"/accounts/me/cachedImages/{cache_id}").status_code == 404
        assert http.delete(f"/accounts/me/cachedImages/{cache_id}").status_code == 204
        assert http.get(f"/accounts/me/cachedImages/{cache_id}").status_code == 404
    with pytest.raises(APIErrorException) as raised:
        images.find_faces_url_input(JSON, data_representation="CacheID", value=cache_id)
    assert raised.value.response.status_code == 404


def test_nothing_of_a_picture_is_kept_or_logged(account, worker_of_images, storage):
    content = written(CANARY, image_format="JPEG")
    with account.http() as http, serving({f"{CANARY.replace(' ', '')}.jpg": content}) as served_at:
        statuses = set()
        for operation in ("Evaluate", "OCR?language=eng&enhanced=true", "FindFaces", "Match"):
            path = f"/contentmoderator/moderate/v1.0/ProcessImage/{operation}"
            for body, content_type in ((content, "image/jpeg"), (content[:-1000], "image/jpeg"), (CANARY.encode() * 50, "image/png"),
                                       (CANARY.encode(), JSON)):
                statuses.add(http.post(path, content=body, headers={"Content-Type": content_type}).status_code)
            for url in (f"{served_at}/{CANARY.replace(' ', '')}.jpg?sig={CANARY}", f"http://10.0.0.1/{CANARY}", CANARY):
                statuses.add(http.post(path, json={"DataRepresentation": "URL", "Value": url}).status_code)
            for reference in ({"DataRepresentation": "CacheID", "Value": CANARY}, {"DataRepresentation": CANARY, "Value": "x"}):
                statuses.add(http.post(path, json=reference).status_code)
        assert CANARY.split()[0] in http.post(
            "/contentmoderator/moderate/v1.0/ProcessImage/OCR", content=content, headers={"Content-Type": "image/jpeg"}).json()["Text"]
    assert statuses == {200, 400, 404}

    log = worker_of_images.log_path.read_bytes()
    for needle in (CANARY, CANARY.replace(" ", ""), "KOHLRABI"):
        assert not is_in(log, needle)
        assert places_of(needle, storage.connection_string) == []
