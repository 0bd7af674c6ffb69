"""Texts as bodies: charsets, limits, and what is said of those that are none."""
from __future__ import annotations

from collections.abc import Mapping

import azure.functions as func
import pytest
from pydantic import BaseModel

from shared.errors import InvalidRequest, PayloadTooLarge, ServiceError, UnsupportedMediaType
from shared.http.bodies import MOST_JSON_MARKS, read_json, read_text
from shared.http.operation import Api, Auth, Call, Operation, Rendered, TextBody

LONGEST, LIMIT_BYTES = 10, 64


class ShortText(TextBody):
    longest = LONGEST


def _operation() -> Operation:
    api = Api("things", prefix="things", render_error=lambda error, request_id: Rendered(error.status, {}))

    @api.operation("POST", "read", auth=Auth.PUBLIC, media_types=("text/plain", "text/html"), body_limit_bytes=LIMIT_BYTES)
    def read(call: Call, body: ShortText) -> None:
        """Read a text."""
    return api.operations[0]


def read_body(content: bytes, content_type: str | None = "text/plain") -> TextBody:
    headers: Mapping[str, str] = {} if content_type is None else {"Content-Type": content_type}
    request = func.HttpRequest(method="POST", url="https://x.example/things/read", headers=headers, body=content)
    return read_text(_operation(), ShortText, request)


@pytest.mark.parametrize(("charset", "codec"), [
    ("utf-8", "utf-8"), ("UTF-8", "utf-8"), ("utf8", "utf-8"), ('"utf-8"', "utf-8"), ("utf-8", "utf-8-sig"), ("utf-16", "utf-16"),
    ("utf-16", "utf-16-le"), ("utf-16le", "utf-16-le"), ("UTF-16BE", "utf-16-be"), ("iso-8859-1", "latin-1"), ("latin1", "latin-1"),
    ("windows-1252", "cp1252"), ("iso-8859-1", "ascii"), ("us-ascii", "ascii")])
def test_a_text_is_read_in_its_charset(charset: str, codec: str):
    text = "leek" if codec == "ascii" else "Möhre"

    body = read_body(text.encode(codec), f"text/html; charset={charset}")

    assert (body.text, body.media_type) == (text, "text/html")


def test_without_a_content_type_it_is_plain_text_in_utf_8():
    for content_type in (None, "", "text/plain"):
        body = read_body("Möhre 🥕".encode(), content_type)
        assert (body.text, body.media_type) == ("Möhre 🥕", "text/plain")


@pytest.mark.parametrize("letter", ["x", "é", "蕪", "🥕", "\u0301", "\x00"])
def test_the_limit_counts_code_points_and_stands_on_both_sides(letter: str):
    assert read_body((letter * LONGEST).encode()).text == letter * LONGEST
    with pytest.raises(InvalidRequest, match=str(LONGEST)):
        read_body((letter * (LONGEST + 1)).encode())


def test_a_byte_order_mark_is_no_part_of_the_text():
    assert read_body(("\ufeff" + "x" * LONGEST).encode()).text == "x" * LONGEST
    for codec in ("utf-16-le", "utf-16-be"):
        assert read_body("\ufeff\ufeffx".encode(codec), f"text/plain; charset={codec.replace('16-', '16')}").text == "\ufeffx"
    with pytest.raises(InvalidRequest, match="empty"):
        read_body("\ufeff".encode())


@pytest.mark.parametrize(("content", "content_type", "error"), [
    (b"", "text/plain", InvalidRequest), (b"\xff\xfe", "text/plain", InvalidRequest), (b"caf\xe9", "text/plain", InvalidRequest),
    (b"\xed\xa0\x80", "text/plain", InvalidRequest), (b"\xc0\xaf", "text/plain", InvalidRequest), (b"x",
    "text/plain; charset=utf-16", InvalidRequest),
    (b"\x00\xd8", "text/plain; charset=utf-16le", InvalidRequest), (b"\xe9", "text/plain; charset=us-ascii", InvalidRequest),
    (b"\x81", "text/plain; charset=windows-1252", InvalidRequest), (b"x", "text/plain; charset=utf-7", UnsupportedMediaType),
    (b"x", "text/plain; charset=utf-32", UnsupportedMediaType), (b"x", "text/plain; charset=base64", UnsupportedMediaType),
    (b"x", "application/json", UnsupportedMediaType), (b"x", "text/rtf", UnsupportedMediaType), (b"x" * (LIMIT_BYTES + 1),
    "text/plain", PayloadTooLarge)])
def test_what_is_no_text_is_refused_without_being_repeated(content: bytes, content_type: str, error: type[ServiceError]):
    with pytest.raises(error) as refused:
        read_body(content, content_type)
    assert "caf" not in refused.value.message
    assert refused.value.__cause__ is None


class Numbers(BaseModel):
    numbers: list[int]


def test_json_of_too_many_values_is_refused_before_it_is_parsed():
    api = Api("numbers", prefix="numbers", render_error=lambda error, request_id: Rendered(error.status, {}))

    @api.operation("POST", "read", auth=Auth.PUBLIC)
    def read(call: Call, body: Numbers) -> None:
        """Read numbers."""

    def count(numbers: int) -> int:
        content = b'{"numbers":[' + b",".join([b"1"] * numbers) + b"]}"
        request = func.HttpRequest(method="POST", url="https://x.example/numbers/read", headers={}, body=content)
        return len(read_json(api.operations[0], Numbers, request).numbers)
    most = MOST_JSON_MARKS - 1  # two brackets, and a comma less than numbers
    assert count(most) == most
    with pytest.raises(InvalidRequest, match="commas and opening brackets"):
        count(most + 1)
