"""What the connections to the storage take from the environment of the process."""
from __future__ import annotations

from collections.abc import Iterator

import pytest
from azure.core.pipeline.transport import HttpRequest

from shared.storage.connections import pooled_transport
from tests.integration.outbound.servers import RawServer, answer

PROXIES = ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"]
CERTIFICATES = ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"]


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [*PROXIES, *CERTIFICATES, "no_proxy", "NO_PROXY"]:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def server() -> Iterator[RawServer]:
    running = RawServer(answer())
    yield running
    running.close()


def ask(url: str) -> None:
    transport = pooled_transport()
    assert transport.send(HttpRequest("GET", url)).status_code == 200
    transport.session.close()


def test_a_proxy_of_the_environment_is_asked(server: RawServer, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{server.port}")

    ask("http://storage.example/list")

    assert server.requests[0].startswith(b"GET http://storage.example/list ")


def test_without_one_nothing_of_the_environment_is_read_for_a_request(server: RawServer, monkeypatch: pytest.MonkeyPatch, tmp_path):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password secret")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("NO_PROXY", "localhost")  # which is no proxy

    ask(f"http://127.0.0.1:{server.port}/list")

    assert b"authorization" not in server.requests[0].lower()


@pytest.mark.parametrize("name", [*PROXIES, *CERTIFICATES])
def test_what_an_operator_sets_counts(monkeypatch: pytest.MonkeyPatch, name: str):
    monkeypatch.setenv(name, "http://proxy.example:3128")

    assert pooled_transport().session.trust_env
