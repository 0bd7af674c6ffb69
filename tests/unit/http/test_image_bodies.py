"""Pictures as bodies: bytes under any content type, where they lie as JSON, and the parts of a form."""
from __future__ import annotations

import json

import azure.functions as func
import pytest

from shared.errors import InvalidRequest, PayloadTooLarge, UnsupportedMediaType
from shared.http.image_bodies import LONGEST_URL, read_image, read_parts
from shared.http.multipart import TooManyParts
from shared.http.openapi import openapi_document
from shared.http.operation import Api, Auth, Call, ImageBody, ImageParts
from tests.unit.http.things import new_api

LIMIT_BYTES = 64 * 1024
PICTURE = b"GIF89a\x00\xff\r\n--\r\n\x00"
URL = "https://pictures.example/a.png?sig=wheelbarrow-7731"


class OnePicture(ImageBody):
    pass


class FewPictures(ImageParts):
    most_parts = 3


def _api() -> Api:
    api = new_api()

    @api.operation("POST", "one", auth=Auth.PUBLIC, body_limit_bytes=LIMIT_BYTES)
    def take_one(call: Call, body: OnePicture) -> None:
        """Take a picture."""

    @api.operation("POST", "few", auth=Auth.PUBLIC, body_limit_bytes=LIMIT_BYTES)
    def take_few(call: Call, body: FewPictures) -> None:
        """Take pictures."""
    return api


def request_of(content: bytes, content_type: str | None) -> func.HttpRequest:
    headers = {} if content_type is None else {"Content-Type": content_type}
    return func.HttpRequest(method="POST", url="https://x.example/things/one", headers=headers, body=content)


def image_of(content: bytes, content_type: str | None = "image/gif") -> ImageBody:
    return read_image(_api().operations[0], OnePicture, request_of(content, content_type))


def parts_of(content: bytes, content_type: str | None) -> tuple[bytes, ...]:
    return read_parts(_api().operations[1], FewPictures, request_of(content, content_type)).parts


def form_of(*parts: tuple[str, bytes], boundary: str = "b", line_break: bytes = b"\r\n") -> tuple[bytes, str]:
    """Each part as its header lines and its content."""
    lines = [line for head, content in parts for line in (b"--" + boundary.encode(), head.encode(), b"", content)]
    return line_break.join([*lines, b"--" + boundary.encode() + b"--", b""]), f"multipart/form-data; boundary={boundary}"


DEEP = b'{"DataRepresentation":' * 500 + b"1" + b"}" * 500
NAMED = 'Content-Disposition: form-data; name="imageData"'
WITH_FILE_NAME = NAMED + '; filename="a.png"\r\nContent-Type: image/png'


@pytest.mark.parametrize("content_type", [
    "image/gif", "image/png", "application/octet-stream", "text/plain; charset=utf-8", "multipart/form-data; boundary=x", "nonsense",
    "", None])
def test_bytes_are_a_picture_under_any_content_type(content_type: str | None):
    assert image_of(PICTURE, content_type) == OnePicture(content=PICTURE)


@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8", "Application/JSON;charset=UTF-8"])
@pytest.mark.parametrize(("names", "representation", "expected"), [
    (("DataRepresentation", "Value"), "URL", OnePicture(url=URL)),
    (("dataRepresentation", "value"), "URL", OnePicture(url=URL)),
    (("DataRepresentation", "Value"), "url", OnePicture(url=URL)),
    (("DataRepresentation", "Value"), "CacheID", OnePicture(cache_id=URL)),
    (("dataRepresentation", "value"), "CacheId", OnePicture(cache_id=URL))])
def test_json_says_where_a_picture_lies(content_type: str, names: tuple[str, str], representation: str, expected: ImageBody):
    body = json.dumps(dict(zip(names, (representation, URL), strict=True))).encode()

    assert image_of(body, content_type) == expected
    assert image_of(b"\xef\xbb\xbf" + body, content_type) == expected


@pytest.mark.parametrize("body", [
    b"{", b"[]", b"7", b"null", b'"x"', PICTURE, b"{}", b'{"DataRepresentation": "URL"}', b'{"Value": "x"}',
    b'{"DataRepresentation": "Inline", "Value": "wheelbarrow-7731"}', b'{"DataRepresentation": "URL", "Value": ""}',
    b'{"DataRepresentation": "URL", "Value": 7}', b'{"DataRepresentation": "URL", "Value": null}',
    b'{"DataRepresentation": ["URL"], "Value": "wheelbarrow-7731"}', DEEP], ids=lambda body: body[:60].hex())
def test_other_json_is_refused_without_being_repeated(body: bytes):
    with pytest.raises(InvalidRequest) as refused:
        image_of(body, "application/json")

    assert "wheelbarrow-7731" not in refused.value.message


