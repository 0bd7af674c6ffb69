"""Every kind of record and blob that is kept for an account, declared once.

An account's table holds rows with PartitionKey `<kind>` or `<kind>|<parent key>` and RowKey `<id>`; its container holds
blobs named `<kind>/<id>`. Export, import, erasure, retention and the documentation walk this list and know no kind by
name, so that a kind that is added here is covered by all of them. A room imports its kinds from here.
"""
from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class Shape(Enum):
    RECORD = "record"
    BLOB = "blob"


class Portability(Enum):
    """What an export and an import do with a kind."""

    CONTENT = "exported and imported"
    HISTORY = "exported, never imported"
    DERIVED = "left out: made anew from what is imported"
    TRANSIENT = "left out: ends by itself"


@dataclass(frozen=True, slots=True)
class Holding:
    """One kind.

    `content` are the encrypted properties, `plain` those that are kept readable; a record has exactly these.
    `schema` is the JSON Schema of the id and of each property that is exported: all but those that `fresh` makes.
    It is in every archive, for any validator: a pattern ends in `$`, which means the end there and in ours (not `\\Z`).
    `fresh` makes the derived properties of a record that is imported or emptied; equal seeds make equal ones.
    `parent` is the kind of the records that own these. What a record owns lies under its property `parent_key`, or
    under its id where that is None: rows in the partition `<kind>|<key>`, blobs under `<kind>/<key>/`.
    `expires` is the plain property (an aware UTC datetime) after which the record, and what it owns, is deleted.
    """

    kind: str
    shape: Shape
    keeps: str
    key: str
    retention: str
    portability: Portability
    content: tuple[str, ...] = ()
    plain: tuple[str, ...] = ()
    schema: Mapping[str, Any] = field(default_factory=dict)
    fresh: Callable[[str], Mapping[str, Any]] | None = None
    parent: Holding | None = None
    parent_key: str | None = None
    expires: str | None = None

    @property
    def derived(self) -> frozenset[str]:
        """The properties that no export holds."""
        return frozenset(self.fresh("")) if self.fresh else frozenset()


def owned_by(holding: Holding, holdings: Sequence[Holding]) -> list[Holding]:
    """The kinds whose records and blobs belong to a record of this kind."""
    return [each for each in holdings if each.parent is holding]


def _new_blocklist(seed: str) -> Mapping[str, Any]:
    """An index that no normalising rules made: the first use builds it from the items."""
    return {"generation": uuid.uuid5(_GENERATIONS, seed).hex, "version": 1, "patternsVersion": 1,
            "index": {"rules": 0, "base": None, "segments": [], "tail": ""}}


_GENERATIONS = uuid.UUID("8a4b5e0e-27f5-4c0e-9d1f-6f6d6f646572")

_SENDABLE = r"^[^\ud800-\udfff]*$"
"""Text that an answer can hold: half a surrogate pair is no UTF-8."""

BLOCKLIST = Holding(
    kind="blocklist", shape=Shape.RECORD, portability=Portability.CONTENT,
    keeps="A Content Safety blocklist, with the manifest of its compiled index and the key that makes its item ids.",
    key="blocklist name", content=("description", "itemKey", "index"), plain=("version", "patternsVersion", "generation"),
    schema={"id": {"type": "string", "pattern": r"^[0-9A-Za-z._~-]{1,64}$"},
            "description": {"type": "string", "maxLength": 1024, "pattern": _SENDABLE},
            "itemKey": {"type": "string", "pattern": r"^[0-9a-f]{64}$"}},
    fresh=_new_blocklist,
    retention="until the owner deletes it or the account ends")

