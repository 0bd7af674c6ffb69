"""Answers the published predict calls with the model beside this file. Standard library, Pillow, OpenCV, onnxruntime."""
from __future__ import annotations

import io
import json
import os
import urllib.request
from datetime import UTC, datetime
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
from PIL import Image, ImageOps

FOLDER = Path(__file__).parent
SIDE = 224
LIMIT_BYTES = 6 * 1024 * 1024
LIMIT_PIXELS = 7200 * 7200
FETCH_SECONDS = 15


class BadRequest(Exception):
    pass


class Classifier:
    def __init__(self) -> None:
        self.tags = json.loads((FOLDER / "tags.json").read_text("utf-8"))
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(str(FOLDER / "model.onnx"), options, providers=["CPUExecutionProvider"])

    def predictions(self, content: bytes) -> list[dict[str, object]]:
        (probabilities,) = self.session.run(["probabilities"], {"image": prepared(content)[np.newaxis]})[0]
        scores = sorted(zip(self.tags, probabilities.tolist(), strict=True), key=lambda score: -score[1])
        return [{"probability": probability, "tagId": tag_id, "tagName": name} for (tag_id, name), probability in scores]


def prepared(content: bytes) -> np.ndarray:
    try:
        image = Image.open(io.BytesIO(content))
        if image.width * image.height > LIMIT_PIXELS:
            raise BadRequest("BadRequestImageDimensions", "The picture has too many pixels.")
        image = ImageOps.exif_transpose(image)
        if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
            image = image.convert("RGBA")
            white = Image.new("RGBA", image.size, "white")
            image = Image.alpha_composite(white, image)
        pixels = np.asarray(image.convert("RGB"))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise BadRequest("BadRequestImageFormat", "The body is not a picture that can be read.") from None
    method = cv2.INTER_AREA if min(pixels.shape[:2]) > SIDE else cv2.INTER_LINEAR
    return cv2.resize(pixels, (SIDE, SIDE), interpolation=method).astype(np.float32) / 255


def sent(content_type: str, body: bytes) -> bytes:
    """The picture of a request to /image."""
    if not content_type.lower().startswith("multipart/form-data"):
        return body
    form = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body)
    for part in form.iter_parts():
        if part.get_param("name", header="content-disposition") == "imageData":
            return part.get_payload(decode=True)
    raise BadRequest("BadRequestImageStream", "The form has no field imageData.")


def fetched(body: bytes) -> bytes:
    """The picture that a request to /url names."""
    try:
        url = {name.lower(): value for name, value in json.loads(body).items()}["url"]
        if not url.lower().startswith(("http://", "https://")):
            raise ValueError
        with urllib.request.urlopen(url, timeout=FETCH_SECONDS) as answer:
            content = answer.read(LIMIT_BYTES + 1)
    except (OSError, ValueError, KeyError, AttributeError):
        raise BadRequest("BadRequestImageUrl", "The URL names no picture that can be fetched.") from None
    return content


class Handler(BaseHTTPRequestHandler):
    classifier: Classifier

    def do_GET(self) -> None:
        if self.path == "/":
            self.answer(200, {"status": "ready"})
        else:
            self.answer(404, {"code": "NotFound", "message": "Not found."})

    def do_POST(self) -> None:
        parts = [part for part in self.path.partition("?")[0].lower().split("/") if part and part != "nostore"]
        source = parts[-1] if parts else ""
        try:
            size = int(self.headers.get("Content-Length") or 0)
            if size > 2 * LIMIT_BYTES:
                raise BadRequest("BadRequestImageSizeBytes", f"The picture may have {LIMIT_BYTES} bytes.")
            body = self.rfile.read(size)
            if source not in ("image", "url") or "detect" in parts:
                self.answer(404, {"code": "NotFound", "message": "POST a picture to /image, or its address to /url."})
                return
            content = sent(self.headers.get("Content-Type", ""), body) if source == "image" else fetched(body)
            if len(content) > LIMIT_BYTES:
                raise BadRequest("BadRequestImageSizeBytes", f"The picture may have {LIMIT_BYTES} bytes.")
            self.answer(200, {"id": "", "project": "", "iteration": "", "created": datetime.now(UTC).isoformat(),
                              "predictions": self.classifier.predictions(content)})
        except BadRequest as error:
            code, message = error.args
            self.answer(400, {"code": code, "message": message})

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
    Handler.classifier = Classifier()
    with ThreadingHTTPServer((os.environ.get("HOST", "0.0.0.0"), int(os.environ.get("PORT", "8080"))), Handler) as server:
        server.serve_forever()
