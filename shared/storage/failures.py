"""Turns what the storage SDKs raise into our errors, at the call."""
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from azure.core.exceptions import (
    AzureError,
    HttpResponseError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)

from shared.errors import Conflict, NotFound, ServiceError, Unavailable

_PASSING = {408, 429, 500, 502, 503, 504}


@contextmanager
def translated() -> Iterator[None]:
    """Raises NotFound, Conflict (present already, or changed by another writer), Unavailable. Never SDK exceptions.

    A refusal that none of these fits is a fault of ours and rises as it is.
    """
    try:
        yield
    except ResourceNotFoundError:
        raise NotFound("The resource does not exist.") from None
    except ResourceExistsError:
        raise Conflict("The resource exists already.") from None
    except ResourceModifiedError:
        raise Conflict("The resource was changed by another request; try again.") from None
    except HttpResponseError as error:
        raise _from_status(error) from error
    except AzureError as error:
        raise Unavailable("The storage cannot be reached; try again.") from error


def _from_status(error: HttpResponseError) -> Exception:
    status_errors: dict[int, ServiceError] = {
        404: NotFound("The resource does not exist."),
        409: Conflict("The resource was changed by another request; try again."),
        412: Conflict("The resource was changed by another request; try again."),
    }
    if error.status_code in status_errors:
        return status_errors[error.status_code]
    # Without a status: the answer broke off, and the SDK has tried again as often as it does.
    if error.status_code is None or error.status_code in _PASSING:
        return Unavailable("The storage is overloaded; try again.")
    return error
