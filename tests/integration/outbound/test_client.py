"""The guarded client against servers that lie, drip, never end and lead elsewhere."""
from __future__ import annotations

import itertools
import logging
import socket
import threading
import traceback

import pytest

from shared.outbound.failures import NOT_REACHED, AddressRefused, FetchFailed
from tests.integration.outbound.fetching import INSIDE, LIMIT, PUBLIC, SECRET, Serve, client, failure_of, url_of
from tests.integration.outbound.servers import Names, answer, redirect


def test_a_picture_is_fetched(serve: Serve):
    server = serve(answer(b"picture"))

    fetched = client().fetch(url_of(server), LIMIT)

    assert fetched.content == b"picture"
    assert fetched.seconds >= 0
    head = server.requests[0].decode().splitlines()
    assert head[0] == f"GET /a.png?sig={SECRET} HTTP/1.1"
    assert sorted(line.lower() for line in head[1:-1]) == [
        "accept-encoding: identity", "accept: */*", "connection: close", f"host: pictures.example:{server.port}", "user-agent: moderato"]


def test_without_a_setting_nothing_inside_is_reached(serve: Serve):
    server = serve(answer())

    assert isinstance(failure_of(url_of(server), allowed=""), AddressRefused)
    assert isinstance(failure_of(url_of(server, PUBLIC), allowed=""), AddressRefused)
    assert server.connections == 0


def test_no_proxy_of_the_environment_is_asked(serve: Serve, monkeypatch: pytest.MonkeyPatch):
    server, proxy = serve(answer()), serve(answer(b"from the proxy"))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://{PUBLIC}:{proxy.port}")

    assert client().fetch(url_of(server), LIMIT).content == b"picture"
    assert proxy.connections == 0


@pytest.mark.parametrize("addresses", [
    [INSIDE], [PUBLIC, INSIDE], [INSIDE, PUBLIC], [PUBLIC, "::1"], [PUBLIC, "169.254.169.254"], [PUBLIC, "fd00:ec2::254"],
    ["8.8.8.8", "10.0.0.1"], ["::ffff:8.8.8.8"], ["64:ff9b::808:808"], ["fe80::1%eth0"], [PUBLIC, "no address"]])
def test_one_address_that_is_not_public_spoils_a_name(serve: Serve, addresses: list[str]):
    server = serve(answer(), address="0.0.0.0")

    assert isinstance(failure_of(url_of(server), Names(pictures_example=[addresses])), AddressRefused)
    assert server.connections == 0


def test_a_connection_goes_to_the_address_that_was_checked(serve: Serve):
    """The name resolves to another address the second time."""
    server = serve(answer(b"public"))
    inside = serve(answer(b"inside"), address=INSIDE, port=server.port)
    names = Names(pictures_example=[[PUBLIC], [INSIDE]])

    assert client(names).fetch(url_of(server), LIMIT).content == b"public"
    assert names.asked == ["pictures.example"]
    assert isinstance(failure_of(url_of(server), names), AddressRefused)
    assert inside.connections == 0


def test_a_name_that_changes_between_redirects_is_checked_again(serve: Serve):
    server = serve(redirect("/b.png"))
    inside = serve(answer(b"inside"), address=INSIDE, port=server.port)
    names = Names(pictures_example=[[PUBLIC], [INSIDE]])

    assert isinstance(failure_of(url_of(server), names), AddressRefused)
    assert (server.connections, inside.connections) == (1, 0)


def test_the_next_address_is_tried_where_one_does_not_answer(serve: Serve):
    server = serve(answer())

    assert client(Names(pictures_example=[["127.0.0.4", PUBLIC]]), allowed="127.0.0.2 127.0.0.4").fetch(
        url_of(server), LIMIT).content == b"picture"


def test_refused_unknown_and_unreachable_hosts_get_one_answer(serve: Serve):
    server = serve(answer(), address=INSIDE)
    silent = serve(lambda connected, over: over.wait(20))
    names = Names(inside_example=[[INSIDE]], closed_example=[[PUBLIC]], silent_example=[[PUBLIC]], empty_example=[[]])
    with socket.create_server((PUBLIC, 0)) as reserved:
        closed_port = reserved.getsockname()[1]

    failures = [failure_of(url, names) for url in (
        url_of(server, "inside.example"), url_of(server, "unknown.example"), url_of(server, INSIDE), url_of(server, "empty.example"),
        f"http://closed.example:{closed_port}/", url_of(silent, "silent.example"))]

    assert {failure.message for failure in failures} == {NOT_REACHED}
    assert server.connections == 0


def test_a_resolver_that_does_not_answer_ends_with_the_time():
    over = threading.Event()

    def resolve(host: str, port: int) -> list[str]:
        over.wait(20)
        return [PUBLIC]
    try:
        assert failure_of("http://pictures.example/", resolve).message == NOT_REACHED  # type: ignore[arg-type]
    finally:
        over.set()


def test_a_post_sends_the_body_and_gives_the_status(serve: Serve):
    server = serve(answer(b"thanks", "202 Accepted"))

    status = client().post(url_of(server), b'{"a": 1}', {"Content-Type": "application/json"})

    assert status == 202
    assert b"content-type: application/json" in server.requests[0].lower()
    assert server.requests[0].startswith(b"POST ")


def test_a_post_does_not_follow_a_redirect(serve: Serve):
    server = serve(redirect("/b"))

    assert client().post(url_of(server), b"", {}) == 302
    assert server.connections == 1


def test_a_post_goes_nowhere_else_either(serve: Serve):
    inside = serve(answer(), address=INSIDE)

    with pytest.raises(AddressRefused):
        client().post(url_of(inside, INSIDE), b"x", {})
    assert inside.connections == 0


@pytest.mark.parametrize("response", [
    answer(), answer(b"", "404 Not Found"), b"nonsense", answer(b"pict", Content_Length="7"), redirect("http://127.0.0.3/"),
    b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\nbroken header\r\n\r\npicture", b"HTTP/1.1 200 OK\r\n: x\r\n\r\npicture",
    answer(b"x" * (LIMIT + 1))])
def test_nothing_of_a_url_is_logged_or_raised(serve: Serve, response: bytes, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    shown = ""
    try:
        client().fetch(url_of(serve(response)), LIMIT)
    except FetchFailed as failure:
        shown = repr(failure) + failure.message + "".join(traceback.format_exception(failure))

    assert SECRET not in caplog.text + shown
    assert "pictures.example" not in caplog.text + shown


def test_threads_and_sockets_do_not_grow(serve: Serve):
    server = serve(answer())
    for _ in itertools.repeat(None, 20):
        client().fetch(url_of(server), LIMIT)

    assert not [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer) and thread.is_alive()
                and not thread.finished.is_set()]
