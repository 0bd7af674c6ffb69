"""Which addresses may be reached: both sides of the edges of each network that is not public."""
from __future__ import annotations

import socket
from ipaddress import ip_network

import pytest

from shared.outbound.addresses import may_be_reached, networks_of

NOT_PUBLIC = [
    "0.0.0.0", "0.255.255.255", "10.0.0.0", "10.255.255.255", "100.64.0.0", "100.100.100.200", "100.127.255.255", "127.0.0.1",
    "127.255.255.255", "168.63.129.16", "169.254.0.0", "169.254.169.254", "169.254.170.2", "169.254.255.255", "172.16.0.0",
    "172.31.255.255", "192.0.0.0", "192.0.0.192", "192.0.0.255", "192.0.2.1", "192.88.99.1", "192.168.0.0", "192.168.255.255",
    "198.18.0.0", "198.19.255.255", "198.51.100.7", "203.0.113.7", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::7f00:1", "::127.0.0.1", "::8.8.8.8", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:8.8.8.8",
    "64:ff9b::a00:1", "64:ff9b::8.8.8.8", "64:ff9b:1::10.0.0.1", "100::1", "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:2::1",
    "2001:10::1", "2001:20::1", "2001:1ff:ffff::1", "2001:db8::1", "2002:7f00:1::", "2002:a00:1::1", "2002:808:808::1", "3fff::1",
    "3ffe::1", "4000::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fdff::1", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1",
    "ff0e::1", "::ffff:0:127.0.0.1"]
PUBLIC = [
    "1.0.0.0", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0",
    "168.63.129.15", "168.63.129.17", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "191.255.255.255", "192.0.1.0",
    "192.0.3.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255", "2001:200::1",
    "2001:4860:4860::8888", "2003::1", "2606:4700:4700::1111", "2a00::1", "3ffd::1"]


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_an_address_that_is_not_public_is_not_reached(address: str):
    assert not may_be_reached(address, ())


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_reached(address: str):
    assert may_be_reached(address, ())


@pytest.mark.parametrize("address", ["", "localhost", "127.1", "0x7f.0.0.1", "010.0.0.1", "1.2.3.4.5", "[::1]", "8.8.8.8 "])
def test_what_is_no_address_is_not_reached(address: str):
    assert not may_be_reached(address, networks_of("0.0.0.0/0 ::/0"))


def test_the_operator_allows_networks_and_nothing_beside_them():
    allowed = networks_of(" 10.1.2.0/24  fd00:1::/64 ")

    assert [may_be_reached(address, allowed) for address in ("10.1.2.0", "10.1.2.255", "fd00:1::5")] == [True] * 3
    assert [may_be_reached(address, allowed) for address in ("10.1.1.255", "10.1.3.0", "fd00:2::5", "127.0.0.1")] == [False] * 4


@pytest.mark.parametrize("address", ["169.254.169.254", "168.63.129.16", "fd00:ec2::254"])
def test_a_metadata_service_is_never_reached(address: str):
    assert not may_be_reached(address, networks_of("0.0.0.0/0 ::/0"))


def test_networks_are_read_strictly():
    assert networks_of("") == ()
    assert networks_of("10.0.0.0/8 ::1") == (ip_network("10.0.0.0/8"), ip_network("::1/128"))
    for text in ("10.1.2.3/24", "10.0.0.0/33", "localhost", "10.0.0.0/8,::1"):
        with pytest.raises(ValueError):
            networks_of(text)


def test_whatever_the_system_takes_for_the_loopback_address_is_not_reached():
    """What a resolver makes of odd spellings is what is checked."""
    for spelling in ("127.1", "2130706433", "0x7f000001", "0177.0.0.1"):
        assert not may_be_reached(socket.inet_ntoa(socket.inet_aton(spelling)), ())
