"""Kinds that no room has: what walks the holdings must treat them as it treats those that there are."""
from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from typing import Any

from shared.storage.account_store import AccountStore, Record
from shared.storage.holdings import Holding, Portability, Shape


def _new_album(seed: str) -> Mapping[str, Any]:
    return {"shelf": uuid.uuid5(uuid.NAMESPACE_OID, seed).hex, "views": 0}


_ID = {"type": "string", "minLength": 1}
ALBUM = Holding(
    kind="album", shape=Shape.RECORD, portability=Portability.CONTENT, keeps="A made-up record.", key="album name",
    content=("title", "views"), plain=("shelf", "public"), fresh=_new_album, retention="for a test",
    schema={"id": _ID, "title": {"type": "string"}, "public": {"type": "boolean"}})
ALBUM_PAGE = Holding(
    kind="album-page", shape=Shape.RECORD, portability=Portability.CONTENT, keeps="A made-up child.", key="page id under the shelf",
    content=("text",), parent=ALBUM, parent_key="shelf", retention="for a test", schema={"id": _ID, "text": {"type": "string"}})
NOTE = Holding(
    kind="note", shape=Shape.RECORD, portability=Portability.CONTENT, keeps="A child of a child.", key="note id under the page id",
    content=("text",), parent=ALBUM_PAGE, retention="for a test", schema={"id": _ID, "text": {"type": "string"}})
PHOTO = Holding(
    kind="photo", shape=Shape.BLOB, portability=Portability.CONTENT, keeps="A made-up file of an album.",
    key="photo id under the shelf", parent=ALBUM, parent_key="shelf", retention="for a test")
STICKER = Holding(
    kind="sticker", shape=Shape.BLOB, portability=Portability.CONTENT, keeps="A made-up file of nobody's.", key="sticker id",
    retention="for a test")
THUMBNAIL = Holding(
    kind="thumbnail", shape=Shape.BLOB, portability=Portability.DERIVED, keeps="What is made anew.", key="id under the shelf",
    parent=ALBUM, parent_key="shelf", retention="for a test")
VISIT = Holding(
    kind="visit", shape=Shape.RECORD, portability=Portability.HISTORY, keeps="A made-up event.", key="number",
    content=("who",), plain=("at",), retention="for a test",
    schema={"id": _ID, "who": {"type": "string"}, "at": {"type": "string", "format": "date-time"}})
SKETCH = Holding(
    kind="sketch", shape=Shape.RECORD, portability=Portability.TRANSIENT, keeps="What ends by itself.", key="id", content=("text",),
    plain=("endsAt",), expires="endsAt", retention="for a test")

MADE_UP = (ALBUM, ALBUM_PAGE, NOTE, PHOTO, STICKER, THUMBNAIL, VISIT, SKETCH)


def album(name: str, title: str = "", public: bool = False) -> Record:
    fresh = _new_album(f"{name} {uuid.uuid4()}")
    return Record(name, {"title": title, "views": fresh["views"]}, {"shelf": fresh["shelf"], "public": public})


def add_album(store: AccountStore, name: str, pages: Mapping[str, str] | None = None, photos: Mapping[str, bytes] | None = None,
              title: str = "") -> Record:
    """An album with pages (text by id) and photos (bytes by id)."""
    record = album(name, title)
    store.records.insert(ALBUM, record)
    shelf = record.plain["shelf"]
    if pages:
        store.records.upsert_all(ALBUM_PAGE, [Record(page_id, {"text": text}) for page_id, text in pages.items()], parent=shelf)
    for photo_id, content in (photos or {}).items():
        store.blobs.write(PHOTO, f"{shelf}/{photo_id}", [content])
    return record


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
