"""A region of Azure on loopback: a forward proxy in front of Azurite and of a Key Vault, for an app that is set up as in Azure.

The app goes by HTTPS to `<account>.blob.core.windows.net` and the vault, with tokens of its managed identity. The proxy ends TLS, keeps
the tokens to itself (Azurite is asked with a shared access signature), and changes the answers that a test wants changed.
"""
from __future__ import annotations

import datetime
import http.client
import json
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

import requests
from azure.storage.blob import AccountSasPermissions, ResourceTypes, generate_account_sas
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from dev.azurite import ACCOUNT_KEY, ACCOUNT_NAME, Azurite
from tests.key_vault import VAULT, Vault

TOKEN = "a-token-of-the-managed-identity"
_SERVICES = [f"{ACCOUNT_NAME}.{service}.core.windows.net" for service in ("blob", "queue", "table")]
_VAULT_HOST = urlsplit(VAULT).hostname or ""
_NOT_FORWARDED = {"authorization", "connection", "proxy-connection", "content-length", "accept-encoding", "transfer-encoding"}
_DAY = datetime.timedelta(days=1)


@dataclass
class LoopbackAzure:
    """`sku`, `is_public` and `is_versioned` are what the storage account shows; what is sent to the queue `jobs` goes to `jobs_go_to`.

    `tokens` were shown to the storage; `elsewhere` are the hosts that the app wanted to reach besides.
    """

    azurite: Azurite
    folder: Path
    vault: Vault
    sku: str = "Standard_LRS"
    is_public: bool = False
    is_versioned: bool = False
    jobs_go_to: str = "jobs"
    tokens: set[str] = field(default_factory=set)
    elsewhere: set[str] = field(default_factory=set)

    def __enter__(self) -> Self:
        self._tls = _certificate(self.folder / "certificate.pem", [*_SERVICES, _VAULT_HOST])
        everything = AccountSasPermissions(**dict.fromkeys(
            ("read", "write", "delete", "list", "add", "create", "update", "process", "tag", "filter_by_tags"), True))
        self._signature = generate_account_sas(ACCOUNT_NAME, ACCOUNT_KEY, ResourceTypes(True, True, True), everything,
                                               datetime.datetime.now(datetime.UTC) + _DAY, services="bqt")
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self, _Outer))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def environment(self) -> dict[str, str]:
        """What leads an app here, and tells it that this is Azure."""
        address = f"http://127.0.0.1:{self._server.server_port}"
        return {"https_proxy": address, "HTTPS_PROXY": address, "no_proxy": "127.0.0.1", "NO_PROXY": "127.0.0.1",
                "REQUESTS_CA_BUNDLE": str(self.folder / "certificate.pem"),
                "IDENTITY_ENDPOINT": f"{address}/msi/token", "IDENTITY_HEADER": "of the platform",
                "STORAGE_ACCOUNT_NAME": ACCOUNT_NAME, "STORAGE_CONNECTION_STRING": "", "STORAGE_IS_EMULATOR": "false",
                "KEY_ENCRYPTION_KEY_URL": f"{VAULT}/keys/data-keys", "KEY_ENCRYPTION_KEY_FILE": ""}

    def tls(self, connection: object) -> ssl.SSLSocket:
        return self._tls.wrap_socket(connection, server_side=True)  # type: ignore[arg-type]

    def answer(self, host: str, method: str, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
        """What the host that the app means answers."""
        if host == _VAULT_HOST:
            return _sent_to(self.vault, f"{VAULT}{path}", method, headers, body)
        given = headers.get("Authorization", "")
        self.tokens.add(given)
        if not given:
            is_closed = (409, {"x-ms-error-code": "PublicAccessNotPermitted"}, b"")
            return (404, {"x-ms-error-code": "ResourceNotFound"}, b"") if self.is_public else is_closed
        status, answered, content = self._from_azurite(host, method, path, headers, body)
        if "restype=account" in path:
            answered["x-ms-sku-name"] = self.sku
        if self.is_versioned and method == "PUT" and status == http.client.CREATED and "comp=" not in path and "restype=" not in path:
            answered["x-ms-version-id"] = "2026-01-01T00:00:00.0000000Z"
        return status, answered, content

    def _from_azurite(self, host: str, method: str, path: str, headers: Mapping[str, str],
                      body: bytes) -> tuple[int, dict[str, str], bytes]:
        path += ("&" if "?" in path else "?") + self._signature
        path = path.replace("/jobs/messages", f"/{self.jobs_go_to}/messages", 1)
        sent = {name: value for name, value in headers.items() if name.lower() not in {*_NOT_FORWARDED, "host"}}
        port = self.azurite.ports[_SERVICES.index(host)]
        if "/$batch" in path:  # Azurite takes the addresses within a batch in its own form alone
            body = body.replace(f"https://{host}/".encode(), f"http://127.0.0.1:{port}/{ACCOUNT_NAME}/".encode())
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            connection.request(method, f"/{ACCOUNT_NAME}{path}", body or None, {**sent, "Content-Length": str(len(body))})
            response = connection.getresponse()
            return response.status, dict(response.getheaders()), response.read()
        finally:
            connection.close()


def _sent_to(vault: Vault, url: str, method: str, headers: Mapping[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
    response = vault.send(requests.Request(method, url, dict(headers), data=body).prepare())
    return response.status_code, dict(response.headers), response.content


class _Answering(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    azure: LoopbackAzure

    def log_message(self, *_: object) -> None:
        return

    def send(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.send_response_only(status)
        length = next((value for name, value in headers.items() if name.lower() == "content-length"), len(body))
        for name, value in headers.items():
            if name.lower() not in _NOT_FORWARDED:
                self.send_header(name, value)
        if status != http.client.NO_CONTENT:
            self.send_header("Content-Length", str(length if self.command == "HEAD" else len(body)))
        self.end_headers()
        self.wfile.write(body)


class _Outer(_Answering):
    """What the app asks the proxy itself: tokens of the platform, and the way to a host."""

    def do_GET(self) -> None:
        token = {"access_token": TOKEN, "expires_on": str(int(time.time()) + 3600), "token_type": "Bearer"}
        is_known = self.headers.get("X-IDENTITY-HEADER") == "of the platform" and self.path.startswith("/msi/token")
        self.send(200 if is_known else 401, {"Content-Type": "application/json"}, json.dumps(token if is_known else {}).encode())

    def do_CONNECT(self) -> None:
        if self.path.partition(":")[0] not in {*_SERVICES, _VAULT_HOST}:
            self.azure.elsewhere.add(self.path)
            self.send(502, {}, b"")
            return
        self.send_response_only(200)
        self.end_headers()
        with self.azure.tls(self.connection) as inner:
            _handler(self.azure, _Inner, self.path.partition(":")[0])(inner, self.client_address, self.server)
        self.close_connection = True


class _Inner(_Answering):
    """What the app asks Azure."""

    host = ""

    def forward(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send(*self.azure.answer(self.host, self.command, self.path, dict(self.headers.items()), body))

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = do_MERGE = do_PATCH = forward


def _handler(azure: LoopbackAzure, kind: type[_Answering], host: str = "") -> type[_Answering]:
    return type(kind.__name__, (kind,), {"azure": azure, "host": host})


def _certificate(file: Path, names: list[str]) -> ssl.SSLContext:
    """A server's TLS with a certificate of its own making, which clients of `file` trust."""
    key = ec.generate_private_key(ec.SECP256R1())
    now, name = datetime.datetime.now(datetime.UTC), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "loopback")])
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - _DAY).not_valid_after(now + _DAY)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(each) for each in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(key, hashes.SHA256()))
    file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context
