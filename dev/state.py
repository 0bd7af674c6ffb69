"""What `dev run` keeps between starts: the secrets of this machine's service, and its demo account."""

import contextlib
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path


@dataclass(slots=True)
class State:
    """DATA/state.json (endpoint, operatorKey, accountId, key); beside it DATA/key-encryption-key, which the app makes.

    Both have mode 0600.
    """

    data: Path
    operator_key: str
    endpoint: str = ""
    account_id: str = ""
    key: str = ""

    @classmethod
    def load(cls, data: Path) -> "State":
        """Read the state of a data folder, or begin one with fresh secrets. An unreadable file counts as none."""
        state = cls(data, operator_key="")
        with contextlib.suppress(FileNotFoundError, ValueError, AttributeError):
            document = json.loads(state.path.read_text())
            state.operator_key = document.get("operatorKey", "")
            state.account_id, state.key = document.get("accountId", ""), document.get("key", "")
        if not state.operator_key:
            state.operator_key = secrets.token_urlsafe(32)
            state.save()
        return state

    @property
    def path(self) -> Path:
        return self.data / "state.json"

    @property
    def key_file(self) -> Path:
        return self.data / "key-encryption-key"

    def forget_account(self) -> None:
        self.account_id = self.key = ""

    def save(self) -> None:
        values = {
            "endpoint": self.endpoint,
            "operatorKey": self.operator_key,
            "accountId": self.account_id,
            "key": self.key,
        }
        document = {name: value for name, value in values.items() if value}
        _write_private(self.path, json.dumps(document, indent=2).encode() + b"\n")


def _write_private(path: Path, content: bytes) -> None:
    """Replace a file at once, readable by its owner alone from the first byte on."""
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    new.replace(path)
