"""What the key-encryption key must be, by what Key Vault says of it: whoever loses it loses all data.

Source: Get Key (REST API of Key Vault), `recoveryLevel`: `Purgeable` in it means that somebody may end a deleted key for good.
"""
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_LEAST_BITS = 3072
_LEAST_RECOVERABLE_DAYS = 7
_OPERATIONS = ("wrapKey", "unwrapKey")


def violations_of(key: Any) -> list[str]:
    """What is wrong with a key, in words; `key` is as the SDK's key client gives it."""
    return [*_violations_of_its_kind(key), *_violations_of_its_vault(key.properties)]


def _violations_of_its_kind(key: Any) -> Iterator[str]:
    bits = int.from_bytes(key.key.n or b"", "big").bit_length()
    if key.key_type not in ("RSA", "RSA-HSM"):
        yield "it is no RSA key"
    elif bits < _LEAST_BITS:
        yield f"it has {bits} bits, fewer than {_LEAST_BITS}"
    if not set(_OPERATIONS) <= set(key.key_operations or ()):
        yield "it may not be used for wrapKey and unwrapKey"
    if not key.properties.enabled:
        yield "it is disabled"
    if key.properties.exportable:
        yield "it can be exported from the vault"


def _violations_of_its_vault(properties: Any) -> Iterator[str]:
    level = str(getattr(properties.recovery_level, "value", properties.recovery_level) or "")  # the SDK knows some as an enum
    if "Recoverable" not in level:
        yield f"its vault has no soft delete ({level or 'no recovery level'})"
    elif "Purgeable" in level:
        yield f"its vault has no purge protection ({level})"
    if "Recoverable" in level and (properties.recoverable_days or 0) < _LEAST_RECOVERABLE_DAYS:
        yield f"it can be recovered for less than {_LEAST_RECOVERABLE_DAYS} days"
