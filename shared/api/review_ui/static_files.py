"""Stylesheet, scripts and icon of the pages."""
from __future__ import annotations

from pydantic import Field

from shared.api.review_ui.assets import assets
from shared.api.review_ui.wire import Wire, api
from shared.errors import NotFound
from shared.http.operation import Auth, Call, Document, Reply

_A_YEAR = "public, max-age=31536000, immutable"
_ASK_FIRST = "public, no-cache"


class FilePath(Wire):
    file: str


class FileQuery(Wire):
    v: str = ""


class CacheHeaders(Wire):
    if_none_match: str = Field("", alias="If-None-Match")


@api.operation("GET", "static/{file}", auth=Auth.PUBLIC, success=(200, 304), errors=(NotFound,))
def page_static_file(call: Call, path: FilePath, query: FileQuery, header: CacheHeaders) -> Reply[Document | None]:
    """A file that pages need. Asked for by its hash it may be kept for a year."""
    asset = assets().get(path.file)
    if asset is None:
        raise NotFound("There is no such file.")
    etag = f'"{asset.hash}"'
    headers = {"ETag": etag, "Cache-Control": _A_YEAR if query.v == asset.version else _ASK_FIRST}
    if etag in header.if_none_match:
        return Reply(None, 304, headers)
    return Reply(Document(asset.content, asset.media_type), 200, headers)
