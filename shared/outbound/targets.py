"""A URL taken apart, more strictly than programs do that wish to please: what two of them could read differently is refused."""
from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import quote

from shared.outbound.failures import AddressRefused

LONGEST_URL = 8192
_PORTS = {"http": 80, "https": 443}
_FIRST_FREE_PORT = 1024
_URL = re.compile(r"(?P<scheme>https?)://(?P<authority>[^/?#\\]*)(?P<path>/[^?#]*)?(?:\?(?P<query>[^#]*))?(?:#.*)?", re.IGNORECASE)
_AUTHORITY = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^\[\]:@%\s]+)(?::(?P<port>[0-9]{1,5})?)?")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
# Whatever a system's resolver may take for an IPv4 address: 127.1, 2130706433, 0x7f000001, 0177.0.0.1.
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_SAFE = "%/:=&?~#+!$,;'@()*[]-._"


@dataclass(frozen=True, slots=True)
class Target:
    """`host` is a name in ASCII or an address without brackets; `path` has the query, both percent-encoded."""

    scheme: str
    host: str
    port: int
    path: str
    is_address: bool

    @property
    def authority(self) -> str:
        """As the header Host has it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.authority}{self.path}"


def target_of(url: str) -> Target:
    """Raises AddressRefused, whose message says what a URL must be and nothing of this one."""
    if len(url) > LONGEST_URL:
        raise AddressRefused(f"The URL may have {LONGEST_URL} characters at the most.")
    if _CONTROLS.search(url) or not (parts := _URL.fullmatch(url.strip(" "))):
        raise AddressRefused("The URL must begin with http:// or https:// and a host, and have no control characters.")
    scheme = parts["scheme"].lower()
    authority = _AUTHORITY.fullmatch(parts["authority"])
    if authority is None:
        raise AddressRefused("The URL must name a host, and a port at the most: no user, no password, no zone.")
    port = int(authority["port"] or _PORTS[scheme])
    if port not in _PORTS.values() and not _FIRST_FREE_PORT <= port <= 65535:
        raise AddressRefused("The port of the URL must be 80, 443, or 1024 to 65535.")
    host, is_address = _host_of(authority["host"])
    path = quote(parts["path"] or "/", safe=_SAFE) + ("" if parts["query"] is None else "?" + quote(parts["query"], safe=_SAFE))
    return Target(scheme, host, port, path, is_address)


def _host_of(written: str) -> tuple[str, bool]:
    try:
        if written.startswith("["):
            return str(IPv6Address(written[1:-1])), True
        name = (written if written.isascii() else _in_ascii(written)).lower().removesuffix(".")
        labels = name.split(".")
        if _NUMBER.fullmatch(labels[-1]):
            return str(IPv4Address(name)), True
    except ValueError:
        raise AddressRefused("The host of the URL must be a name, an IPv4 address of four decimal numbers or an IPv6 address in "
                             "brackets.") from None
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise AddressRefused("The host of the URL is no name.")
    return name, False


def _in_ascii(name: str) -> str:
    """Raises ValueError (idna.IDNAError is one)."""
    import idna

    return idna.encode(name, uts46=True).decode()
