"""The key that signs receipts: Ed25519 (RFC 8032), its public half as a JSON Web Key (RFC 8037)."""
from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path

from shared.crypto.key_encryption import write_new_key
from shared.errors import Unavailable

ALGORITHM = "Ed25519"
_SEED_BYTES = 32


class SigningKey:
    """Read when it is first needed, and only then found to be missing or damaged."""

    def __init__(self, read: Callable[[], str]) -> None:
        """`read` returns the 32 bytes of the private key in base64."""
        self._read = read

    @classmethod
    def of_file(cls, path: Path) -> SigningKey:
        """Development: the key in a file, which is made if it is missing."""
        def read() -> str:
            if not path.exists():
                write_new_key(path)
            return path.read_text().strip()
        return cls(read)

    def sign(self, message: bytes) -> bytes:
        """Raises Unavailable without a key."""
        return self._private_key().sign(message)

    def public_jwk(self) -> dict[str, str]:
        """The public key; its `kid` is its thumbprint (RFC 7638). Raises Unavailable without a key."""
        public = self._private_key().public_key().public_bytes_raw()
        return jwk_of(public)

    def check(self) -> None:
        """Raises Unavailable without a key."""
        self.public_jwk()

    def _private_key(self):
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        try:
            seed = base64.b64decode(self._read(), validate=True)
        except (OSError, binascii.Error):
            seed = b""
        if len(seed) != _SEED_BYTES:
            raise Unavailable("The key that signs receipts is missing or damaged.")
        return Ed25519PrivateKey.from_private_bytes(seed)


def jwk_of(public_key: bytes) -> dict[str, str]:
    required = {"crv": ALGORITHM, "kty": "OKP", "x": _base64url(public_key)}
    thumbprint = hashlib.sha256(json.dumps(required, sort_keys=True, separators=(",", ":")).encode()).digest()
    return {**required, "alg": "EdDSA", "use": "sig", "kid": _base64url(thumbprint)}


def verifies(jwk: Mapping[str, str], signature: bytes, message: bytes) -> bool:
    """Whether the owner of this public key signed the message."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        padded = jwk["x"] + "=" * (-len(jwk["x"]) % 4)
        Ed25519PublicKey.from_public_bytes(base64.b64decode(padded, altchars=b"-_", validate=True)).verify(signature, message)
    except (InvalidSignature, ValueError, KeyError, TypeError):
        return False
    return True


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
