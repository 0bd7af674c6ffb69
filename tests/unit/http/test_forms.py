"""Forms become models: repeated fields, files, line ends, and what is no form."""
from __future__ import annotations

import pytest

from shared.errors import InvalidRequest, UnsupportedMediaType
from shared.http.cookies import session_cookie, session_token
from shared.http.forms import MOST_FIELDS, read_form
from shared.http.operation import Auth, Call, FormBody
from tests.unit.http.things import new_api

URL_ENCODED = {"Content-Type": "application/x-www-form-urlencoded"}


class ThingForm(FormBody):
    name: str = ""
    tags: list[str] = []
    picture: bytes = b""


def read(request_of, body: bytes, headers: dict[str, str]) -> ThingForm:
    api = new_api()

    @api.operation("POST", "form", auth=Auth.PUBLIC)
    def post_form(call: Call, body: ThingForm) -> None:
        """A form."""
    return read_form(api.operations[0], ThingForm, request_of(body, headers=headers))


def test_a_list_takes_every_value_of_its_name_and_another_field_takes_one(request_of):
    form = read(request_of, b"name=a%0D%0Ab+c&tags=x&tags=%C3%A9", URL_ENCODED)

    assert (form.name, form.tags) == ("a\nb c", ["x", "é"])
    assert read(request_of, b"tags=x", URL_ENCODED).tags == ["x"]
    with pytest.raises(InvalidRequest):
        read(request_of, b"name=a&name=b", URL_ENCODED)


@pytest.mark.parametrize("body", [b"name=%ff", b"canary=1", b"&".join([b"tags=x"] * (MOST_FIELDS + 1)), b"name=\xff"])
def test_what_is_no_form_is_refused_and_not_repeated(request_of, body):
    with pytest.raises(InvalidRequest) as refused:
        read(request_of, body, URL_ENCODED)
    assert "canary" not in refused.value.message
    with pytest.raises(UnsupportedMediaType):
        read(request_of, body, {"Content-Type": "application/json"})


def test_a_file_is_taken_as_its_bytes(request_of):
    body = (b'--x\r\nContent-Disposition: form-data; name="name"\r\n\r\nleek\r\n'
            b'--x\r\nContent-Disposition: form-data; name="picture"; filename="a"\r\n\r\n\x00\r\n\xff\r\n--x--\r\n')
    form = read(request_of, body, {"Content-Type": "multipart/form-data; boundary=x"})

    assert (form.name, form.picture) == ("leek", b"\x00\r\n\xff")


@pytest.mark.parametrize(("endpoint", "is_secure"), [
    ("http://127.0.0.1:7071", False), ("http://localhost", False), ("http://[::1]:1", False),
    ("https://localhost.example", True), ("http://10.0.0.1", True), ("https://moderato.example", True)])
def test_a_cookie_is_secure_off_loopback(endpoint, is_secure):
    cookie = session_cookie(endpoint, "token")

    assert ("Secure" in cookie) == cookie.startswith("__Host-") == is_secure
    assert session_token({"Cookie": f"a=b; {cookie.partition(';')[0]}"}, endpoint) == "token"
    assert session_token({"Cookie": "moderato-session=planted"}, "https://moderato.example") == ""
