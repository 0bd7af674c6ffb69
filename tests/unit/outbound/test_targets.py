"""URLs taken apart: what is taken, and what is refused by its form alone."""
from __future__ import annotations

import pytest

from shared.outbound.failures import AddressRefused
from shared.outbound.targets import LONGEST_URL, target_of

SECRET = "wheelbarrow-7731"
TAKEN = [
    ("http://pictures.example", "pictures.example", 80, "/"),
    ("https://pictures.example/", "pictures.example", 443, "/"),
    ("HTTPS://Pictures.Example/A.png", "pictures.example", 443, "/A.png"),
    ("https://pictures.example:8443/a?b=c&d=%2F#part", "pictures.example", 8443, "/a?b=c&d=%2F"),
    ("https://pictures.example?x=1", "pictures.example", 443, "/?x=1"),
    ("https://pictures.example:/a", "pictures.example", 443, "/a"),
    ("https://pictures.example./a", "pictures.example", 443, "/a"),
    ("http://pictures.example:443/a", "pictures.example", 443, "/a"),
    ("http://pictures.example:1024/", "pictures.example", 1024, "/"),
    ("http://pictures.example:65535/", "pictures.example", 65535, "/"),
    (" https://pictures.example/a b.png ", "pictures.example", 443, "/a%20b.png"),
    ("https://pictures.example/möhre?q=ü", "pictures.example", 443, "/m%C3%B6hre?q=%C3%BC"),
    ("https://möhre.example/", "xn--mhre-5qa.example", 443, "/"),
    ("https://pictures。example/", "pictures.example", 443, "/"),
    ("https://a_b.example/", "a_b.example", 443, "/"),
    ("https://pictures.example/http://10.0.0.1/@x", "pictures.example", 443, "/http://10.0.0.1/@x"),
    ("https://8.8.8.8/a", "8.8.8.8", 443, "/a"),
    ("https://[2606:4700:4700::1111]:8080/", "2606:4700:4700::1111", 8080, "/"),
    # Their addresses are refused when they are checked; the form is right.
    ("http://127.0.0.1/", "127.0.0.1", 80, "/"),
    ("http://１２７。０。０。１/", "127.0.0.1", 80, "/"),
    ("http://127.0.0.1./", "127.0.0.1", 80, "/"),
    ("http://[::ffff:127.0.0.1]/", "::ffff:7f00:1", 80, "/"),
    ("http://localhost:10000/", "localhost", 10000, "/"),
]
REFUSED = {
    "empty": "", "no scheme": "pictures.example/a.png", "only a scheme": "http://", "only slashes": "//pictures.example/",
    "one slash": "http:/pictures.example/", "file": "file:///etc/passwd", "file with a host": "file://localhost/etc/passwd",
    "ftp": "ftp://pictures.example/a.png", "gopher": "gopher://pictures.example:70/_x", "data": "data:image/png;base64,AAAA",
    "javascript": "javascript:alert(1)", "dict": "dict://pictures.example/", "ldap": "ldap://pictures.example/",
    "about": "about:blank", "nested": "url:http://pictures.example/", "scheme with a space": "http ://pictures.example/",
    "empty host": "http:///a.png", "empty host with a port": "http://:80/a", "dot as host": "http://./", "two dots": "http://a..example/",
    "dot in front": "http://.example/", "user": f"http://{SECRET}@pictures.example/", "user and password": "http://a:b@pictures.example/",
    "user that looks like a host": "http://pictures.example@127.0.0.1/", "escaped at": "http://pictures.example%40127.0.0.1/",
    "user with a port": "http://pictures.example:80@127.0.0.1/", "empty user": "http://@pictures.example/",
    "backslash": "http://pictures.example\\@127.0.0.1/", "backslashes": "http:\\\\pictures.example/",
    "line feed": "http://pictures.example/\nHost: x", "CRLF in the path": "http://pictures.example/a\r\nX: y",
    "CRLF in the host": "http://pictures.example\r\nX: y/", "tab": "http://pic\ttures.example/", "NUL": "http://pictures.example/\0",
    "C1 control": "http://pictures.example/\x85", "space in the host": "http://pictures .example/",
    "escaped host": "http://pictures%2eexample/", "escaped NUL in the host": "http://pictures.example%00.x/",
    "decimal": "http://2130706433/", "octal": "http://0177.0.0.1/", "octal number": "http://017700000001/",
    "hex": "http://0x7f.0.0.1/", "hex number": "http://0x7f000001/", "hex, last part": "http://127.0.0.0x1/",
    "short": "http://127.1/", "short of three": "http://127.0.1/", "zeros in front": "http://127.000.000.001/",
    "too many parts": "http://1.2.3.4.5/", "part of 256": "http://256.0.0.1/", "overflowing number": "http://4294967296/",
    "bare number": "http://0/", "circled digits, octal": "http://⓪①⑦⑦.0.0.1/", "hex prefix alone": "http://0x/",
    "zone": "http://[fe80::1%25eth0]/", "zone, not escaped": "http://[fe80::1%eth0]/", "bare IPv6": "http://::1/",
    "unclosed bracket": "http://[::1/", "name in brackets": "http://[localhost]/", "IPv6 that is none": "http://[1:2]/",
    "IPvFuture": "http://[v1.x]/", "text after the bracket": "http://[::1]x/", "dot after the bracket": "http://[::1]./",
    "port 0": "http://pictures.example:0/", "port 99999": "http://pictures.example:99999/", "port 65536": "http://pictures.example:65536/",
    "port of mail": "http://pictures.example:25/", "port 1023": "http://pictures.example:1023/", "negative port": "http://pictures.example:-1/",
    "port of letters": "http://pictures.example:http/", "two ports": "http://pictures.example:80:80/",
    "port with a plus": "http://pictures.example:+80/", "port of other digits": "http://pictures.example:８０/",
    "long label": f"http://{'a' * 64}.example/", "long name": f"http://{'.'.join(['a' * 60] * 5)}/",
    "hyphen in front": "http://-a.example/", "emoji": "http://🥕.example/", "soft hyphen alone": "http://\u00ad/",
    "bidi": "http://\u202eexample/", "slash that is none": "http://pictures.example\uff0f@x/", "semicolon": "http://a;b.example/",
    "comma": "http://a,b/", "star": "http://*.example/", "quote": 'http://a".example/',
    "huge": "http://pictures.example/" + "a" * LONGEST_URL,
}


