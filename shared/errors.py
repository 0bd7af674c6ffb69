"""What can go wrong, by what the caller can do about it. Every family's dialect is made from these."""
from __future__ import annotations


class ServiceError(Exception):
    """An answer to the caller: what was wrong and what is allowed; never customer content, never a key."""

    status = 500

    def __init__(self, message: str, target: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.target = target


class InvalidRequest(ServiceError):
    status = 400


class Unauthenticated(ServiceError):
    """The answer is the same for every reason, since the reason would help somebody who guesses."""

    status = 401

    def __init__(self, reason: str) -> None:
        super().__init__("Access denied: the key or token is missing or not valid for this endpoint.")
        self.reason = reason


class PermissionDenied(ServiceError):
    status = 403


class NotFound(ServiceError):
    status = 404


class Conflict(ServiceError):
    status = 409


class PreconditionFailed(ServiceError):
    status = 412


class PayloadTooLarge(ServiceError):
    status = 413


class UnsupportedMediaType(ServiceError):
    status = 415


class RangeNotSatisfiable(ServiceError):
    status = 416

    def __init__(self, message: str, size_bytes: int = 0) -> None:
        super().__init__(message)
        self.size_bytes = size_bytes


class QuotaExceeded(ServiceError):
    status = 429

    def __init__(self, message: str, retry_after_seconds: int, target: str | None = None) -> None:
        super().__init__(message, target)
        self.retry_after_seconds = retry_after_seconds


class Unavailable(ServiceError):
    status = 503