def test_the_longest_url_is_taken_and_one_character_more_is_refused():
    def body(length: int) -> bytes:
        return json.dumps({"DataRepresentation": "URL", "Value": "x" * length}).encode()

    assert image_of(body(LONGEST_URL), "application/json").url == "x" * LONGEST_URL
    with pytest.raises(InvalidRequest):
        image_of(body(LONGEST_URL + 1), "application/json")


@pytest.mark.parametrize("content_type", ["image/gif", "application/json", None])
def test_an_empty_body_is_refused(content_type: str | None):
    with pytest.raises(InvalidRequest, match="empty"):
        image_of(b"", content_type)


def test_json_in_another_charset_is_415():
    with pytest.raises(UnsupportedMediaType):
        image_of(b"{}", "application/json; charset=utf-16")


def test_the_body_limit_stands_on_both_sides():
    assert image_of(b"x" * LIMIT_BYTES).content == b"x" * LIMIT_BYTES
    assert parts_of(b"x" * LIMIT_BYTES, "application/octet-stream") == (b"x" * LIMIT_BYTES,)
    for read, content_type in ((image_of, "image/gif"), (parts_of, "application/octet-stream")):
        with pytest.raises(PayloadTooLarge):
            read(b"x" * (LIMIT_BYTES + 1), content_type)


@pytest.mark.parametrize("content_type", ["application/octet-stream", "", None])
def test_bytes_are_one_part(content_type: str | None):
    assert parts_of(PICTURE, content_type) == (PICTURE,)


@pytest.mark.parametrize("head", [NAMED, WITH_FILE_NAME, NAMED + "\r\nContent-Type: text/plain; charset=utf-8",
                                  "Content-Disposition: form-data; name=imageData", NAMED + '; filename=""'])
def test_a_part_stays_bytes_with_and_without_file_name_and_content_type(head: str):
    assert parts_of(*form_of((head, PICTURE))) == (PICTURE,)


def test_parts_keep_their_order_and_other_fields_are_passed_over():
    form = form_of((NAMED, b"one"), ('Content-Disposition: form-data; name="tagIds"', b"x"), (WITH_FILE_NAME, b"two"), (NAMED, b"one"))

    assert parts_of(*form) == (b"one", b"two", b"one")


@pytest.mark.parametrize("boundary", ["-" * 27 + "8721656041911415653955004498", "a'()+_,-./:=?b", "x y"])
def test_a_boundary_may_be_quoted_and_have_any_characters(boundary: str):
    body, _ = form_of((NAMED, PICTURE), boundary=boundary)

    assert parts_of(body, f'multipart/form-data; charset=x; boundary="{boundary}"') == (PICTURE,)


def test_the_number_of_parts_stands_on_both_sides():
    assert len(parts_of(*form_of(*[(NAMED, PICTURE)] * 3))) == 3
    for number in (4, 100):
        with pytest.raises(TooManyParts, match="3 parts"):
            parts_of(*form_of(*[(NAMED, PICTURE)] * number))


@pytest.mark.parametrize(("body", "content_type"), [
    (b"", "multipart/form-data; boundary=b"),
    (b"x", "multipart/form-data"),
    (b"x", "multipart/form-data; boundary="),
    (b"x", "multipart/form-data; boundary=b"),
    (b"--b--\r\n", "multipart/form-data; boundary=b"),
    (b"--b\r\n\r\n" + PICTURE + b"\r\n--b--\r\n", "multipart/form-data; boundary=b"),
    (b"--b\r\n" + NAMED.encode() + b"\r\n\r\n" + PICTURE, "multipart/form-data; boundary=b"),
    (b"--b\r\n" + NAMED.encode() + b"\r\n\r\n\r\n--b--\r\n", "multipart/form-data; boundary=b"),
    (b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n", "multipart/form-data; boundary=b"),
    (b"--b\r\nContent-Disposition: form-data; name=\xff\r\n\r\nx\r\n--b--\r\n", "multipart/form-data; boundary=b"),
    (form_of(('Content-Disposition: form-data; name="file"', PICTURE))[0], "multipart/form-data; boundary=b")])
def test_a_form_that_is_broken_or_has_no_picture_is_refused(body: bytes, content_type: str):
    with pytest.raises(InvalidRequest):
        parts_of(body, content_type)


@pytest.mark.parametrize("content_type", ["application/json", "image/png", "text/plain", "multipart/mixed; boundary=b"])
def test_parts_of_another_content_type_are_415(content_type: str):
    with pytest.raises(UnsupportedMediaType):
        parts_of(PICTURE, content_type)


def test_both_are_documented():
    paths = openapi_document([_api()], "Things")["paths"]

    one = paths["/things/one"]["post"]["requestBody"]["content"]
    assert one["application/json"]["schema"]["required"] == ["DataRepresentation", "Value"]
    assert one["image/png"]["schema"] == one["application/octet-stream"]["schema"] == {}
    few = paths["/things/few"]["post"]["requestBody"]["content"]
    assert few["multipart/form-data"]["schema"]["properties"]["imageData"]["maxItems"] == 3
    assert few["application/octet-stream"]["schema"] == {}