@pytest.mark.parametrize(("url", "host", "port", "path"), TAKEN, ids=[url[:50] for url, *_ in TAKEN])
def test_a_url_is_taken_apart(url: str, host: str, port: int, path: str):
    target = target_of(url)

    assert (target.host, target.port, target.path) == (host, port, path)
    assert target_of(target.url) == target


@pytest.mark.parametrize("url", REFUSED.values(), ids=REFUSED)
def test_a_url_is_refused_and_nothing_of_it_is_said(url: str):
    with pytest.raises(AddressRefused) as refused:
        target_of(url)

    assert SECRET not in refused.value.message
    assert "pictures" not in refused.value.message


def test_the_length_stands_on_both_sides():
    url = "http://pictures.example/"
    assert target_of(url + "a" * (LONGEST_URL - len(url))).host == "pictures.example"
    with pytest.raises(AddressRefused):
        target_of(url + "a" * (LONGEST_URL - len(url) + 1))


@pytest.mark.parametrize(("url", "authority"), [
    ("http://pictures.example/", "pictures.example"), ("https://pictures.example:443/", "pictures.example"),
    ("http://pictures.example:443/", "pictures.example:443"), ("https://[2a00::1]/", "[2a00::1]"),
    ("https://[2a00::1]:8080/", "[2a00::1]:8080")])
def test_the_header_host_has_the_port_where_it_is_not_the_usual_one(url: str, authority: str):
    assert target_of(url).authority == authority


def test_addresses_are_told_from_names():
    assert [target_of(f"http://{host}/").is_address for host in ("8.8.8.8", "[2a00::1]", "pictures.example", "a1", "1a")] == [
        True, True, False, False, False]
