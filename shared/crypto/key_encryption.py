"""The key-encryption key: wraps the accounts' data keys, and never leaves Key Vault in Azure."""
from __future__ import annotations

import base64
import binascii
import hashlib
import os
import secrets
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from shared.crypto.envelope import KEY_BYTES
from shared.crypto.key_policy import violations_of
from shared.errors import Unavailable

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A data key as it is stored: its ciphertext, and the id (with version) of the key that wrapped it."""

    key_id: str
    ciphertext: bytes


class UnwrapFailed(Exception):
    """The key-encryption key named by a wrapped key is gone, or the wrapped key is damaged."""


class KeyEncryptionKey(Protocol):
    """Wraps with the current version; unwraps with whichever version wrapped. Raises Unavailable, UnwrapFailed."""

    def current_id(self) -> str: ...

    def wrap(self, key: bytes) -> WrappedKey: ...

    def unwrap(self, wrapped: WrappedKey) -> bytes: ...


class LocalFileKey:
    """Development only: AES key wrap (RFC 3394) under 32-byte keys in a file, the first line being current."""

    def __init__(self, path: Path) -> None:
        """Makes the file, readable by its owner alone, where there is none."""
        if not path.exists():
            write_new_key(path)
        self._keys = {f"local:{hashlib.sha256(key).hexdigest()[:16]}": key for key in _read_keys(path)}
        self._current_id = next(iter(self._keys))

    def current_id(self) -> str:
        return self._current_id

    def wrap(self, key: bytes) -> WrappedKey:
        from cryptography.hazmat.primitives.keywrap import aes_key_wrap

        return WrappedKey(self._current_id, aes_key_wrap(self._keys[self._current_id], key))

    def unwrap(self, wrapped: WrappedKey) -> bytes:
        from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap

        if wrapped.key_id not in self._keys:
            raise UnwrapFailed("the key-encryption key of this data key is not in the key file")
        try:
            return aes_key_unwrap(self._keys[wrapped.key_id], wrapped.ciphertext)
        except (InvalidUnwrap, ValueError):
            raise UnwrapFailed("the wrapped data key is damaged") from None


class KeyVaultKey:
    """An RSA key in Azure Key Vault (RSA-OAEP-256).

    Unwrapping happens inside the vault, since the private key never leaves it. Wrapping takes the public key, which is
    fetched, so that a data key is in no request.
    """

    def __init__(self, key_url: str, credential: TokenCredential, **client_options: Any) -> None:
        """`key_url` is `https://<vault>/keys/<name>`; `client_options` go to the HTTP clients (`transport` in tests)."""
        self._vault_url, _, self._name = key_url.rstrip("/").partition("/keys/")
        self._credential = credential
        self._client_options = client_options

    def current_id(self) -> str:
        return self._current().id

    def wrap(self, key: bytes) -> WrappedKey:
        from azure.keyvault.keys.crypto import KeyWrapAlgorithm

        client = self._cryptography_client(self._current())
        result = _asking_key_vault(lambda: client.wrap_key(KeyWrapAlgorithm.rsa_oaep_256, key))
        return WrappedKey(result.key_id, result.encrypted_key)

    def unwrap(self, wrapped: WrappedKey) -> bytes:
        from azure.keyvault.keys.crypto import KeyWrapAlgorithm

        if not wrapped.key_id.startswith(f"{self._vault_url}/keys/{self._name}/"):
            raise UnwrapFailed("this data key was wrapped by another key-encryption key than the configured one")
        client = self._cryptography_client(wrapped.key_id)
        return _asking_key_vault(
            lambda: client.unwrap_key(KeyWrapAlgorithm.rsa_oaep_256, wrapped.ciphertext)).key

    def violations(self) -> list[str]:
        """What is wrong with the key itself, in words; empty where it is as it must be. Raises Unavailable, UnwrapFailed."""
        return violations_of(self._current())

    def _current(self) -> Any:
        from azure.keyvault.keys import KeyClient

        client = KeyClient(self._vault_url, self._credential, **self._client_options)
        return _asking_key_vault(lambda: client.get_key(self._name))

    def _cryptography_client(self, key: Any) -> Any:
        """`key` is a key with its public part, or a key's id."""
        from azure.keyvault.keys.crypto import CryptographyClient

        return CryptographyClient(key, self._credential, **self._client_options)


def _asking_key_vault(call: Callable[[], Any]) -> Any:
    from azure.core.exceptions import AzureError, HttpResponseError, ResourceNotFoundError

    try:
        return call()
    except ResourceNotFoundError:
        raise UnwrapFailed("the key-encryption key is not in Key Vault") from None
    except HttpResponseError as error:
        if error.status_code == 400:
            raise UnwrapFailed("Key Vault refused the wrapped data key") from None
        raise Unavailable("Key Vault did not answer; try again") from error
    except AzureError as error:
        raise Unavailable("Key Vault cannot be reached; try again") from error
    except ValueError as error:  # the SDK looks at the key's dates before it wraps
        raise Unavailable("the key-encryption key in Key Vault is not valid at this time") from error


def write_new_key(path: Path) -> None:
    """Make a file with a new 32-byte key in base64, readable by its owner alone, unless there is one by then."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Linked once it is whole: another worker that starts now must not read an empty file.
    descriptor, written = tempfile.mkstemp(dir=path.parent)  # readable by its owner alone
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(base64.b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n")
        with suppress(FileExistsError):  # another worker was first
            os.link(written, path)
    finally:
        os.unlink(written)


def _read_keys(path: Path) -> list[bytes]:
    try:
        keys = [base64.b64decode(line, validate=True) for line in path.read_text().split()]
    except (OSError, binascii.Error, ValueError):
        raise UnwrapFailed("KEY_ENCRYPTION_KEY_FILE cannot be read as lines of base64") from None
    if not keys or any(len(key) != KEY_BYTES for key in keys):
        raise UnwrapFailed("KEY_ENCRYPTION_KEY_FILE must hold 32-byte keys in base64, one a line")
    return keys
