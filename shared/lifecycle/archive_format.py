"""What an export archive looks like: a ZIP file of version 1 of this format.

    account.json                    about the account; not imported
    schemas/<kind>.json             JSON Schema of one line of a kind
    files/<kind>/<id>               one blob; ids are percent-encoded, `/` between parts stays
    records/<kind>.jsonl            one record a line, ordered by id, those of an owner together and in their owners' order
    history/<kind>.jsonl            records that are shown and never imported (audit events), or of no declared kind
    history/<kind>/<id>             blobs of that sort
    manifest.json                   the last member: counts, size and SHA-256 of every other member, Merkle root

A line is JSON with sorted keys and no white space: `id`, `parent` (the id of the owning record) where the kind has one,
and the properties that `storage/holdings/` declares, those made anew on import left out. Ids compare by code point.
The first part of the id of a file that a record owns is the owner's id, percent-encoded (`owned_file_id`).

The Merkle root (RFC 6962) covers what an import brings back: the members under `records/` and `files/` in the order of
their paths (by code point); of a `records/` member each line is a leaf, `<path>\\n<line without its newline>`; a file is one
leaf, `<path>\\n<SHA-256 of its bytes, 32 bytes>`. It depends on neither account, region nor time.
"""
from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, unquote

from shared.storage.account_store import Record
from shared.storage.holdings import Holding, Shape

FORMAT_NAME = "moderato-account-archive"
FORMAT_VERSION = 1
MANIFEST_PATH = "manifest.json"
ACCOUNT_PATH = "account.json"
LINE_LIMIT_BYTES = 400_000
"""A record's payload has 64 KiB at the most; escaped as JSON, six times that."""


def records_path(kind: str) -> str:
    return f"records/{kind}.jsonl"


def history_path(kind: str) -> str:
    return f"history/{kind}.jsonl"


def schema_path(kind: str) -> str:
    return f"schemas/{kind}.json"


def file_path(kind: str, blob_id: str) -> str:
    return f"files/{kind}/{quote(blob_id, safe='/')}"


def history_file_path(kind: str, blob_id: str) -> str:
    return f"history/{kind}/{'/'.join(_escaped_part(part) for part in blob_id.split('/'))}"


def owned_file_id(owner_id: str, rest: str) -> str:
    """The id in an archive of a file of this record; in the container the owner's key stands for its id."""
    return f"{_escaped_part(owner_id)}/{rest}"


def owner_of_file(file_id: str) -> tuple[str, str]:
    """The owner's id and the rest, of an id that `owned_file_id` made. Raises ValueError for any other."""
    escaped, separator, rest = file_id.partition("/")
    owner_id = unquote(escaped, errors="strict")
    if not separator or owned_file_id(owner_id, rest) != file_id:
        raise ValueError("not the id of a file that a record owns")
    return owner_id, rest


def blob_id_of(path: str) -> tuple[str, str]:
    """Kind and blob id of a path under `files/`. Raises ValueError unless `file_path` makes this path of them."""
    _, kind, escaped = path.split("/", 2)
    blob_id = unquote(escaped, errors="strict")
    parts = blob_id.split("/")
    if file_path(kind, blob_id) != path or any(part in ("", ".", "..") for part in parts):
        raise ValueError("not the path of a file")
    return kind, blob_id


def line_of(holding: Holding, record: Record, parent: str | None) -> bytes:
    """One record as a line, with its newline. `parent` is the owning record's id."""
    derived = holding.derived
    values = {name: value for name, value in {**record.plain, **record.content}.items() if name not in derived}
    return json_line({"id": record.id, **({} if parent is None else {"parent": parent}), **values})


def json_line(values: Mapping[str, Any]) -> bytes:
    """Canonical: sorted keys, no white space, UTF-8, times in UTC as RFC 3339; with its newline."""
    try:
        return json.dumps(values, ensure_ascii=False, **_CANONICAL).encode() + b"\n"
    except UnicodeEncodeError:  # a lone surrogate is no UTF-8, and stays an escape
        return json.dumps(values, ensure_ascii=True, **_CANONICAL).encode() + b"\n"


def schema_of(holding: Holding) -> dict[str, Any]:
    """The JSON Schema (2020-12) of a line of this kind; of the files of a kind there is none."""
    assert holding.shape is Shape.RECORD
    properties = dict(holding.schema)
    if holding.parent is not None:
        properties["parent"] = dict(holding.parent.schema["id"])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": holding.kind, "description": holding.keeps, "type": "object",
        "properties": properties, "required": sorted(properties), "additionalProperties": False}


def _escaped_part(part: str) -> str:
    """One part of a path that means no directory, whatever the id is."""
    return part.replace(".", "%2E") if part in (".", "..") else quote(part, safe="")


def _time(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    raise TypeError("a record holds a value that JSON does not have")


_CANONICAL: dict[str, Any] = {"sort_keys": True, "separators": (",", ":"), "default": _time, "allow_nan": False}
