"""Refuses all work where the deployment breaks its promises: a storage account that keeps copies, a key that could be lost."""
from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from shared.errors import ServiceError, Unavailable

_log = logging.getLogger(__name__)
_REMEMBERED_SECONDS = 3600
_REFUSED_SECONDS = 60
_TRUSTED_SECONDS = 24 * 3600
"""So long a good answer counts where nobody answers any longer: what cannot be asked is not worse than it was."""


class DeploymentGate:
    """Asks once before the first work, then once an hour; while the answer is bad, or there is none, once a minute."""

    def __init__(self, violations: Mapping[str, Callable[[], Sequence[str]]], monotonic: Callable[[], float] = time.monotonic) -> None:
        """`violations`: for each part of the deployment what says in words what is wrong with it. They may raise Unavailable."""
        self._violations = violations
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._found: Sequence[str] = ()
        self._ask_again_at = self._trusted_until = float("-inf")

    @property
    def found(self) -> list[str]:
        """What was wrong when the deployment was asked last."""
        return list(self._found)

    def require(self) -> None:
        """Raises Unavailable, naming what is wrong, unless the deployment is as it must be."""
        if self._monotonic() >= self._ask_again_at:
            with self._lock:
                if self._monotonic() >= self._ask_again_at:
                    self._ask()
        if self._found:
            raise Unavailable(f"This deployment is refused: {'; '.join(self._found)}.")

    def _ask(self) -> None:
        try:
            self._found = self._all_violations()
        except ServiceError as error:
            if self._monotonic() >= self._trusted_until:
                raise
            _log.warning("the deployment could not be looked at: %s", error.message)
            self._ask_again_at = self._monotonic() + _REFUSED_SECONDS
            return
        if self._found:
            _log.error("the deployment is refused: %s", "; ".join(self._found))
        else:
            self._trusted_until = self._monotonic() + _TRUSTED_SECONDS
        self._ask_again_at = self._monotonic() + (_REFUSED_SECONDS if self._found else _REMEMBERED_SECONDS)

    def _all_violations(self) -> list[str]:
        """Side by side, since the first request waits for it."""
        if not self._violations:
            return []
        with ThreadPoolExecutor(len(self._violations), thread_name_prefix="deployment") as pool:
            answers = pool.map(lambda ask: ask(), self._violations.values())
            return [f"{part}: {violation}" for part, answer in zip(self._violations, answers, strict=True) for violation in answer]
