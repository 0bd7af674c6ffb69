"""The token of a read-only link to one archive: whose it is, until when, and a proof that the account's own key made it.

A link of the storage itself would lead to ciphertext, since archives are encrypted by us.
"""
from __future__ import annotations

import hashlib
import hmac
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass

from shared.crypto.envelope import DataKeys

_LINK = struct.Struct(">16s16s16sQ")
_PROOF_BYTES = 32
_TOKEN_CHARACTERS = (_LINK.size + _PROOF_BYTES) * 4 // 3 + 1
_PURPOSE = "download link"


@dataclass(frozen=True, slots=True)
class DownloadLink:
    """Ids in hex; `expires_at` in seconds since 1970."""

    account_id: str
    export_id: str
    attempt: str
    expires_at: int
    proof: bytes = b""

    def is_signed_by(self, keys: DataKeys) -> bool:
        return hmac.compare_digest(_proof(_packed(self), keys), self.proof)


def token_of_link(link: DownloadLink, keys: DataKeys) -> str:
    packed = _packed(link)
    return urlsafe_b64encode(packed + _proof(packed, keys)).decode().rstrip("=")


def link_of_token(token: str) -> DownloadLink:
    """What a token says, not yet proved. Raises ValueError where it is none."""
    if len(token) != _TOKEN_CHARACTERS or not token.isascii():
        raise ValueError("not a token")
    content = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    if len(content) != _LINK.size + _PROOF_BYTES:
        raise ValueError("not a token")
    account_id, export_id, attempt, expires_at = _LINK.unpack(content[:_LINK.size])
    return DownloadLink(account_id.hex(), export_id.hex(), attempt.hex(), expires_at, content[_LINK.size:])


def _packed(link: DownloadLink) -> bytes:
    return _LINK.pack(bytes.fromhex(link.account_id), bytes.fromhex(link.export_id), bytes.fromhex(link.attempt), link.expires_at)


def _proof(packed: bytes, keys: DataKeys) -> bytes:
    return hmac.new(keys.derive(_PURPOSE), packed, hashlib.sha256).digest()
