"""E-mail addresses. Source: RFC 5321, section 4.5.3.1 (lengths); RFC 5322, section 3.2.3 (atom); RFC 6531 (letters of any script)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from shared.text_analysis.pii.models import PersonalData, PersonalDataKind

_LOCAL_LIMIT = 64
_READ_BACKWARDS = 80
# From an "@" outwards, so that the time is linear whatever stands around it.
_LOCAL_BACKWARDS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+")
_NOT_FIRST = ".!#$%&'*+/=?^`{|}~-"  # legal at the beginning, but there it is the text's punctuation
# Legal too, but before an address they end what is not part of it: "?email=jo@example.org", "sales/jo@example.org".
_PART = re.compile("[/=?|{}]|%[0-9A-Fa-f]{2}")
_DOMAIN = re.compile(r"(?:\w(?:[\w-]{0,61}\w)?\.){1,8}(?:xn--[a-z0-9-]{1,59}|[^\W\d_]{2,63})(?!\w)")
# "icon@2x.png" is a picture for screens of twice the resolution.
_FILE_ENDINGS = (".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp", ".ico", ".css", ".js")


def find_emails(text: str) -> Iterator[PersonalData]:
    """Yield addresses with a domain of two labels or more."""
    done = 0
    for at in re.finditer("@", text):
        domain = _DOMAIN.match(text, at.end())
        if domain is None or domain[0].lower().endswith(_FILE_ENDINGS):
            continue
        around = _LOCAL_BACKWARDS.match(text[max(done, at.start() - _READ_BACKWARDS) : at.start()][::-1])
        if around is None:
            continue
        local = _without_what_is_before(around[0][::-1])
        if not local or len(local) > _LOCAL_LIMIT or local.endswith("."):
            continue
        start, end = at.start() - len(local), domain.end()
        done = end
        yield PersonalData(PersonalDataKind.EMAIL, text[start:end], start, end)


def _without_what_is_before(local: str) -> str:
    *before, local = _PART.split(local)
    if before:  # "a=1&b=" has parts that "r&d" has not
        local = local.rpartition("&")[2]
    return local.rpartition("..")[2].lstrip(_NOT_FIRST)
