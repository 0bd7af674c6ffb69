"""A tenant on loopback: signing keys, a server of its JWKS, and tokens as it would issue them."""
from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

TENANT = "11111111-2222-4333-8444-555555555555"
KEY_ID = "key-of-the-tenant"
AUDIENCE = "https://cognitiveservices.azure.com"
OPERATOR_AUDIENCE = "api://moderato-operators"


@dataclass(frozen=True)
class Tenant:
    authority: str
    key: rsa.RSAPrivateKey
    requests: list[str] = field(default_factory=list)

    @property
    def issuer(self) -> str:
        return f"{self.authority}/{TENANT}/v2.0"

    @property
    def settings(self) -> dict[str, str]:
        """Settings of a worker that accepts this tenant's tokens."""
        return {"ENTRA_TENANT_ID": TENANT, "ENTRA_AUTHORITY": self.authority,
                "ENTRA_OPERATOR_AUDIENCE": OPERATOR_AUDIENCE}

    def token(self, object_id: str, *, key: Any = None, algorithm: str | None = "RS256", key_id: str | None = KEY_ID,
              without: tuple[str, ...] = (), **claims: Any) -> str:
        """A token as good as `claims` and the rest leave it."""
        now = int(time.time())
        good = {"aud": AUDIENCE, "iss": self.issuer, "tid": TENANT, "oid": object_id, "sub": "x", "ver": "2.0",
                "iat": now, "nbf": now - 5, "exp": now + 600}
        kept = {name: value for name, value in (good | claims).items() if name not in without}
        headers = {} if key_id is None else {"kid": key_id}
        return jwt.encode(kept, self.key if key is None else key, algorithm=algorithm, headers=headers)

    def operator_token(self, object_id: str, *roles: str, **claims: Any) -> str:
        return self.token(object_id, aud=OPERATOR_AUDIENCE, roles=list(roles), **claims)

    @property
    def public_pem(self) -> bytes:
        return self.key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@contextmanager
def serving_tenant() -> Iterator[Tenant]:
    """A tenant whose keys are served where the identity platform serves them."""
    key, requests = new_key(), []
    published = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key()))
    keys = json.dumps({"keys": [{**published, "kid": KEY_ID, "use": "sig", "alg": "RS256"}]}).encode()

    class Keys(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            requests.append(self.path)
            is_there = self.path == f"/{TENANT}/discovery/v2.0/keys"
            self.send_response(200 if is_there else 404)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(keys if is_there else b"{}")

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Keys)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Tenant(f"http://127.0.0.1:{server.server_address[1]}", key, requests)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
