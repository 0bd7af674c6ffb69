"""A change that a browser sends must come from a page of ours: no other site can make a signed-in person's browser ask for it.

Two independent checks. What the browser itself says of where the request began (`Sec-Fetch-Site`, or `Origin` where it is older),
which no page can alter; and the session's own token in the form or in `x-csrf-token`, which no other site can read.
"""
from __future__ import annotations

import hmac
from collections.abc import Mapping
from urllib.parse import urlsplit

from shared.errors import PermissionDenied
from shared.http.operation import Auth, Caller, FormBody, Operation

TOKEN_HEADER = "x-csrf-token"  # noqa: S105  (a header's name)
_OWN_SITES = ("same-origin", "none")  # `none`: the person's own doing, like a reload


class ForgedRequest(PermissionDenied):
    """The request does not come from a page of this service, or from one of another session."""


def is_guarded(operation: Operation) -> bool:
    """Whether it is a change that browsers ask for."""
    takes_form = isinstance(operation.body, type) and issubclass(operation.body, FormBody)
    return operation.method != "GET" and (operation.auth is Auth.SESSION or takes_form)


def require_own_site(operation: Operation, headers: Mapping[str, str], endpoint: str) -> None:
    """Raises ForgedRequest. Before there is a session, as in signing in, this is all that can be asked."""
    if is_guarded(operation) and not _began_here(headers, endpoint):
        raise ForgedRequest("The request was not sent by a page of this service.")


def require_own_token(operation: Operation, caller: Caller, headers: Mapping[str, str], body: object) -> None:
    """Raises ForgedRequest."""
    if is_guarded(operation) and caller.session is not None:
        sent = headers.get(TOKEN_HEADER) or (body.csrf if isinstance(body, FormBody) else "")
        if not hmac.compare_digest(sent.encode(), caller.session.csrf_token.encode()):
            raise ForgedRequest("The page belongs to a session that has ended; open it again.")


def _began_here(headers: Mapping[str, str], endpoint: str) -> bool:
    site = headers.get("Sec-Fetch-Site")
    if site:
        return site.lower() in _OWN_SITES
    origin = headers.get("Origin")  # no browser leaves it out where another site sends a form; some other clients do
    try:
        return not origin or urlsplit(origin).netloc.lower() == urlsplit(endpoint).netloc.lower()
    except ValueError:  # what it says is no address
        return False
