"""The read-only link to an archive: the wire."""
from __future__ import annotations

from pydantic import Field

from shared.api.management.wire import Wire, api
from shared.errors import NotFound, PayloadTooLarge, RangeNotSatisfiable
from shared.http.operation import Auth, Call, Document, Reply
from shared.http.ranges import ByteRange, requested_range
from shared.lifecycle.export_models import Export

ANSWER_LIMIT_BYTES = 64 * 1024 * 1024
"""The Functions host takes an answer whole from the worker, and so does the worker's memory."""


class DownloadPath(Wire):
    token: str


class RangeHeaders(Wire):
    range: str | None = Field(None, alias="Range")
    if_range: str | None = Field(None, alias="If-Range")


@api.operation("GET", "downloads/{token}", auth=Auth.PUBLIC, success=(200, 206),
               errors=(NotFound, PayloadTooLarge, RangeNotSatisfiable))
def download_archive(call: Call, path: DownloadPath, header: RangeHeaders) -> Reply[Document]:
    """An archive, or with `Range` one part of it. Who has the link needs no key; 404 for every reason why it does not work.

    An answer has 64 MiB at the most: of a longer part its beginning is answered, as `Content-Range` says, and a larger
    archive without `Range` is refused with 413. `ETag` with `If-Range` makes sure that parts fit together.
    """
    download = call.services.exports.open_link(path.token)
    size_bytes, etag = download.archive.size_bytes, f'"{download.archive.sha256}"'
    headers = {"ETag": etag, "Accept-Ranges": "bytes", "Content-Disposition": f'attachment; filename="{_file_name(download.export)}"'}
    part = requested_range(header.range, header.if_range, etag, size_bytes)
    if part is None:
        if size_bytes > ANSWER_LIMIT_BYTES:
            raise PayloadTooLarge(f"The archive has {size_bytes} bytes: ask for parts of up to {ANSWER_LIMIT_BYTES} bytes with "
                                  "the header Range.")
        return Reply(Document(download.read(0, size_bytes), "application/zip"), 200, headers)
    part = ByteRange(part.start, min(part.end, part.start + ANSWER_LIMIT_BYTES))
    return Reply(Document(download.read(part.start, part.end), "application/zip"), 206,
                 {**headers, "Content-Range": part.content_range(size_bytes)})


def _file_name(export: Export) -> str:
    return f"moderato-export-{export.created_at:%Y%m%d-%H%M%S}.zip"
