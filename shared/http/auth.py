"""Who is calling: an account's key in any of three headers, an Entra bearer token, the operator's or the reviewers' key, a session."""
from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import TYPE_CHECKING

from shared.errors import PermissionDenied, Unauthenticated
from shared.http.cookies import session_token
from shared.http.operation import Auth, Caller

if TYPE_CHECKING:
    from shared.accounts.tokens import TokenValidator
    from shared.services import Secret, Services

KEY_HEADERS = ("Ocp-Apim-Subscription-Key", "Training-Key", "Prediction-Key")
OPERATOR_HEADER = "x-operator-key"
REVIEWER_HEADER = "x-reviewer-key"
ACCOUNT_HEADER = "x-account-id"
_OPERATOR_ROLE = "Operator"
_REVIEWER_ROLE = "Reviewer"


def authenticate(auth: Auth, headers: Mapping[str, str], services: Services, endpoint: str) -> Caller:
    """The caller, if they may call; `endpoint` is the one that they reached.

    Raises Unauthenticated, the same for every reason, or PermissionDenied.
    """
    if auth is Auth.PUBLIC:
        return Caller("public")
    if auth is Auth.SESSION:
        session = services.sessions.open(session_token(headers, endpoint))
        return Caller(session.caller, session.account, session=session)
    if auth is Auth.OPERATOR:
        return _operator(headers, services)
    if auth is Auth.ACCOUNT_OR_OPERATOR and not any(headers.get(header) for header in KEY_HEADERS):
        return _operator_or_identity(headers, services)
    if auth is Auth.ACCOUNT_OR_REVIEWER and not any(headers.get(header) for header in KEY_HEADERS):
        return _reviewer_or_identity(headers, services)
    return _account(headers, services)


def _account(headers: Mapping[str, str], services: Services) -> Caller:
    for header in KEY_HEADERS:
        key = headers.get(header)
        if key:
            account, name = services.accounts.authenticate_key(key)
            return Caller(name.value, account)
    identity = _tokens(services).validate(_bearer_token(headers))
    account = services.accounts.account_of_identity(identity.object_id, headers.get(ACCOUNT_HEADER))
    return Caller(identity.object_id, account)


def _operator_or_identity(headers: Mapping[str, str], services: Services) -> Caller:
    """Without an account's key: the operator, or else an identity that was granted on an account."""
    try:
        return _operator(headers, services)
    except (Unauthenticated, PermissionDenied):
        if headers.get(OPERATOR_HEADER):
            raise
        return _account(headers, services)


def _reviewer_or_identity(headers: Mapping[str, str], services: Services) -> Caller:
    """Without an account's key: a reviewer, or else an identity that was granted on an account. Not the operator as such."""
    key = headers.get(REVIEWER_HEADER)
    if key:
        _require_equal(key, services.reviewer_key, "The reviewers' key is not valid.")
        return Caller("reviewer")
    if headers.get(OPERATOR_HEADER):
        _operator(headers, services)
        raise PermissionDenied("The operator needs the app role Reviewer too, or the reviewers' key.")
    try:
        identity = _tokens(services).validate_operator(_bearer_token(headers))
    except Unauthenticated:
        return _account(headers, services)
    if _REVIEWER_ROLE not in identity.roles:
        raise PermissionDenied("The identity does not have the app role Reviewer.")
    return Caller(identity.object_id)


def _operator(headers: Mapping[str, str], services: Services) -> Caller:
    key = headers.get(OPERATOR_HEADER)
    if key:
        _require_equal(key, services.operator_key, "The operator key is not valid.")
        return Caller("operator", is_operator=True)
    identity = _tokens(services).validate_operator(_bearer_token(headers))
    if _OPERATOR_ROLE not in identity.roles:
        raise PermissionDenied("The identity does not have the app role Operator.")
    return Caller(identity.object_id, is_operator=True)


def _require_equal(key: str, expected: Secret | None, reason: str) -> None:
    if expected is None or not hmac.compare_digest(_digest(key), _digest(expected.reveal())):
        raise Unauthenticated(reason)


def _tokens(services: Services) -> TokenValidator:
    if services.tokens is None:
        raise Unauthenticated("A key is missing.")
    return services.tokens


def _bearer_token(headers: Mapping[str, str]) -> str:
    scheme, _, token = headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated("A key or bearer token is missing.")
    return token.strip()


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
