"""How a callback proves where it comes from: HMAC-SHA-256 over its id, the time and its exact body.

The id is signed too: who has seen a callback could send it again under another id, as if it were a new one.
"""
from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime

DELIVERY_HEADER = "x-moderato-delivery"
TIMESTAMP_HEADER = "x-moderato-timestamp"
SIGNATURE_HEADER = "x-moderato-signature"


def signed_headers(keys: Sequence[str], callback_id: str, time: datetime, body: bytes) -> dict[str, str]:
    """The headers of one attempt; `x-moderato-signature` has `v1=<hex>` for each key, with commas between them."""
    timestamp = str(int(time.timestamp()))
    signed = f"{callback_id}.{timestamp}.".encode() + body
    return {DELIVERY_HEADER: callback_id, TIMESTAMP_HEADER: timestamp,
            SIGNATURE_HEADER: ",".join("v1=" + hmac.new(key.encode(), signed, hashlib.sha256).hexdigest() for key in keys)}
