"""Redirects: followed three times at the most, each checked as the first address is."""
from __future__ import annotations

import socket
import threading

import pytest

from shared.outbound.client import MOST_REDIRECTS
from tests.integration.outbound.fetching import INSIDE, LIMIT, PUBLIC, SECRET, Serve, client, failure_of, url_of
from tests.integration.outbound.servers import Names, RawServer, answer, redirect


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
