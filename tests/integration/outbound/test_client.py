"""The guarded client against servers that lie, drip, never end and lead elsewhere."""
from __future__ import annotations

import gzip
import itertools
import logging
import socket
import threading
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shared.outbound.addresses import networks_of
from shared.outbound.client import MOST_REDIRECTS, GuardedClient
from shared.outbound.failures import NOT_REACHED, AddressRefused, FetchFailed, FetchTooLarge
from tests.integration.outbound.servers import Names, RawServer, answer, certificate, redirect

LIMIT = 100_000
SECRET = "wheelbarrow-7731"
PUBLIC, INSIDE = "127.0.0.2", "127.0.0.3"  # the tests' clients may reach the first one, as if it were public
Serve = Callable[..., RawServer]


@pytest.fixture
def serve() -> Iterator[Serve]:
    servers: list[RawServer] = []

    def start(*args, address: str = PUBLIC, **options) -> RawServer:
        servers.append(RawServer(*args, address=address, **options))
        return servers[-1]
    yield start
    for server in servers:
        server.close()


def client(names: Names | None = None, allowed: str = f"{PUBLIC}/32", **options) -> GuardedClient:
    return GuardedClient(networks_of(allowed), resolve=names or Names(pictures_example=[[PUBLIC]]), **options)


def url_of(server: RawServer, host: str = "pictures.example", path: str = f"/a.png?sig={SECRET}") -> str:
    return f"http://{host}:{server.port}{path}"


def failure_of(url: str, names: Names | None = None, **options) -> FetchFailed:
    with pytest.raises(FetchFailed) as failed:
        client(names, **options).fetch(url, LIMIT, within_seconds=2)
    return failed.value


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


# Addresses


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


# Redirects


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("location", ["/b.png", "b.png", "?x=1", "http://pictures.example:{port}/b.png", "//pictures.example:{port}/b.png"])
def test_a_redirect_is_followed(serve: Serve, status: int, location: str):
    def respond(connected: socket.socket, over: threading.Event) -> None:
        first = server.connections == 1
        connected.sendall(redirect(location.format(port=server.port), status) if first else answer())
    server = serve(respond)

    assert client().fetch(url_of(server), LIMIT).content == b"picture"
    assert server.connections == 2


def _chain(serve: Serve, length: int) -> RawServer:
    def respond(connected: socket.socket, over: threading.Event) -> None:
        connected.sendall(redirect(f"/{server.connections}") if server.connections <= length else answer())
    server = serve(respond)
    return server


def test_the_number_of_redirects_stands_on_both_sides(serve: Serve):
    assert MOST_REDIRECTS == 3
    assert client().fetch(url_of(_chain(serve, 3)), LIMIT).content == b"picture"

    server = _chain(serve, 4)
    assert "3 times" in failure_of(url_of(server)).message
    assert server.connections == 4


def test_a_redirect_to_itself_ends(serve: Serve):
    server = serve(redirect(f"/a.png?sig={SECRET}"))

    failure_of(url_of(server))

    assert server.connections == 1 + MOST_REDIRECTS


@pytest.mark.parametrize("location", [
    "http://127.0.0.3:{port}/", "http://127.0.0.1:{port}/", "http://localhost:{port}/", "http://[::1]:{port}/", "http://0.0.0.0:{port}/",
    "http://[::ffff:127.0.0.3]:{port}/", "http://[::127.0.0.3]:{port}/", "http://[64:ff9b::7f00:3]:{port}/", "http://[2002:7f00:3::]:{port}/",
    "http://[2001:0:7f00:3::]:{port}/", "http://169.254.169.254/metadata/instance", "http://168.63.129.16/", "http://[fd00:ec2::254]/",
    "http://10.0.0.1/", "http://172.16.0.1/", "http://192.168.0.1/", "http://100.64.0.1/", "http://224.0.0.1/", "http://255.255.255.255/",
    "http://198.18.0.1/", "http://192.0.2.1/", "http://[fe80::1]/", "http://[fc00::1]/", "http://[ff02::1]/", "http://inside.example:{port}/",
    "http://2130706435:{port}/", "http://0x7f000003:{port}/", "http://0177.0.0.3:{port}/", "http://127.3:{port}/",
    "http://user@127.0.0.3:{port}/", "http://pictures.example:{port}@127.0.0.3:{port}/", "//127.0.0.3:{port}/", "/\\127.0.0.3:{port}/\x01",
    "file:///etc/passwd", "ftp://pictures.example/", "gopher://127.0.0.3:{port}/_x", "data:image/png;base64,AAAA", "javascript:alert(1)",
    "http://pictures.example:25/", "http://[", ""])
