"""What can go wrong on the way out, and how little of it is said."""
from __future__ import annotations

from shared.errors import InvalidRequest

NOT_REACHED = ("Nothing was fetched from the URL: its host must be reachable on the public internet, and must answer completely and "
               "in time.")
"""One sentence for an address that is refused, a name that is not known, a connection that fails and a time that is over.

Different sentences would tell a caller what there is inside the network.
"""


class FetchFailed(InvalidRequest):
    """Nothing was fetched, or sent. Neither the message nor the exception has anything of the URL, which may hold a token."""

    def __init__(self, message: str = NOT_REACHED, target: str | None = None) -> None:
        super().__init__(message, target)


class AddressRefused(FetchFailed):
    """The URL is not of the form that is taken, or its host has an address that is not public. No connection was made to it."""


class FetchTooLarge(FetchFailed):
    """There is more than may be fetched."""
