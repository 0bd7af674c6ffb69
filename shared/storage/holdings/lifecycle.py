"""Exports, imports and erasures that are under way."""
from __future__ import annotations

from shared.storage.holdings.holding import Holding, Portability, Shape

ERASURE = Holding(
    kind="erasure", shape=Shape.RECORD, portability=Portability.TRANSIENT,
    keeps="An erasure of kinds of data, or of a record and what it owns, that was asked for and has no receipt yet: how far it has come.",
    key="receipt id", content=("kinds", "scope", "requestedBy", "tries", "error", "steps", "exports", "inventory", "place", "pending",
                               "record", "named"),
    plain=("state", "createdAt", "updatedAt"),
    retention="until its receipt is written or the account ends")

EXPORT = Holding(
    kind="export", shape=Shape.RECORD, portability=Portability.TRANSIENT,
    keeps="An export that was asked for: its state and progress, and size, hash and counts of its archive.",
    key="export id", content=("progress", "archive", "error"),
    plain=("state", "attempt", "attempts", "createdAt", "updatedAt", "finishedAt", "merkleRoot", "expiresAt"), expires="expiresAt",
    retention="EXPORT_RETENTION_DAYS after it ended, or until the owner deletes it or the account ends")

EXPORT_ARCHIVE = Holding(
    kind="export-archive", shape=Shape.BLOB, portability=Portability.TRANSIENT,
    keeps="The archive of an export: everything that the account held.",
    key="export id and attempt", parent=EXPORT, retention="as long as its export")

IMPORT = Holding(
    kind="import", shape=Shape.RECORD, portability=Portability.TRANSIENT,
    keeps="An import of an archive: its state and progress, how far it has come, and what it took.",
    key="import id", content=("sizeBytes", "sha256", "parts", "place", "progress", "result", "error"),
    plain=("state", "attempt", "attempts", "createdAt", "updatedAt", "finishedAt", "expiresAt"), expires="expiresAt",
    retention="IMPORT_RETENTION_HOURS after it last moved, or until the owner deletes it or the account ends")

IMPORT_UPLOAD = Holding(
    kind="import-upload", shape=Shape.BLOB, portability=Portability.TRANSIENT,
    keeps="A part of an archive that is to be imported.",
    key="import id, part number and when it came", parent=IMPORT, retention="until its import ends")

IMPORT_STATE = Holding(
    kind="import-state", shape=Shape.BLOB, portability=Portability.TRANSIENT,
    keeps="What an import works by: the list of its parts, which records it takes; in the end the names of what it did not take.",
    key="import id and name", parent=IMPORT, retention="as long as its import")
