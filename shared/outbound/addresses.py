"""Which addresses are the public internet.

Sources: the IANA registries of special-purpose addresses for IPv4 and IPv6 (RFC 6890 and its successors); the metadata
services of Azure (169.254.169.254, 168.63.129.16) and of other clouds.
"""
from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network

_NOT_PUBLIC_4 = tuple(IPv4Network(network) for network in (
    "0.0.0.0/8",           # this network; 0.0.0.0 is often the host itself
    "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",  # private
    "100.64.0.0/10",       # carriers' NAT; the metadata service of Alibaba Cloud
    "127.0.0.0/8",         # loopback
    "169.254.0.0/16",      # link-local; metadata services
    "192.0.0.0/24",        # protocol assignments; the metadata service of Oracle Cloud
    "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24",  # documentation
    "192.88.99.0/24",      # relays of 6to4
    "198.18.0.0/15",       # benchmarking
    "224.0.0.0/4",         # multicast
    "240.0.0.0/4",         # reserved, broadcast
    "168.63.129.16/32",    # the host of a virtual machine in Azure
))
# Public IPv6 is in 2000::/3 alone. So loopback, link-local, unique local, multicast, IPv4-mapped and IPv4-compatible forms and
# NAT64 (64:ff9b::/96, 64:ff9b:1::/48) are none of it, whatever IPv4 address they hold.
_PUBLIC_6 = IPv6Network("2000::/3")
_NOT_PUBLIC_6 = tuple(IPv6Network(network) for network in (
    "2001::/23",           # protocol assignments: Teredo, benchmarking, ORCHID
    "2001:db8::/32", "3fff::/20",  # documentation
    "2002::/16",           # 6to4, which holds an IPv4 address
    "3ffe::/16",           # 6bone, given back
))
_METADATA = frozenset(map(ip_address, ("169.254.169.254", "168.63.129.16", "fd00:ec2::254")))


def is_public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_4)
    return address in _PUBLIC_6 and not any(address in network for network in _NOT_PUBLIC_6)


def may_be_reached(address: str, allowed: Iterable[Network]) -> bool:
    """Whether it is public or in a network that the operator allows; a metadata service is never reached."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if found in _METADATA:
        return False
    return is_public(found) or any(found in network for network in allowed)


def networks_of(text: str) -> tuple[Network, ...]:
    """The networks of a setting, separated by spaces. Raises ValueError."""
    return tuple(ip_network(part) for part in text.split())
