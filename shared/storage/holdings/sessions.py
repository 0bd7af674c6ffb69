"""Sessions of people who signed in with a browser."""
from __future__ import annotations

from shared.storage.holdings.holding import Holding, Portability, Shape

REVIEW_SESSION = Holding(
    kind="review-session", shape=Shape.RECORD, portability=Portability.TRANSIENT,
    keeps="That a person signed in to the review tool: which member or key, when, and when the session was used last.",
    key="session id", content=("teamKey", "generation", "memberId", "keyName", "credential", "signedInAt", "usedAt"),
    plain=("expiresAt",), expires="expiresAt",
    retention="until the person signs out, 12 hours (a setting) after signing in, or until the account ends")
