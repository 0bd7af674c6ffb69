"""Links in answers lead to the host that the caller reached: clients send their key to where a link leads."""
from types import SimpleNamespace

import azure.functions as func
import pytest

from shared.http.pipeline import endpoint_of

OPEN = SimpleNamespace(public_endpoint=None)


def request(url: str, **headers: str) -> func.HttpRequest:
    return func.HttpRequest(method="GET", url=url, headers={name.replace("_", "-"): value for name, value in headers.items()},
                            params={}, route_params={}, body=b"")


def test_without_a_proxy_it_is_the_host_of_the_request():
    assert endpoint_of(OPEN, request("http://127.0.0.1:7071/docs?a=b")) == "http://127.0.0.1:7071"


def test_a_proxy_tells_scheme_and_host():
    forwarded = request("http://10.0.0.4/docs", X_Forwarded_Proto="https", X_Forwarded_Host="safety.example.com:8443, inner")
    assert endpoint_of(OPEN, forwarded) == "https://safety.example.com:8443"


@pytest.mark.parametrize("host", ["evil.example/x?", "evil.example#", "a@b", "a b", "höst", "[", "[x]", "a" * 254, "a:b", "\r\nx: y"])
def test_what_is_no_host_is_not_taken_from_a_header(host):
    assert endpoint_of(OPEN, request("http://own.example/docs", X_Forwarded_Host=host)) == "http://own.example"


@pytest.mark.parametrize("scheme", ["javascript", "ftp", "https://", ""])
def test_what_is_no_web_scheme_is_not_taken_from_a_header(scheme):
    assert endpoint_of(OPEN, request("http://own.example/docs", X_Forwarded_Proto=scheme)) == "http://own.example"


@pytest.mark.parametrize("host", ["[::1]:7071", "[2001:db8::1]", "a-b.example"])
def test_addresses_and_names_are_hosts(host):
    assert endpoint_of(OPEN, request(f"http://{host}/docs")) == f"http://{host}"


def test_a_request_with_a_host_that_is_none_gets_an_answer_all_the_same():
    assert endpoint_of(OPEN, request("http://[/docs")) == "http://localhost"


def test_the_setting_comes_before_everything():
    fixed = SimpleNamespace(public_endpoint="https://safety.example.com/")
    forwarded = request("http://own.example/docs", X_Forwarded_Host="other.example")
    assert endpoint_of(fixed, forwarded) == "https://safety.example.com"
