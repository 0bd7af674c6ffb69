"""Writers of one record take turns: they read it, change it, and begin again where another writer was faster."""
from __future__ import annotations

import random
import time
from collections.abc import Iterator

from shared.errors import Unavailable

_TRIES = 40
_LONGEST_PAUSE_SECONDS = 0.5


def tries() -> Iterator[int]:
    """Numbers of attempts, with a growing random pause between them."""
    for attempt in range(_TRIES):
        if attempt:
            time.sleep(random.uniform(0, min(_LONGEST_PAUSE_SECONDS, 0.005 * 2 ** attempt)))
        yield attempt


def busy(what: str) -> Unavailable:
    """To be raised where all tries were used up; `what` begins a sentence, as in `The review`."""
    return Unavailable(f"{what} is being changed by many requests; try again.")
