"""What the pages have in common: their address, their headers, and how they say what went wrong."""
from __future__ import annotations

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from shared.api.review_ui.rendering import document
from shared.errors import InvalidRequest, QuotaExceeded, ServiceError, Unauthenticated
from shared.http.operation import Api, Document, Rendered, Reply

SIGN_IN = "/review/sign-in"
HEADERS = {
    # No script or style but our own files, nothing from elsewhere, no frame around a page.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
                               "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    # Not `no-referrer`: with it a browser hides where a form was sent from, which is what the check against forgery asks.
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_TITLES = {400: "That cannot be taken", 403: "Not allowed", 404: "Not found", 409: "Not possible now", 413: "Too large",
           415: "Not that kind", 429: "Too often", 503: "Not available now"}


class Wire(BaseModel):
    """Path and query of a page: camelCase names, as in the addresses of our own API."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True, extra="ignore", defer_build=True)


class FormRefused(InvalidRequest):
    """A form asked for what cannot be: `page` has the form again, with what was typed and what is wrong with it."""

    def __init__(self, refused: ServiceError, page: Document) -> None:
        super().__init__(refused.message, refused.target)
        self.page = page


def redirect(path: str, headers: dict[str, str] | None = None) -> Reply[None]:
    """To be answered after a change, so that loading the page anew repeats nothing; the operation's status is 303."""
    return Reply(None, 303, {"Location": path, **(headers or {})})


def render_error(error: ServiceError, request_id: str) -> Rendered:
    """A page that says it; who is not signed in is sent to where that is done."""
    if isinstance(error, Unauthenticated):
        return Rendered(303, Document("", "text/html; charset=utf-8"), {"Location": SIGN_IN})
    if isinstance(error, FormRefused):
        return Rendered(error.status, error.page)
    title = _TITLES.get(error.status, "Something went wrong")
    headers = {"Retry-After": str(error.retry_after_seconds)} if isinstance(error, QuotaExceeded) else {}
    page = document("error.html", title=title, message=error.message, request_id=request_id, is_our_fault=error.status == 500)
    return Rendered(error.status, page, headers)


api = Api("Review tool", prefix="review", render_error=render_error, headers=HEADERS)
