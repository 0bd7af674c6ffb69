"""Tokens that open one thing without a key: whose it is, what, until when, and a proof that the account's own key made it."""
from __future__ import annotations

import hashlib
import hmac
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass

from shared.crypto.envelope import DataKeys

_ACCOUNT_BYTES = 16
_TIME = struct.Struct(">Q")
_PROOF_BYTES = 32
_MOST_CHARACTERS = 2_000


@dataclass(frozen=True, slots=True)
class SignedLink:
    """`account_id` in hex; `subject` is what a room names the thing by; `expires_at` in seconds since 1970."""

    account_id: str
    subject: bytes
    expires_at: int
    proof: bytes = b""

    def is_signed_by(self, keys: DataKeys, purpose: str) -> bool:
        return hmac.compare_digest(_proof(self, keys, purpose), self.proof)


def token_of(link: SignedLink, keys: DataKeys, purpose: str) -> str:
    """A token for this purpose is none for another."""
    return urlsafe_b64encode(_packed(link) + _proof(link, keys, purpose)).decode().rstrip("=")


def link_of(token: str) -> SignedLink:
    """What a token says, not yet proved. Raises ValueError where it is none."""
    if len(token) > _MOST_CHARACTERS or not token.isascii():
        raise ValueError("not a token")
    content = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    subject_bytes = len(content) - _ACCOUNT_BYTES - _TIME.size - _PROOF_BYTES
    # One token, one spelling: the decoder skips what is not of its alphabet.
    if subject_bytes < 0 or urlsafe_b64encode(content).decode().rstrip("=") != token:
        raise ValueError("not a token")
    end = _ACCOUNT_BYTES + subject_bytes
    (expires_at,) = _TIME.unpack_from(content, end)
    return SignedLink(content[:_ACCOUNT_BYTES].hex(), content[_ACCOUNT_BYTES:end], expires_at, content[end + _TIME.size:])


def _packed(link: SignedLink) -> bytes:
    return bytes.fromhex(link.account_id) + link.subject + _TIME.pack(link.expires_at)


def _proof(link: SignedLink, keys: DataKeys, purpose: str) -> bytes:
    return hmac.new(keys.derive(purpose), _packed(link), hashlib.sha256).digest()
