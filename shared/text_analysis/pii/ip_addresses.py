"""IP addresses. Source: RFC 4291, section 2.2 (forms of IPv6), by the standard library."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from shared.text_analysis.pii.models import PersonalData, PersonalDataKind

_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_IPV4 = re.compile(rf"(?<![\w.])(?:{_OCTET}\.){{3}}{_OCTET}(?!\w|\.[\w.])")
# Four numbers with dots are as often a version or a section.
_VERSION_BEFORE = re.compile(
    r"(?:version|ver|release|build|rev|revision|firmware|driver|kernel|update|upgrade|patch|section|sec|chapter|clause"
    r"|article|paragraph|§)[.:]?\s{0,2}\Z",
    re.IGNORECASE,
)
_BEFORE = 16
_IPV6 = re.compile(r"(?:(?<![\w:.])|(?<=\w:))[0-9A-Fa-f:][0-9A-Fa-f:.]{1,44}(?![\w:])")
# "ip:2001:db8::1"; in "face:bad::1" the word is a group, and in "1:2:3:4:5:6:7:8:9" there is no word.
_LABEL_BEFORE = re.compile(r"(?<![\w:.])\w*[g-z]\w*:\Z", re.IGNORECASE)


def find_ip_addresses(text: str) -> Iterator[PersonalData]:
    """Yield IPv4 addresses in four decimal numbers without leading zeros, and IPv6 addresses in any of their forms."""
    sixes = list(_find_ipv6(text))
    yield from sixes
    for found in _IPV4.finditer(text):
        is_inside = any(six.start < found.start() < six.end for six in sixes)
        if not is_inside and not _VERSION_BEFORE.search(text, max(0, found.start() - _BEFORE), found.start()):
            yield _ip_address(found[0], found.start(), "IPV4")


def _find_ipv6(text: str) -> Iterator[PersonalData]:
    for found in _IPV6.finditer(text):
        candidate = found[0].rstrip(".")
        if candidate.endswith(":") and not candidate.endswith("::"):
            candidate = candidate[:-1]
        is_cut = text.endswith(":", 0, found.start()) and not _LABEL_BEFORE.search(text, max(0, found.start() - _BEFORE), found.start())
        # A digit, because "face::bad" is a name in C++ and Perl.
        if not is_cut and candidate.count(":") >= 2 and any(sign.isdigit() for sign in candidate) and _is_ipv6(candidate):
            yield _ip_address(candidate, found.start(), "IPV6")


def _ip_address(text: str, start: int, version: str) -> PersonalData:
    return PersonalData(PersonalDataKind.IP_ADDRESS, text, start, start + len(text), version)


def _is_ipv6(candidate: str) -> bool:
    try:
        ipaddress.IPv6Address(candidate)
    except ValueError:
        return False
    return True