def test_a_redirect_to_anywhere_else_is_refused(serve: Serve, location: str):
    inside = serve(answer(b"inside"), address="0.0.0.0")
    server = serve(redirect(location.format(port=inside.port)))

    failure_of(url_of(server), Names(pictures_example=[[PUBLIC]], inside_example=[[INSIDE]], localhost=[["127.0.0.1"]]))

    assert (server.connections, inside.connections) == (1, 0)


# Bodies


def _head(**headers: str) -> bytes:
    return answer(b"", **headers)


def _forever(connected: socket.socket, over: threading.Event) -> None:
    connected.sendall(_head(Transfer_Encoding="chunked"))
    while not over.is_set():
        connected.sendall(b"10000\r\n" + b"x" * 65536 + b"\r\n")


def _forever_without_a_length(connected: socket.socket, over: threading.Event) -> None:
    connected.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while not over.is_set():
        connected.sendall(b"x" * 65536)


@pytest.mark.parametrize("respond", [_forever, _forever_without_a_length])
def test_a_body_that_never_ends_is_too_large(serve: Serve, respond: Callable):
    assert isinstance(failure_of(url_of(serve(respond))), FetchTooLarge)


def _drip(head: bytes, piece: bytes) -> Callable[[socket.socket, threading.Event], None]:
    def respond(connected: socket.socket, over: threading.Event) -> None:
        connected.sendall(head)
        while not over.wait(0.05):
            connected.sendall(piece)
    return respond


