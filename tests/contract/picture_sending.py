"""A request of a golden example with another picture in it, in the way by which the operation takes one."""
from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from shared.http.operation import ImageBody
from tests.contract.archived_pictures import with_pictures
from tests.contract.picture_ways import ADDRESS, Form, Way, is_encoded_picture

_BOUNDARY = "hostile-or-not"
_BYTES = "application/octet-stream"


@dataclass(frozen=True)
class Sent:
    """`request` is that of the example, for its path, its query and its further headers."""

    request: Mapping[str, Any]
    content: bytes
    content_type: str


def sent(way: Way, filled: Callable[[Any], Any], picture: bytes, address: str, cache_id: str = "") -> Sent:
    """The picture lies at the address and under the cache id too. `filled` puts kept values into their places."""
    request = way.example["request"]
    if way.form is Form.BYTES:
        return Sent(request, picture, _BYTES)
    if way.form is Form.CACHED:
        return Sent({**request, "query": {**request.get("query", {}), "CacheImage": "true"}}, picture, _BYTES)
    if way.form is Form.PARTS:
        return Sent(request, _form(picture, min(way.operation.body.most_parts, 2)), f"multipart/form-data; boundary={_BOUNDARY}")
    if way.form is Form.ARCHIVE:
        content_type = request.get("headers", {}).get("Content-Type", way.operation.media_types[0])
        return Sent(request, with_pictures(base64.b64decode(request["content"]), picture), content_type)
    if issubclass(way.operation.body, ImageBody):
        kind, value = ("CacheID", cache_id) if way.form is Form.CACHE_ID else ("URL", address)
        body: Any = {"DataRepresentation": kind, "Value": value}
    else:
        body = filled(_replaced(request["body"], base64.b64encode(picture).decode(), address))
    return Sent(request, json.dumps(body).encode(), "application/json")


def _form(picture: bytes, parts: int) -> bytes:
    """Two pictures of a form are decoded side by side."""
    part = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="imageData"; filename="a"\r\n\r\n'.encode() + picture + b"\r\n"
    return part * parts + f"--{_BOUNDARY}--\r\n".encode()


def _replaced(value: Any, encoded: str, address: str) -> Any:
    if isinstance(value, Mapping):
        return {name: _replaced(part, encoded, address) for name, part in value.items()}
    if isinstance(value, list):
        return [_replaced(part, encoded, address) for part in value]
    return address if value == ADDRESS else encoded if is_encoded_picture(value) else value
