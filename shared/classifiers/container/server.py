"""Answers the published predict calls with the model beside this file. Standard library, Pillow, OpenCV, onnxruntime."""
from __future__ import annotations

import io
import json
import os
import threading
import urllib.request
from datetime import UTC, datetime
from email.parser import BytesParser
from email.policy import HTTP
from http.client import HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import onnxruntime
from colours import UNKNOWN_RANGE, upright_rgb
from PIL import Image
from scaling import scaled

FOLDER = Path(__file__).parent
FORMATS = ("BMP", "GIF", "JPEG", "PNG")
LIMIT_BYTES = 6 * 1024 * 1024
LIMIT_BODY_BYTES = LIMIT_BYTES + 64 * 1024
"""A form has some lines around the picture."""
LIMIT_PIXELS = 7200 * 7200
LIMIT_SIDE_RATIO = 25
ORIENTATION = 0x0112
AT_ONCE = 4
"""Pictures that are decoded at the same time: what they take in memory adds up."""
SECONDS = 15


class BadRequest(Exception):
    """The published code, and a sentence."""


class Classifier:
    def __init__(self) -> None:
        self.tags = json.loads((FOLDER / "tags.json").read_text("utf-8"))
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(str(FOLDER / "model.onnx"), options, providers=["CPUExecutionProvider"])
        self.turns = threading.BoundedSemaphore(AT_ONCE)

    def predictions(self, content: bytes) -> list[dict[str, object]]:
        """From the likeliest tag to the least likely. Raises BadRequest."""
        with self.turns:
            image = scaled(pixels_of(content))[np.newaxis]
            (probabilities,) = self.session.run(["probabilities"], {"image": image})[0]
        scores = sorted(zip(self.tags, probabilities.tolist(), strict=True), key=lambda score: -score[1])
        return [{"probability": probability, "tagId": tag_id, "tagName": name, "boundingBox": None}
                for (tag_id, name), probability in scores]


def pixels_of(content: bytes) -> np.ndarray:
    """uint8 RGB [height, width, 3], upright, on white, of an animation the first frame. Raises BadRequest."""
    if len(content) > LIMIT_BYTES:
        raise BadRequest("BadRequestImageSizeBytes", f"The picture may have {LIMIT_BYTES} bytes.")
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            if image.width * image.height > LIMIT_PIXELS:
                raise BadRequest("BadRequestImageDimensions", f"The picture may have {LIMIT_PIXELS} pixels.")
            if max(image.size) > LIMIT_SIDE_RATIO * min(image.size):
                raise BadRequest("BadRequestImageAspectRatio", f"The longer side may have {LIMIT_SIDE_RATIO} times the shorter one.")
            if image.mode in UNKNOWN_RANGE:
                raise ValueError
            image.load()
            orientation = image.getexif().get(ORIENTATION, 1) if image.format in ("JPEG", "PNG") else 1
            return upright_rgb(image, orientation if orientation in range(1, 9) else 1)
    except (OSError, ValueError, SyntaxError, LookupError, TypeError, ArithmeticError, EOFError, MemoryError, RuntimeError,
            AttributeError, AssertionError, Image.DecompressionBombError):  # what Pillow raises for broken files
        raise BadRequest("BadRequestImageFormat", "The body is not a picture that can be read: JPEG, PNG, GIF or BMP.") from None


def sent(content_type: str, body: bytes) -> bytes:
    """The picture of a request to /image. Raises BadRequest."""
    if not content_type.lower().startswith("multipart/form-data"):
        return body
    form = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + content_type.encode("latin-1") + b"\r\n\r\n" + body)
    for part in form.iter_parts():
        if part.get_param("name", header="content-disposition") == "imageData":
            return part.get_payload(decode=True) or b""
    raise BadRequest("BadRequestImageStream", "The form has no field imageData.")


def fetched(body: bytes) -> bytes:
    """The picture that a request to /url names. Raises BadRequest."""
    try:
        url = {name.lower(): value for name, value in json.loads(body).items()}["url"]
        if not url.lower().startswith(("http://", "https://")):
            raise ValueError
        with urllib.request.urlopen(url, timeout=SECONDS) as answer:
            return answer.read(LIMIT_BYTES + 1)
    except (OSError, ValueError, KeyError, AttributeError, RecursionError, HTTPException):
        raise BadRequest("BadRequestImageUrl", "The URL names no picture that can be fetched.") from None


class Handler(BaseHTTPRequestHandler):
    classifier: Classifier
    timeout = SECONDS

    def do_GET(self) -> None:
        if self.path == "/":
            self.answer(200, {"status": "ready"})
        else:
            self.answer(404, {"code": "NotFound", "message": "Not found."})

    def do_POST(self) -> None:
        parts = [part for part in self.path.partition("?")[0].lower().split("/") if part and part != "nostore"]
        source = parts[-1] if parts else ""
        if source not in ("image", "url") or "detect" in parts:
            self.answer(404, {"code": "NotFound", "message": "POST a picture to /image, or its address to /url."})
            return
        try:
            body = self.body()
            content = sent(self.headers.get("Content-Type", ""), body) if source == "image" else fetched(body)
            self.answer(200, {"id": "", "project": "", "iteration": "", "created": datetime.now(UTC).isoformat(),
                              "predictions": self.classifier.predictions(content)})
        except BadRequest as error:
            code, message = error.args
            self.answer(400, {"code": code, "message": message})

    def body(self) -> bytes:
        """Raises BadRequest."""
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()):
            raise BadRequest("BadRequestImageStream", "The request must say its Content-Length.")
        if len(length) > 12 or int(length) > LIMIT_BODY_BYTES:
            raise BadRequest("BadRequestImageSizeBytes", f"The picture may have {LIMIT_BYTES} bytes.")
        return self.rfile.read(int(length))

    def answer(self, status: int, body: dict[str, object]) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *arguments: object) -> None:
        """Nothing of a request is logged."""


if __name__ == "__main__":
    Image.MAX_IMAGE_PIXELS = None  # the limit above counts
    Handler.classifier = Classifier()
    with ThreadingHTTPServer((os.environ.get("HOST", "0.0.0.0"), int(os.environ.get("PORT", "8080"))), Handler) as server:
        server.serve_forever()
