"""The exported server, run as a process of its own, beside the service's own answers."""
from __future__ import annotations

import http.client
import io
import json
import os
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx
import numpy as np
import pytest
from PIL import Image

from shared.classifiers.learning.heads import Likelihood
from shared.classifiers.model_files import Model
from shared.classifiers.onnx_export import docker_zip
from tests.pictures import encoded, pixels
from tests.unit.classifiers.exported import answer_of, model_of, onnx_file

LIMIT_BYTES = 6 * 1024 * 1024


@pytest.fixture(scope="module")
def model() -> Model:
    return model_of(Likelihood.SIGMOID)


@pytest.fixture(scope="module")
def server(model: Model, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of what was unpacked from the zip and started as its Dockerfile starts it."""
    folder = tmp_path_factory.mktemp("container")
    zipfile.ZipFile(io.BytesIO(docker_zip(model, onnx_file(model)))).extractall(folder)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen([sys.executable, "server.py"], cwd=folder, stdout=output, stderr=output,
                                   env={**environment, "PORT": str(port), "HOST": "127.0.0.1"})
    try:
        client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30)
        _wait_for(client, process, folder / "output")
        yield client
        assert (folder / "output").read_bytes() == b""  # no request is logged, and none ended with a traceback
    finally:
        process.terminate()
        process.wait(10)


def _wait_for(client: httpx.Client, process: subprocess.Popen, output: Path) -> None:
    ends_at = time.monotonic() + 60
    while True:
        try:
            client.get("/")
            return
        except httpx.TransportError:
            assert process.poll() is None and time.monotonic() < ends_at, output.read_text()
            time.sleep(0.1)


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    written = io.BytesIO()
    image.save(written, kind, **options)
    return written.getvalue()


def turned() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    return saved(Image.fromarray(pixels(21)), "JPEG", exif=exif)


def see_through() -> bytes:
    layers = np.dstack([pixels(22), np.tile(np.linspace(0, 255, 160).astype("uint8"), (128, 1))])
    return saved(Image.fromarray(layers, "RGBA"), "PNG")


def animated() -> bytes:
    frames = [Image.fromarray(pixels(number)).quantize(64) for number in (23, 24)]
    return saved(frames[0], "GIF", save_all=True, append_images=frames[1:])


PICTURES: dict[str, Callable[[], bytes]] = {
    "PNG": lambda: encoded(pixels(1)), "JPEG": lambda: encoded(pixels(2), "JPEG"), "BMP": lambda: encoded(pixels(3), "BMP"),
    "GIF": lambda: encoded(pixels(4), "GIF"), "large": lambda: encoded(pixels(5, 1301, 903), "JPEG"),
    "tiny": lambda: encoded(pixels(6, 1, 1)), "turned": turned, "see-through": see_through, "animated": animated,
    "grey": lambda: saved(Image.fromarray(pixels(7)).convert("L"), "PNG"),
    "inks": lambda: saved(Image.fromarray(pixels(8)).convert("CMYK"), "JPEG"),
    "16 bits": lambda: saved(Image.fromarray(pixels(9)[..., 0].astype("uint16") * 257), "PNG"),
}


@pytest.mark.parametrize("name", PICTURES)
def test_the_server_answers_as_the_service_does(server: httpx.Client, model: Model, name: str):
    content = PICTURES[name]()

    answer = server.post("/image", content=content, headers={"Content-Type": "application/octet-stream"})

    body = answer.json()
    assert answer.status_code == 200 and body.keys() == {"id", "project", "iteration", "created", "predictions"}
    probabilities = [each["probability"] for each in body["predictions"]]
    assert probabilities == sorted(probabilities, reverse=True)
    assert body["predictions"][0].keys() == {"probability", "tagId", "tagName", "boundingBox"}
    own = dict(zip([(tag.id, tag.name) for tag in model.tags], answer_of(model, content).tolist(), strict=True))
    assert {(each["tagId"], each["tagName"]): each["probability"] for each in body["predictions"]} == pytest.approx(own, abs=1e-4)


@pytest.mark.parametrize("path", [
    "/image", "/IMAGE?application=shop", "/image/nostore", "/5b1e2f3a-0000-4000-8000-000000000000/classify/iterations/first/image/nostore"])
def test_a_form_is_taken_under_each_published_path(server: httpx.Client, path: str):
    content = PICTURES["PNG"]()
    plain = server.post("/image", content=content).json()["predictions"]

    assert server.post(path, files={"imageData": ("a.png", content)}).json()["predictions"] == plain


def test_a_picture_is_fetched(server: httpx.Client, picture_address: str):
    plain = server.post("/image", content=PICTURES["PNG"]()).json()["predictions"]

    assert server.post("/url", json={"Url": picture_address}).json()["predictions"] == plain
    assert server.post("/url/nostore", json={"url": picture_address}).json()["predictions"] == plain


@pytest.fixture
def picture_address() -> Iterator[str]:
    content = PICTURES["PNG"]()

    class Sender(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *arguments: object) -> None:
            """Nothing."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Sender) as sender:
        Thread(target=sender.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{sender.server_address[1]}/picture"
        sender.shutdown()


def test_it_says_that_it_is_ready_and_knows_no_other_paths(server: httpx.Client):
    assert server.get("/").json() == {"status": "ready"}
    assert server.get("/model.onnx").status_code == 404
    for path in ("/", "/predict", "/project/detect/iterations/first/image"):
        assert server.post(path, content=b"x").status_code == 404


@pytest.mark.parametrize("content, code", [
    (b"", "BadRequestImageFormat"), (b"no picture", "BadRequestImageFormat"), (encoded(pixels(1), "TIFF"), "BadRequestImageFormat"),
    (encoded(pixels(1))[:-300], "BadRequestImageFormat"), (encoded(pixels(1, 260, 10)), "BadRequestImageAspectRatio"),
    (saved(Image.new("1", (7201, 7200)), "PNG"), "BadRequestImageDimensions")], ids=["nothing", "text", "TIFF", "cut", "thin", "huge"])
def test_what_is_no_such_picture_is_refused(server: httpx.Client, content: bytes, code: str):
    refused = server.post("/image", content=content)

    assert (refused.status_code, refused.json()["code"]) == (400, code)


def test_both_sides_of_the_size_limit(server: httpx.Client):
    content = encoded(pixels(1))

    assert server.post("/image", content=content + bytes(LIMIT_BYTES - len(content))).status_code == 200
    over = server.post("/image", content=content + bytes(LIMIT_BYTES - len(content) + 1))
    assert (over.status_code, over.json()["code"]) == (400, "BadRequestImageSizeBytes")


@pytest.mark.parametrize("length", ["999999999999999999999", str(LIMIT_BYTES + 64 * 1024 + 1), "-1", "many", None])
def test_a_body_is_refused_by_its_length_before_it_is_read(server: httpx.Client, length: str | None):
    connection = http.client.HTTPConnection(server.base_url.host, server.base_url.port, timeout=10)
    connection.putrequest("POST", "/image")
    if length is not None:
        connection.putheader("Content-Length", length)
    connection.endheaders()

    answer = connection.getresponse()

    assert answer.status == 400 and json.loads(answer.read())["code"].startswith("BadRequestImage")
    connection.close()


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"url": 3}', b'{"url": "file:///etc/hosts"}', b'{"url": "http://"}',
                                  b'{"url": "http://127.0.0.1:1/"}', b'{"url": "http://a b/"}', b"[" * 50_000])
def test_an_address_that_gives_no_picture_is_refused(server: httpx.Client, body: bytes):
    refused = server.post("/url", content=body, headers={"Content-Type": "application/json"})

    assert (refused.status_code, refused.json()["code"]) == (400, "BadRequestImageUrl")


@pytest.mark.parametrize("content_type", ["multipart/form-data", "multipart/form-data; boundary=x", "multipart/form-data; boundary="])
def test_a_form_without_a_picture_is_refused(server: httpx.Client, content_type: str):
    refused = server.post("/image", content=b"--x\r\n\r\n--x--", headers={"Content-Type": content_type})

    assert (refused.status_code, refused.json()["code"]) == (400, "BadRequestImageStream")
