"""What is kept of an account itself: its audit trail, and samples given with consent."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.storage.holdings.holding import Holding, Portability, Shape, generation_of

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
    return {"generation": generation_of(seed), "claim": ""}


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
