"""Signing in with a code, a key or the platform's word, and signing out."""
from __future__ import annotations

from typing import Annotated

from pydantic import Field

from shared.api.review_ui.platform_identity import object_id_of
from shared.api.review_ui.rendering import document
from shared.api.review_ui.wire import SIGN_IN, Wire, api, redirect
from shared.errors import QuotaExceeded, ServiceError, Unauthenticated
from shared.http.auditing import record_sign_in
from shared.http.cookies import ended_cookie, session_cookie
from shared.http.operation import Auth, Call, Document, FormBody, Reply
from shared.sessions.models import Session

_REFUSED = "That did not work: the code or key is not valid."


class CodeForm(FormBody):
    code: Annotated[str, Field(max_length=200)] = ""


class PlatformForm(FormBody):
    account_id: Annotated[str, Field(max_length=64)] = ""
    team: Annotated[str, Field(max_length=64)] = ""


class PlatformHeaders(Wire):
    principal: str = Field("", alias="X-MS-CLIENT-PRINCIPAL")


@api.operation("GET", "sign-in", auth=Auth.PUBLIC)
def page_sign_in(call: Call) -> Reply[Document]:
    """The way in."""
    return Reply(_page(call))


@api.operation("POST", "sign-in", auth=Auth.PUBLIC, success=(303, 401, 429), audit=False)
def form_sign_in(call: Call, body: CodeForm) -> Reply[Document | None]:
    """Sign in with a member's code or an account's key."""
    code = body.code.strip()
    try:
        _, token = call.services.sessions.sign_in(code, call.address_range, lambda session: _record(call, session))
    except (Unauthenticated, QuotaExceeded) as error:
        named = call.services.sign_ins.account_of_code(code) if isinstance(error, Unauthenticated) else None
        if named is not None:
            record_sign_in(call, named, "unknown", str(error.status))
        return _refused(call, error)
    return redirect("/review", {"Set-Cookie": session_cookie(call.endpoint, token)})


@api.operation("POST", "sign-in/platform", auth=Auth.PUBLIC, success=(303, 401, 429), audit=False)
def form_sign_in_with_platform(call: Call, body: PlatformForm, header: PlatformHeaders) -> Reply[Document | None]:
    """Sign in as the member that the platform's identity was given to, where a setting lets its header count."""
    sessions = call.services.sessions
    try:
        object_id = object_id_of(header.principal, call.services.entra_tenant_id) if sessions.takes_platform_sign_in else ""
        _, token = sessions.sign_in_as(body.account_id.strip().lower(), body.team.strip(), object_id, call.address_range,
                                       lambda session: _record(call, session))
    except (Unauthenticated, QuotaExceeded) as error:
        return _refused(call, error)
    return redirect("/review", {"Set-Cookie": session_cookie(call.endpoint, token)})


@api.operation("POST", "sign-out", auth=Auth.SESSION, success=(303,))
def form_sign_out(call: Call, body: FormBody) -> Reply[None]:
    """End the session."""
    call.services.sessions.end(call.session)
    return redirect(SIGN_IN, {"Set-Cookie": ended_cookie(call.endpoint)})


def _record(call: Call, session: Session) -> None:
    record_sign_in(call, call.services.accounts.open(session.account), session.caller, "succeeded")


def _refused(call: Call, error: ServiceError) -> Reply[Document | None]:
    """The same for every reason."""
    is_too_often = isinstance(error, QuotaExceeded)
    headers = {"Retry-After": str(error.retry_after_seconds)} if isinstance(error, QuotaExceeded) else {}
    return Reply(_page(call, error.message if is_too_often else _REFUSED), error.status, headers)


def _page(call: Call, problem: str = "") -> Document:
    return document("sign_in.html", title="Sign in", problem=problem, takes_platform=call.services.sessions.takes_platform_sign_in)
