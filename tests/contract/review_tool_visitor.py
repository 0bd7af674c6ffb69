"""A browser without scripts, for tests of the review tool's pages."""
from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from tests.contract.in_process import Answer, InProcess

FORM_TYPE = "application/x-www-form-urlencoded"


@dataclass
class Visitor:
    """It keeps the cookie, and sends the token of the page that it saw last."""

    app: InProcess
    cookie: str = ""
    csrf: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def get(self, path: str) -> Answer:
        answer = self.app.call("GET", path, {"Cookie": self.cookie, **self.headers})
        token = re.search('name="csrf" value="([0-9a-f]+)"', answer.body) if isinstance(answer.body, str) else None
        self.csrf = token[1] if token else self.csrf
        return answer

    def post(self, path: str, fields: Mapping[str, object] | None = None, **headers: str) -> Answer:
        """A field of bytes is a file, and makes the form one of several parts. A token of None leaves the field out."""
        sent = {name: value for name, value in {"csrf": self.csrf, **(fields or {})}.items() if value is not None}
        content_type, body = _encoded(sent)
        answer = self.app.call("POST", path, {
            "Cookie": self.cookie, "Content-Type": content_type, "Sec-Fetch-Site": "same-origin", **self.headers, **headers}, body)
        if "set-cookie" in answer.headers:
            self.cookie = answer.headers["set-cookie"].partition(";")[0]
        return answer

    def sign_in(self, code: str) -> Answer:
        return self.post("/review/sign-in", {"code": code})


def _encoded(fields: Mapping[str, object]) -> tuple[str, bytes]:
    if not any(isinstance(value, bytes) for value in fields.values()):
        return FORM_TYPE, urlencode(fields, doseq=True).encode()
    boundary, body = secrets.token_hex(16), b""
    for name, value in fields.items():
        file_name = '; filename="a file"' if isinstance(value, bytes) else ""
        content = value if isinstance(value, bytes) else str(value).encode()
        body += f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{file_name}\r\n\r\n'.encode() + content + b"\r\n"
    return f"multipart/form-data; boundary={boundary}", body + f"--{boundary}--\r\n".encode()
