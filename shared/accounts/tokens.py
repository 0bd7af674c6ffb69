"""Microsoft Entra ID bearer tokens: who is calling, proved by the tenant's published signing keys.

Source: Microsoft identity platform, access token claims reference (`aud`, `iss`, `oid`, `tid`, `roles`).
"""
from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any

from shared.errors import Unauthenticated, Unavailable

_log = logging.getLogger(__name__)
_ALGORITHMS = ["RS256"]
_CLOCK_SKEW_SECONDS = 60
_KEY_REFRESH_PAUSE_SECONDS = 30
_KEY_LIFETIME_SECONDS = 3600
_JWKS_TIMEOUT_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Identity:
    """`object_id` is the caller's id in the tenant; `roles` are app roles, present in operator tokens only."""

    object_id: str
    roles: frozenset[str]


class TokenValidator:
    """Validates signature, algorithm, issuer, audience and times of a token for one tenant."""

    def __init__(self, tenant_id: str, audience: str, operator_audience: str | None, authority: str,
                 monotonic: Callable[[], float] = time.monotonic) -> None:
        authority = authority.rstrip("/")
        self._tenant_id = tenant_id
        self._issuers = [f"{authority}/{tenant_id}/v2.0", f"https://sts.windows.net/{tenant_id}/"]
        self._audience = audience
        self._operator_audience = operator_audience
        self._jwks_url = f"{authority}/{tenant_id}/discovery/v2.0/keys"
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._signing_keys: dict[str, Any] = {}
        self._tried_at = float("-inf")

    def validate(self, token: str) -> Identity:
        """A caller of the data plane. Raises Unauthenticated, the same for every reason; Unavailable without keys."""
        return self._identity(token, self._audience, roles_count=False)

    def validate_operator(self, token: str) -> Identity:
        """A caller with the operator's audience, whose `roles` may be trusted. Raises as `validate`."""
        if self._operator_audience is None:
            raise Unauthenticated("Operator tokens are not accepted here.")
        return self._identity(token, self._operator_audience, roles_count=True)

    def _identity(self, token: str, audience: str, roles_count: bool) -> Identity:
        import jwt

        try:
            key = self._signing_key(jwt.get_unverified_header(token))
            claims = jwt.decode(
                token, key, algorithms=_ALGORITHMS, audience=[audience.rstrip("/"), audience.rstrip("/") + "/"],
                issuer=self._issuers, leeway=_CLOCK_SKEW_SECONDS, options={"require": ["exp", "iss", "aud", "oid", "tid"]})
        except (jwt.PyJWTError, TypeError, ValueError):  # the last two: a key of another kind, text that is no Unicode
            raise Unauthenticated("The token is not valid.") from None
        if claims["tid"] != self._tenant_id or not isinstance(claims["oid"], str):
            raise Unauthenticated("The token is not valid.")
        return Identity(claims["oid"], frozenset(claims.get("roles", ())) if roles_count else frozenset())

    def _signing_key(self, header: dict[str, Any]) -> Any:
        key_id = header.get("kid")
        if key_id not in self._signing_keys or self._age_seconds() > _KEY_LIFETIME_SECONDS:
            self._refresh()
        if key_id not in self._signing_keys:
            raise Unauthenticated("The token is not valid.")
        return self._signing_keys[key_id]

    def _refresh(self) -> None:
        """Fetch the tenant's keys, at most once in half a minute, whatever key ids callers make up."""
        import jwt

        with self._lock:
            if self._age_seconds() >= _KEY_REFRESH_PAUSE_SECONDS:
                client = jwt.PyJWKClient(self._jwks_url, timeout=_JWKS_TIMEOUT_SECONDS)
                self._tried_at = self._monotonic()
                try:
                    self._signing_keys = {key.key_id: key.key for key in client.get_signing_keys()}
                except (jwt.PyJWTError, OSError, HTTPException, ValueError):
                    _log.warning("the signing keys of the tenant could not be fetched")
            if not self._signing_keys:
                raise Unavailable("The signing keys of the tenant cannot be fetched; try again.")

    def _age_seconds(self) -> float:
        return self._monotonic() - self._tried_at