BLOCKLIST_ITEM = Holding(
    kind="blocklist-item", shape=Shape.RECORD, portability=Portability.CONTENT,
    keeps="One item of a blocklist.",
    key="item id under the list's generation; the id is a keyed hash of the text",
    content=("text", "description", "isRegex"), parent=BLOCKLIST, parent_key="generation",
    schema={"id": {"type": "string", "pattern": r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"},
            "text": {"type": "string", "minLength": 1, "maxLength": 128, "pattern": _SENDABLE},
            "description": {"type": "string", "maxLength": 1024, "pattern": _SENDABLE},
            "isRegex": {"type": "boolean"}},
    retention="until the owner deletes it, its list or the account")

BLOCKLIST_INDEX = Holding(
    kind="blocklist-index", shape=Shape.BLOB, portability=Portability.DERIVED,
    keeps="A segment of a blocklist's compiled index: keyed hashes of terms and item ids, no readable term.",
    key="list generation and segment id", parent=BLOCKLIST, parent_key="generation",
    retention="until a compaction replaces it or the list is deleted")

LIST_NUMBER = Holding(
    kind="list-number", shape=Shape.RECORD, portability=Portability.DERIVED,
    keeps="The number of the last list of a kind that was made: no number is given twice.",
    key="kind of the lists", content=("last",),
    retention="until the account ends")


def _new_term_list(seed: str) -> Mapping[str, Any]:
    return {"generation": uuid.uuid5(_GENERATIONS, seed).hex}


TERM_LIST = Holding(
    kind="term-list", shape=Shape.RECORD, portability=Portability.CONTENT,
    keeps="A Content Moderator term list.",
    key="list number", content=("name", "description", "metadata"), plain=("generation",),
    schema={"id": {"type": "string", "pattern": r"^[1-9][0-9]{0,8}$"},
            "name": {"type": "string", "maxLength": 128, "pattern": _SENDABLE},
            "description": {"type": "string", "maxLength": 1024, "pattern": _SENDABLE},
            "metadata": {"type": "object", "maxProperties": 20,
                         "propertyNames": {"minLength": 1, "maxLength": 64, "pattern": _SENDABLE},
                         "additionalProperties": {"type": "string", "maxLength": 256, "pattern": _SENDABLE}}},
    fresh=_new_term_list,
    retention="until the owner deletes it or the account ends")


def _new_term_language(seed: str) -> Mapping[str, Any]:
    return {"generation": uuid.uuid5(_GENERATIONS, seed).hex, "version": 1,
            "index": {"rules": 0, "base": None, "segments": [], "tail": ""}}


TERM_LANGUAGE = Holding(
    kind="term-language", shape=Shape.RECORD, portability=Portability.CONTENT,
    keeps="That a term list has terms of a language: the manifest of their compiled index and the key that makes their ids.",
    key="list number and language code under the list's generation", content=("itemKey", "index"), plain=("version", "generation"),
    parent=TERM_LIST, parent_key="generation",
    schema={"id": {"type": "string", "pattern": r"^[1-9][0-9]{0,8}-[a-z]{3}$"},
            "itemKey": {"type": "string", "pattern": r"^[0-9a-f]{64}$"}},
    fresh=_new_term_language,
    retention="until the owner deletes all terms of the language, the list or the account")

TERM = Holding(
    kind="term", shape=Shape.RECORD, portability=Portability.CONTENT,
    keeps="One term of a term list.",
    key="keyed hash of the term, under the generation of its language in its list", content=("text",),
    parent=TERM_LANGUAGE, parent_key="generation",
    schema={"id": {"type": "string", "pattern": r"^[0-9a-f]{32}$"},
            "text": {"type": "string", "minLength": 1, "maxLength": 128, "pattern": _SENDABLE}},
    retention="until the owner deletes it, all terms of its language, its list or the account")

TERM_LIST_INDEX = Holding(
    kind="term-list-index", shape=Shape.BLOB, portability=Portability.DERIVED,
    keeps="A segment of the compiled index of a language in a term list: keyed hashes of terms and their ids, no readable term.",
    key="generation of the language in the list, and segment id", parent=TERM_LANGUAGE, parent_key="generation",
    retention="until a compaction replaces it or the terms are deleted")

AUDIT_EVENT = Holding(
    kind="audit-event", shape=Shape.RECORD, portability=Portability.HISTORY,
    keeps="One link of the account's audit trail: who did what, when and from where, without content, and the hash of the link before.",
    key="sequence number, 20 digits; `head` is the end of the trail", content=("event", "hash"),
    schema={"id": {"type": "string", "pattern": r"^([0-9]{20}|head)$"},
            "event": {"type": "object"},
            "hash": {"type": "string", "pattern": r"^[0-9a-f]{64}$"}},
    retention="AUDIT_RETENTION_DAYS, or until the owner deletes it or the account ends")

KEY_USE = Holding(
    kind="key-use", shape=Shape.RECORD, portability=Portability.HISTORY,
    keeps="A range of addresses that one of the account's keys or identities was used from.",
    key="keyed hash of key name and range", content=("caller", "addressRange", "firstUsedAt"),
    schema={"id": {"type": "string", "pattern": r"^[0-9a-f]{64}$"},
            "caller": {"type": "string"}, "addressRange": {"type": "string"},
            "firstUsedAt": {"type": "string", "format": "date-time"}},
    retention="until the owner deletes it or the account ends")


def _new_consent(seed: str) -> Mapping[str, Any]:
    """Samples lie under the generation of their consent. The claim is that of the request that revokes it."""
    return {"generation": uuid.uuid5(_GENERATIONS, seed).hex, "claim": ""}


CONSENT = Holding(
    kind="consent", shape=Shape.RECORD, portability=Portability.HISTORY,
    keeps="That the account agreed to give sample content, or took that back: who, when, and to what statement.",
    key="`sample-content`", content=("statement", "agreedBy", "agreedAt", "revokedBy", "revokedAt", "receiptId", "claim"),
    plain=("generation",),
    schema={"id": {"const": "sample-content"}, "statement": {"type": "string", "maxLength": 2000},
            "agreedBy": {"type": "string"}, "agreedAt": {"type": "string", "format": "date-time"},
            "revokedBy": {"type": "string"}, "revokedAt": {"type": "string"}, "receiptId": {"type": "string"}},
    fresh=_new_consent,
    retention="until the owner deletes it or the account ends; a consent does not travel with an import")

SAMPLE = Holding(
    kind="sample", shape=Shape.RECORD, portability=Portability.HISTORY,
    keeps="A text that the account gave, with consent, to improve the service.",
    key="time and chance", content=("text", "note", "expectedSeverities", "submittedBy", "submittedAt"),
    parent=CONSENT, parent_key="generation",
    schema={"id": {"type": "string", "pattern": r"^[0-9a-f]{32}$"},
            "text": {"type": "string", "maxLength": 10_000}, "note": {"type": "string", "maxLength": 1024},
            "expectedSeverities": {"type": "object", "additionalProperties": {"type": "integer"}}, "submittedBy": {"type": "string"},
            "submittedAt": {"type": "string", "format": "date-time"}},
    retention="until the owner deletes it, the consent is revoked or the account ends")

ERASURE = Holding(
    kind="erasure", shape=Shape.RECORD, portability=Portability.TRANSIENT,
    keeps="An erasure of kinds of data that was asked for and has no receipt yet: how far it has come.",
    key="receipt id", content=("kinds", "scope", "requestedBy", "tries", "error", "steps", "exports", "inventory", "place", "pending"),
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

HOLDINGS: tuple[Holding, ...] = (
    BLOCKLIST, BLOCKLIST_ITEM, BLOCKLIST_INDEX,
    TERM_LIST, TERM_LANGUAGE, TERM, TERM_LIST_INDEX, LIST_NUMBER,
    AUDIT_EVENT, KEY_USE, CONSENT, SAMPLE,
    ERASURE,
    EXPORT, EXPORT_ARCHIVE,
    IMPORT, IMPORT_UPLOAD, IMPORT_STATE,
)
