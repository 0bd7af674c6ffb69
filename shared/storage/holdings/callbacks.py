"""What is sent to the addresses that an account names, and the key that proves where it comes from."""
from __future__ import annotations

from shared.storage.holdings.holding import Holding, Portability, Shape
from shared.storage.holdings.teams import TEAM

CALLBACK_KEY = Holding(
    kind="callback-key", shape=Shape.RECORD, portability=Portability.DERIVED,
    keeps="The key that the account's callbacks are signed with, and until when the one before it counts.",
    key="`callback-key`", content=("key", "createdAt", "previousKey", "previousKeyUntil"),
    retention="until the account ends; the owner renews it")

CALLBACK = Holding(
    kind="callback", shape=Shape.RECORD, portability=Portability.TRANSIENT,
    keeps="A callback: the address it goes to, what it is about, when it was tried and what the address answered.",
    key="keyed hash of address, subject and body, under the team's generation",
    content=("url", "about", "state", "attempts", "createdAt", "lastAttemptAt", "lastStatus"), plain=("nextAttemptAt", "expiresAt"),
    parent=TEAM, parent_key="generation", expires="expiresAt",
    retention="CALLBACK_RETENTION_DAYS after it arrived or was given up, or until its team or the account ends")

CALLBACK_BODY = Holding(
    kind="callback-body", shape=Shape.BLOB, portability=Portability.TRANSIENT,
    keeps="The body that is sent, byte by byte.",
    key="callback id and `body`", parent=CALLBACK, retention="as long as its record")
