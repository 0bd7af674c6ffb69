"""Receipts of what was erased, and the keys that prove them: the wire. Whoever knows a receipt's id may read it."""
from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from shared.api.management.wire import Wire, api
from shared.errors import NotFound
from shared.http.operation import Auth, Call, Reply

_RECEIPT_ID = re.compile("[0-9a-f]{32}")


class ReceiptPath(Wire):
    receipt_id: str


class SignatureBody(Wire):
    """Over the receipt as JSON with sorted keys and no white space (RFC 8785), by the key of this id."""

    algorithm: str
    key_id: str
    value: str


class ReceiptBody(Wire):
    """Receipt and signature (200), or how far the erasure is that it is for (202)."""

    receipt: dict[str, Any] | None = None
    signature: SignatureBody | None = None
    id: str | None = None
    state: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    purge_after: datetime | None = None
    error: str | None = None


class PublicKey(Wire):
    """A JSON Web Key (RFC 8037)."""

    kty: str
    crv: str
    x: str
    kid: str
    use: str
    alg: str


class PublicKeySet(Wire):
    keys: list[PublicKey]


@api.operation("GET", "receipts/keys", auth=Auth.PUBLIC)
def get_keys_of_receipts(call: Call) -> PublicKeySet:
    """The public keys that receipts are signed with, those of earlier receipts too: a JSON Web Key Set."""
    return PublicKeySet(keys=[PublicKey(**jwk) for jwk in call.services.receipts.public_keys()])


@api.operation("GET", "receipts/{receiptId}", auth=Auth.PUBLIC, success=(200, 202), errors=(NotFound,))
def get_receipt(call: Call, path: ReceiptPath) -> Reply[ReceiptBody]:
    """The signed receipt of an erasure; 202 as long as there is none yet. `python3 dev verify-receipt` checks it."""
    if not _RECEIPT_ID.fullmatch(path.receipt_id):
        raise NotFound("There is no such receipt.")
    document = call.services.receipts.find(path.receipt_id)
    if document is None:
        pending = call.services.pending_receipts.find(path.receipt_id)
        if pending is not None:
            return Reply(ReceiptBody(
                id=path.receipt_id, state=pending.state, created_at=pending.created_at, updated_at=pending.updated_at,
                purge_after=pending.purge_after, error=pending.error or None), 202)
        document = call.services.receipts.find(path.receipt_id)  # it may have been written between the two looks
    if document is None:
        raise NotFound("There is no such receipt.")
    signature = document["signature"]
    return Reply(ReceiptBody(receipt=document["receipt"], signature=SignatureBody(
        algorithm=signature["algorithm"], key_id=signature["keyId"], value=signature["value"])), 200)
