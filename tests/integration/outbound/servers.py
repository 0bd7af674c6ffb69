"""Servers on loopback addresses that answer byte by byte what a test wants, and the names that lead to them."""
from __future__ import annotations

import datetime
import socket
import ssl
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Respond = Callable[[socket.socket, threading.Event], None]


class RawServer:
    """Answers each connection with `respond`, which is given an event that is set when the test is over."""

    def __init__(self, respond: Respond | bytes, address: str = "127.0.0.1", context: ssl.SSLContext | None = None,
                 port: int = 0, reads_request: bool = True) -> None:
        self._respond = respond
        self._context = context
        self._reads_request = reads_request
        self._over = threading.Event()
        self._listening = socket.create_server((address, port))
        self.port = self._listening.getsockname()[1]
        self.requests: list[bytes] = []
        self.connections = 0
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def close(self) -> None:
        self._over.set()
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for thread in self._threads:
            thread.join(10)

    def _accept(self) -> None:
        while True:
            try:
                connected, _ = self._listening.accept()
            except OSError:
                return
            self.connections += 1
            self._threads.append(threading.Thread(target=self._serve, args=(connected,), daemon=True))
            self._threads[-1].start()

    def _serve(self, connected: socket.socket) -> None:
        with suppress(OSError), connected:
            connected.settimeout(10)
            if self._context is not None:
                connected = self._context.wrap_socket(connected, server_side=True)
            if self._reads_request:
                request = b""
                while b"\r\n\r\n" not in request:
                    request += (piece := connected.recv(65536))
                    if not piece:
                        return
                self.requests.append(request)
            if isinstance(self._respond, bytes):
                connected.sendall(self._respond)
            else:
                self._respond(connected, self._over)
            connected.close()


class Names:
    """A resolver of the test's own: each name has its answers, one after the other, the last one again and again."""

    def __init__(self, **answers: Sequence[Sequence[str]]) -> None:
        self.answers = {name.replace("_", "."): list(of_name) for name, of_name in answers.items()}
        self.asked: list[str] = []

    def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        if host not in self.answers:
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        answers = self.answers[host]
        return answers.pop(0) if len(answers) > 1 else answers[0]


def answer(content: bytes = b"picture", status: str = "200 OK", **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    if "Content_Length" not in headers and "Transfer_Encoding" not in headers:
        lines.append(f"Content-Length: {len(content)}")
    return "\r\n".join([*lines, "", ""]).encode() + content


def redirect(location: str, status: int = 302) -> bytes:
    return answer(b"", f"{status} Moved", Location=location)


def certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A certificate for a name that signs itself: the server's context, and a client's that trusts it alone."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = (x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(key, hashes.SHA256()))
    file = folder / "certificate.pem"
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(file)
    return server, ssl.create_default_context(cafile=str(file))


def drip(head: bytes, piece: bytes) -> Callable[[socket.socket, threading.Event], None]:
    def respond(connected: socket.socket, over: threading.Event) -> None:
        connected.sendall(head)
        while not over.wait(0.05):
            connected.sendall(piece)
    return respond
