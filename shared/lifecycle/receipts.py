"""Receipts of what was erased: signed once, kept for ever, read by anybody who knows the id. They hold no content.

Container `receipts`: `receipts/<id>.json`, `keys/<key id>.json`, the public keys that ever signed one, and for each receipt that
its account may list an empty `accounts/<account id>/<time, the newest first>-<id>`. The signed bytes
are the receipt as JSON with sorted keys, no white space, in UTF-8 (RFC 8785, whose rules for numbers and strings it keeps
to: there are no fractions). A receipt has no null: what does not apply is left out.
"""
from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from shared.caching import CACHE_SECONDS
from shared.crypto.signing import ALGORITHM, SigningKey
from shared.errors import Conflict, NotFound
from shared.storage.blobs import BlobStore
from shared.storage.queues import MESSAGE_SECONDS
from shared.version import VERSION

RECEIPT_CONTAINER = "receipts"
FORMAT = "moderato-receipt-1"
_ID_CHARACTERS = 32
_TIME_DIGITS = 14
_LAST_MILLISECOND = 10 ** _TIME_DIGITS - 1


class ReceiptService:
    def __init__(self, blobs: BlobStore, key: SigningKey, region: str) -> None:
        self._container = blobs.container(RECEIPT_CONTAINER)
        self._key = key
        self._region = region

    def write(self, receipt_id: str, receipt: Mapping[str, Any]) -> None:
        """Sign and keep a receipt. The first one under an id stays. Raises Unavailable without the signing key."""
        jwk = self._key.public_jwk()
        whole = {"format": FORMAT, "id": receipt_id, "region": self._region, "codeVersion": VERSION, **receipt}
        signature = base64.b64encode(self._key.sign(canonical(whole))).decode()
        document = {"receipt": whole, "signature": {"algorithm": ALGORITHM, "keyId": jwk["kid"], "value": signature}}
        self._insert(f"keys/{jwk['kid']}.json", jwk)  # first, so that no receipt is without its key
        self._insert(f"receipts/{receipt_id}.json", document)

    def find(self, receipt_id: str) -> dict[str, Any] | None:
        """The receipt with its signature, None where there is none of this id."""
        try:
            return json.loads(b"".join(self._container.read(f"receipts/{receipt_id}.json")))
        except NotFound:
            return None

    def note(self, account_id: str, receipt_id: str, asked_at: datetime) -> None:
        """Let the account list the receipt that is about to be written. To be said with the same time each time."""
        newest_first = _LAST_MILLISECOND - int(asked_at.timestamp() * 1000)
        self._insert(f"accounts/{account_id}/{newest_first:0{_TIME_DIGITS}}-{receipt_id}", {})

    def page(self, account_id: str, after: str | None, size: int) -> tuple[list[dict[str, Any]], str | None]:
        """The account's receipts with their signatures, what was asked for last first; and the place to go on after."""
        prefix = f"accounts/{account_id}/"
        try:
            names = list(islice(self._container.names(prefix, None if after is None else prefix + after), size + 1))
        except NotFound:
            return [], None
        found = (self.find(name[-_ID_CHARACTERS:]) for name in names[:size])
        return [receipt for receipt in found if receipt is not None], names[size - 1].removeprefix(prefix) if len(names) > size else None

    def public_keys(self) -> list[dict[str, str]]:
        """The keys that signed receipts and the one that signs now, as JSON Web Keys. Raises Unavailable without one."""
        current = self._key.public_jwk()
        try:
            stored = [json.loads(b"".join(self._container.read(name))) for name in self._container.names("keys/")]
        except NotFound:
            stored = []
        return [current, *(jwk for jwk in stored if jwk["kid"] != current["kid"])]

    def _insert(self, name: str, document: Mapping[str, Any]) -> None:
        try:
            self._container.insert(name, [canonical(document)])
        except Conflict:
            return
        except NotFound:
            self._container.create()
            self._insert(name, document)


def canonical(document: Mapping[str, Any]) -> bytes:
    """The bytes that are signed."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def time_text(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def clocks(cache_seconds: int) -> list[dict[str, Any]]:
    """What ends by itself after a receipt was written, and when at the latest."""
    return [
        {"clock": "what workers remember in memory without using it, unwrapped keys included",
         "atMostSeconds": max(cache_seconds, CACHE_SECONDS)},
        {"clock": "queued jobs of ids alone, which are dropped when their turn comes", "atMostSeconds": MESSAGE_SECONDS},
        {"clock": "soft delete, versions, snapshots, backups and copies elsewhere: none are kept", "atMostSeconds": 0},
        {"clock": "Key Vault: nothing of an account is kept there", "atMostSeconds": 0},
    ]
