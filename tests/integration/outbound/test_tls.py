"""Certificates, and what must not be slower or weaker over TLS."""
from __future__ import annotations

from pathlib import Path

import pytest

from shared.outbound.failures import NOT_REACHED, FetchFailed
from tests.integration.outbound.fetching import LIMIT, PUBLIC, Serve, client, failure_of, url_of
from tests.integration.outbound.servers import Names, answer, certificate, drip, redirect


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
    server = serve(drip(b"HTTP/1.1 200 OK\r\n\r\n", b"x"), context=theirs)

    assert failure_of(f"https://pictures.example:{server.port}/", context=ours).message == NOT_REACHED


def test_a_handshake_that_drips_ends_with_the_time(serve: Serve):
    # A record of the handshake that says it has 16 KB, and comes byte by byte.
    server = serve(drip(b"\x16\x03\x03\x3f\xff", b"\x02"), reads_request=False)

    assert failure_of(f"https://pictures.example:{server.port}/").message == NOT_REACHED
