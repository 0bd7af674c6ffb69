"""Keys and tokens: what wraps data keys, what signs receipts, whose tokens are accepted."""
from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from shared.accounts.tokens import TokenValidator
from shared.crypto.key_encryption import KeyEncryptionKey, KeyVaultKey, LocalFileKey
from shared.crypto.signing import SigningKey
from shared.settings import Settings

_KEY_VAULT_RETRIES = {"retry_total": 3, "connection_timeout": 5, "read_timeout": 10}


def key_encryption_key_of(settings: Settings, credential: Any) -> KeyEncryptionKey:
    if settings.key_encryption_key_url is not None:
        return KeyVaultKey(settings.key_encryption_key_url, credential, **_KEY_VAULT_RETRIES)
    return LocalFileKey(Path(settings.key_encryption_key_file or ""))


def signing_key_of(settings: Settings) -> SigningKey:
    if settings.receipt_signing_key is not None:
        return SigningKey(settings.receipt_signing_key.reveal)
    return SigningKey.of_file(Path(settings.receipt_signing_key_file or ""))


def token_validator_of(settings: Settings) -> TokenValidator | None:
    if settings.entra_tenant_id is None:
        return None
    return TokenValidator(settings.entra_tenant_id, settings.entra_audience, settings.entra_operator_audience,
                          settings.entra_authority)


def check_wrapping(key_encryption_key: KeyEncryptionKey) -> None:
    probe = os.urandom(32)
    if key_encryption_key.unwrap(key_encryption_key.wrap(probe)) != probe:
        raise ValueError("the key-encryption key does not unwrap what it wrapped")
