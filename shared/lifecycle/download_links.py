"""The token of a read-only link to one archive.

A link of the storage itself would lead to ciphertext, since archives are encrypted by us.
"""
from __future__ import annotations

from dataclasses import dataclass

from shared.crypto.envelope import DataKeys
from shared.crypto.links import SignedLink, link_of, token_of

_ID_BYTES = 16
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
        return _signed(self).is_signed_by(keys, _PURPOSE)


def token_of_link(link: DownloadLink, keys: DataKeys) -> str:
    return token_of(_signed(link), keys, _PURPOSE)


def link_of_token(token: str) -> DownloadLink:
    """What a token says, not yet proved. Raises ValueError where it is none."""
    link = link_of(token)
    if len(link.subject) != 2 * _ID_BYTES:
        raise ValueError("not a token")
    return DownloadLink(link.account_id, link.subject[:_ID_BYTES].hex(), link.subject[_ID_BYTES:].hex(), link.expires_at, link.proof)


def _signed(link: DownloadLink) -> SignedLink:
    return SignedLink(link.account_id, bytes.fromhex(link.export_id) + bytes.fromhex(link.attempt), link.expires_at, link.proof)
