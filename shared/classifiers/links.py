"""Addresses that open one picture or file without a key, for some minutes: for programs that get nothing but the address."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.crypto.links import SignedLink, link_of, token_of
from shared.errors import Conflict, NotFound
from shared.storage.account_store import AccountStore
from shared.storage.holdings import Holding

_PURPOSE = "classifier file"
_BEGINNINGS = (
    (b"\xff\xd8\xff", "image/jpeg", "jpg"), (b"\x89PNG\r\n\x1a\n", "image/png", "png"), (b"GIF8", "image/gif", "gif"),
    (b"BM", "image/bmp", "bmp"), (b"PK\x03\x04", "application/zip", "zip"))


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """`name` has nothing of the owner's in it."""

    content: bytes
    media_type: str
    name: str


class FileLinks:
    def __init__(self, open_account: Callable[[str], AccountStore], holdings: Sequence[Holding], lifetime: timedelta,
                 now: Callable[[], datetime]) -> None:
        """`holdings` are the kinds of blob that links may lead to. `open_account` raises NotFound or Conflict."""
        self._open_account = open_account
        self._holdings = {holding.kind: holding for holding in holdings}
        self._lifetime = lifetime
        self._now = now

    def token(self, account: AccountStore, holding: Holding, blob_id: str) -> str:
        """What opens this blob of the account until its lifetime is over."""
        if holding.kind not in self._holdings:
            raise ValueError(f"no link leads to the kind {holding.kind}")
        expires_at = int((self._now() + self._lifetime).timestamp())
        return token_of(SignedLink(account.account_id, f"{holding.kind}/{blob_id}".encode(), expires_at), account.keys, _PURPOSE)

    def open(self, token: str, account_id: str | None = None) -> OpenedFile:
        """What a link leads to; only to this account's, where one is given. Raises NotFound, the same for every reason."""
        try:
            link = link_of(token)
            if account_id is not None and link.account_id != account_id:
                raise NotFound("")
            account = self._open_account(link.account_id)
            if not link.is_signed_by(account.keys, _PURPOSE) or link.expires_at <= self._now().timestamp():
                raise NotFound("")
            kind, _, blob_id = link.subject.decode().partition("/")
            content = b"".join(account.blobs.read(self._holdings[kind], blob_id))
        except (NotFound, Conflict, ValueError, KeyError):
            raise NotFound("The link is not valid, or not any more.") from None
        media_type, ending = next(((media_type, ending) for beginning, media_type, ending in _BEGINNINGS if content.startswith(beginning)),
                                  ("application/octet-stream", "bin"))
        return OpenedFile(content, media_type, f"{kind.removeprefix('cv-')}.{ending}")
