"""Azure Key Vault as its REST interface is, under a transport of the SDK.

Source of the calls: Azure Key Vault REST, Get Key, wrapKey and unwrapKey; challenge by `WWW-Authenticate`.
"""
from __future__ import annotations

import base64
import json
import time
import uuid
from io import BytesIO

import requests
from azure.core.credentials import AccessToken, AccessTokenInfo
from azure.core.pipeline.transport import RequestsTransport
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse

from shared.crypto.key_encryption import KeyVaultKey

VAULT = "https://moderato-test.vault.azure.net"


class Credential:
    """A credential for the vault: counts nothing, hands out one token."""

    def get_token(self, *scopes: str, **options) -> AccessToken:
        return AccessToken("a-token", int(time.time()) + 3600)

    def get_token_info(self, *scopes: str, options=None) -> AccessTokenInfo:
        return AccessTokenInfo("a-token", int(time.time()) + 3600)


class Vault(HTTPAdapter):
    """Key Vault's side of the line, with real RSA keys; every request is kept as it came."""

    def __init__(self, vault_url: str = VAULT, bits: int = 2048) -> None:
        super().__init__()
        self.bits = bits
        self.url = vault_url
        self.keys: dict[str, rsa.RSAPrivateKey] = {}
        self.current = ""
        self.attributes: dict[str, object] = {}
        self.key: dict[str, object] = {}
        self.calls: list[tuple[str, str]] = []
        self.requests: list[bytes] = []
        self.answers: dict[str, int | Exception] = {}
        session = requests.Session()
        session.mount("https://", self)
        self.transport = RequestsTransport(session=session, session_owner=False)
        self.rotate()

    def rotate(self) -> None:
        self.current = uuid.uuid4().hex
        self.keys[self.current] = rsa.generate_private_key(65537, self.bits)

    def send(self, request, **options):
        body = request.body or b""
        body = body.encode() if isinstance(body, str) else body
        self.requests.append(b"\n".join([request.url.encode(), repr(dict(request.headers)).encode(), body]))
        if "Authorization" not in request.headers:
            return self._response(request, 401, {}, {
                "WWW-Authenticate": 'Bearer authorization="https://login.microsoftonline.com/a-tenant", '
                                    'resource="https://vault.azure.net"'})
        path = request.url.removeprefix(self.url).partition("?")[0].strip("/").split("/")
        assert path[:2] == ["keys", "data-keys"]
        version, operation = (path[2] if len(path) > 2 else ""), (path[3] if len(path) > 3 else "get")
        self.calls.append((operation, version))
        answer = self.answers.get(operation)
        if isinstance(answer, Exception):
            raise answer
        if answer is not None:
            return self._response(request, answer, {"error": {"code": "Injected", "message": "injected"}})
        version = version or self.current
        if version not in self.keys:
            return self._response(request, 404, {"error": {"code": "KeyNotFound", "message": "no such key"}})
        return self._operation(request, operation, version, json.loads(body) if body else {})

    def _operation(self, request, operation: str, version: str, body: dict):
        key, key_id = self.keys[version], f"{self.url}/keys/data-keys/{version}"
        if operation == "get":
            numbers = key.public_key().public_numbers()
            return self._response(request, 200, {"key": {
                "kid": key_id, "kty": "RSA", "key_ops": ["wrapKey", "unwrapKey"], "n": number(numbers.n),
                "e": number(numbers.e), **self.key}, "attributes": {"enabled": True, **self.attributes}})
        assert (operation, body["alg"]) == ("unwrapkey", "RSA-OAEP-256")
        oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
        try:
            unwrapped = key.decrypt(base64.urlsafe_b64decode(body["value"] + "=="), oaep)
        except ValueError:
            return self._response(request, 400, {"error": {"code": "BadParameter", "message": "does not decrypt"}})
        return self._response(request, 200, {"kid": key_id, "value": encoded(unwrapped)})

    def _response(self, request, status: int, body: dict, headers: dict | None = None) -> requests.Response:
        return self.build_response(request, HTTPResponse(
            BytesIO(json.dumps(body).encode()), {"Content-Type": "application/json", **(headers or {})}, status,
            preload_content=False))


def number(value: int) -> str:
    return encoded(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def encoded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def vault_key(vault: Vault) -> KeyVaultKey:
    return KeyVaultKey(f"{vault.url}/keys/data-keys", Credential(), transport=vault.transport, retry_total=0)
