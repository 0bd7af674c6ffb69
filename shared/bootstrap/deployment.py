"""What the live deployment is asked before the first work: whether it is as the template makes it."""
from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from azure.storage.blob import BlobServiceClient

from shared.bootstrap.keys import check_wrapping
from shared.bootstrap.storage import url_of
from shared.crypto.key_encryption import KeyEncryptionKey, KeyVaultKey, UnwrapFailed
from shared.deployment_gate import DeploymentGate
from shared.settings import Settings
from shared.storage import account_policy


def deployment_gate_of(settings: Settings, credential: Any, key: KeyEncryptionKey, options: Mapping[str, Any]) -> DeploymentGate:
    """`options` go to the storage clients. The emulator, which promises nothing, is not asked."""
    if settings.storage_is_emulator:
        return DeploymentGate({})
    asked: dict[str, Callable[[], list[str]]] = {
        "the storage account": lambda: _storage_violations(url_of(settings, "blob"), credential, options)}
    if isinstance(key, KeyVaultKey):
        asked["the key-encryption key"] = lambda: _key_violations(key)
    return DeploymentGate(asked)


def _storage_violations(url: str, credential: Any, options: Mapping[str, Any]) -> list[str]:
    return account_policy.violations_of(BlobServiceClient(url, credential=credential, **options), BlobServiceClient(url, **options))


def _key_violations(key: KeyVaultKey) -> list[str]:
    try:
        violations = key.violations()
        if not violations:
            check_wrapping(key)
    except (UnwrapFailed, ValueError) as error:
        return [str(error)]
    return violations
