from __future__ import annotations

import pytest

from shared.text_analysis.pii.ip_addresses import find_ip_addresses


def found(text: str) -> list[tuple[str, str | None]]:
    pieces = list(find_ip_addresses(text))
    assert all(text[piece.start:piece.end] == piece.text for piece in pieces)
    return [(piece.text, piece.detail) for piece in pieces]


@pytest.mark.parametrize("address", ["255.255.255.255", "0.0.0.0", "10.0.0.1", "192.168.178.20"])
@pytest.mark.parametrize("around", ["{}", "IP: {},", "http://{}/", "{}:8080", "{}/24", "({}).", "from {}. Then"])
def test_four_octets_are_an_address(address: str, around: str):
    assert found(around.format(address)) == [(address, "IPV4")]


@pytest.mark.parametrize("text", [
    "256.1.1.1", "1.2.3", "1.2.3.4.5", "01.02.03.04", "v1.2.3.4", "version 1.2.3.4", "Version: 1.2.3.4", "release 10.1.0.3",
    "firmware 2.0.1.7", "see section 3.1.4.1", "§ 1.2.3.4", "1.2.3.4a", "12.10.2023", "a1.2.3.4", "1.2.3.1000"])
def test_versions_sections_and_dates_are_none(text: str):
    assert found(text) == []


@pytest.mark.parametrize("address", [
    "2001:db8::7", "::1", "fe80::1", "2001:0db8:85a3:0000:0000:8a2e:0370:7334", "::ffff:192.0.2.128", "2001:DB8::A", "64:ff9b::"])
@pytest.mark.parametrize("around", ["{}", "from {}.", "[{}]:443", "{}, and", "{}%eth0", "{} 🥕", "ip:{}", "IPv6:{}", "source:{}"])
def test_every_form_of_ipv6_is_an_address(address: str, around: str):
    assert found(around.format(address)) == [(address, "IPV6")]


@pytest.mark.parametrize("text", [
    "12:30:45", "aa:bb:cc:dd:ee:ff", "std::vector", "face::bad", "::", "1:2:3:4:5:6:7:8:9", "Ratio 3:1", "2001:db8:::1", "a:b", ":-)",
    "Foo::Bar::b4", "foo::1", "time:12:30:45", "mac:00:1B:44:11:3A:B7", "face:bad:b1"])
def test_times_hardware_addresses_and_names_of_code_are_none(text: str):
    assert found(text) == []
