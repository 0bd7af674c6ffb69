"""The cookie of a session. Source: RFC 6265bis, sections 4.1.2 and 4.1.3.2 (the prefix `__Host-`)."""
from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

_NAME = "moderato-session"
_ATTRIBUTES = "Path=/; HttpOnly; SameSite=Strict"


def session_token(headers: Mapping[str, str], endpoint: str) -> str:
    """What the browser sent; empty without a cookie."""
    wanted = _name(endpoint)
    for pair in headers.get("Cookie", "").split(";"):
        name, _, value = pair.partition("=")
        if name.strip() == wanted:
            return value.strip()
    return ""


def session_cookie(endpoint: str, token: str) -> str:
    """The value of `Set-Cookie`. It ends with the browser; how long the session lasts is for the session to say."""
    return f"{_name(endpoint)}={token}; {_attributes(endpoint)}"


def ended_cookie(endpoint: str) -> str:
    return f"{_name(endpoint)}=; {_attributes(endpoint)}; Max-Age=0"


def is_loopback(endpoint: str) -> bool:
    host = urlsplit(endpoint).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _name(endpoint: str) -> str:
    # A browser takes a name with this prefix from this very host alone, and over TLS: no neighbouring host can plant one.
    return _NAME if is_loopback(endpoint) else f"__Host-{_NAME}"


def _attributes(endpoint: str) -> str:
    return _ATTRIBUTES if is_loopback(endpoint) else f"{_ATTRIBUTES}; Secure"