@pytest.mark.parametrize(("head", "piece"), [
    (b"", b"H"),
    (b"HTTP/1.1 200 OK\r\n", b"X"),
    (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
    (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 50000\r\n\r\n", b"x"),
    (b"HTTP/1.1 200 OK\r\n\r\n", b"x"),
    (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1", b";"),
    (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"X: y\r\n")])
def test_a_slow_drip_ends_with_the_time(serve: Serve, head: bytes, piece: bytes):
    assert failure_of(url_of(serve(_drip(head, piece)))).message == NOT_REACHED


def test_a_server_that_is_silent_ends_with_the_time(serve: Serve):
    silent = serve(lambda connected, over: over.wait(20), reads_request=False)

    assert failure_of(url_of(silent)).message == NOT_REACHED
    assert failure_of(url_of(silent).replace("http://", "https://")).message == NOT_REACHED


def test_the_number_of_bytes_stands_on_both_sides(serve: Serve):
    for framing in ({}, {"Transfer_Encoding": "chunked"}):
        def framed(content: bytes, framing: dict[str, str] = framing) -> bytes:
            return b"%x\r\n%b\r\n0\r\n\r\n" % (len(content), content) if framing else content
        assert len(client().fetch(url_of(serve(answer(framed(b"x" * LIMIT), **framing))), LIMIT).content) == LIMIT
        with pytest.raises(FetchTooLarge, match=str(LIMIT)):
            client().fetch(url_of(serve(answer(framed(b"x" * (LIMIT + 1)), **framing))), LIMIT)


@pytest.mark.parametrize("response", [
    answer(b"pict", Content_Length="7"),
    answer(b"4\r\npict\r\n", Transfer_Encoding="chunked"),
    answer(b"4\r\npic", Transfer_Encoding="chunked"),
    answer(b"zz\r\npict\r\n0\r\n\r\n", Transfer_Encoding="chunked"),
    answer(b"-4\r\npict\r\n0\r\n\r\n", Transfer_Encoding="chunked"),
    answer(b"picture", Content_Length="7, 8"),
    b"", b"\r\n\r\n", b"picture", b"HTTP/1.1 abc OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000, b"ICY 200 OK\r\n\r\npicture",
    b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1000 + b"\r\npicture"])
def test_an_answer_that_is_broken_or_cut_is_no_picture(serve: Serve, response: bytes):
    assert failure_of(url_of(serve(response))).message == NOT_REACHED


def test_a_length_that_is_too_short_ends_the_picture(serve: Serve):
    assert client().fetch(url_of(serve(answer(b"picture and more", Content_Length="7"))), LIMIT).content == b"picture"


def test_a_length_beyond_the_limit_is_believed(serve: Serve):
    assert isinstance(failure_of(url_of(serve(answer(b"x", Content_Length=str(10**15))))), FetchTooLarge)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "gzip, gzip", "GZIP", "x-unknown"])
def test_a_compressed_answer_is_refused_before_it_is_decompressed(serve: Serve, encoding: str):
    bomb = gzip.compress(b"\0" * 50_000_000)

    assert "compressed" in failure_of(url_of(serve(answer(bomb, Content_Encoding=encoding)))).message


def test_content_that_is_compressed_stays_as_it_is(serve: Serve):
    bomb = gzip.compress(b"\0" * 50_000_000)

    assert client().fetch(url_of(serve(answer(bomb, Content_Encoding="identity"))), LIMIT).content == bomb


@pytest.mark.parametrize("status", [201, 204, 206, 300, 304, 400, 401, 403, 404, 500, 503])
def test_another_status_is_said(serve: Serve, status: int):
    assert f"status {status}" in failure_of(url_of(serve(answer(b"" if status in (204, 304) else b"x", f"{status} {SECRET}")))).message


# TLS


def test_https_checks_the_certificate_against_the_name(serve: Serve, tmp_path: Path):
    theirs, ours = certificate(tmp_path, "pictures.example")
    server = serve(answer(), context=theirs)
    names = Names(pictures_example=[[PUBLIC]], other_example=[[PUBLIC]])

    def fetch(host: str, **options) -> bytes:
        return client(names, **options).fetch(f"https://{host}:{server.port}/", LIMIT).content

    assert fetch("pictures.example", context=ours) == b"picture"
    for host, options in (("other.example", {"context": ours}), (PUBLIC, {"context": ours}), ("pictures.example", {})):
        with pytest.raises(FetchFailed, match="reachable"):
            fetch(host, **options)
    assert len(server.requests) == 1


def test_https_does_not_lead_on_to_http(serve: Serve, tmp_path: Path):
    theirs, ours = certificate(tmp_path, "pictures.example")
    plain = serve(answer())
    server = serve(redirect(url_of(plain)), context=theirs)

    failure = failure_of(f"https://pictures.example:{server.port}/", context=ours)

    assert "https to http" in failure.message
    assert plain.connections == 0


def test_http_leads_on_to_https(serve: Serve, tmp_path: Path):
    theirs, ours = certificate(tmp_path, "pictures.example")
    server = serve(answer(), context=theirs)

    assert client(context=ours).fetch(url_of(serve(redirect(f"https://pictures.example:{server.port}/"))), LIMIT).content == b"picture"


def test_a_slow_drip_over_tls_ends_with_the_time(serve: Serve, tmp_path: Path):
    theirs, ours = certificate(tmp_path, "pictures.example")
    server = serve(_drip(b"HTTP/1.1 200 OK\r\n\r\n", b"x"), context=theirs)

    assert failure_of(f"https://pictures.example:{server.port}/", context=ours).message == NOT_REACHED


def test_a_handshake_that_drips_ends_with_the_time(serve: Serve):
    # A record of the handshake that says it has 16 KB, and comes byte by byte.
    server = serve(_drip(b"\x16\x03\x03\x3f\xff", b"\x02"), reads_request=False)

    assert failure_of(f"https://pictures.example:{server.port}/").message == NOT_REACHED


# Posts


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


# What is left behind


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
