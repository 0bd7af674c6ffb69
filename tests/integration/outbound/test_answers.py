"""Answers that lie, drip, never end, or are no picture."""
from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Callable

import pytest

from shared.outbound.failures import NOT_REACHED, FetchTooLarge
from tests.integration.outbound.fetching import LIMIT, SECRET, Serve, client, failure_of, url_of
from tests.integration.outbound.servers import answer, drip


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
    assert failure_of(url_of(serve(drip(head, piece)))).message == NOT_REACHED


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
