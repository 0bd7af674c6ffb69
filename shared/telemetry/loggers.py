"""Which libraries may log what."""
from __future__ import annotations

import logging

_TALKATIVE = ("azure", "urllib3", "PIL")


def quieten_libraries() -> None:
    """Warnings alone of those that log every request's address, and so names of lists, or what a picture says of itself, at INFO and
    at DEBUG; the Functions worker would pass it on.
    """
    for library in _TALKATIVE:
        logging.getLogger(library).setLevel(logging.WARNING)
