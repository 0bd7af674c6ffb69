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
_UNANSWERED_SECONDS = 5
_TRUSTED_SECONDS = 24 * 3600
"""So long a good answer counts where nobody answers any longer: what cannot be asked is not worse than it was."""


class DeploymentGate:
    """Asks before the first work, then once an hour; while the answer is bad once a minute, while there is none every five seconds.

    One caller asks; whoever comes meanwhile goes by the answer before, and waits where there is none or it is older than a day.
    """

    def __init__(self, violations: Mapping[str, Callable[[], Sequence[str]]], monotonic: Callable[[], float] = time.monotonic) -> None:
        """`violations`: for each part of the deployment what says in words what is wrong with it. They may raise Unavailable."""
        self._violations = violations
        self._monotonic = monotonic
        self._asking = threading.Lock()
        self._found: Sequence[str] = ()
        self._refusal = ""
        self._ask_again_at = self._trusted_until = float("-inf")

    @property
    def found(self) -> list[str]:
        """What was wrong when the deployment was asked last."""
        return list(self._found)

    @property
    def seconds_to_next_question(self) -> float:
        """Until then it stays as it is."""
        return max(0.0, self._ask_again_at - self._monotonic())

    def require(self) -> None:
        """Raises Unavailable, naming what is wrong, unless the deployment is as it must be."""
        if self._is_due() and self._asking.acquire(blocking=not self._refusal and not self._is_trusted()):
            try:
                if self._is_due():
                    self._ask()
            finally:
                self._asking.release()
        if self._refusal:
            raise Unavailable(self._refusal)

    def _is_due(self) -> bool:
        return self._monotonic() >= self._ask_again_at

    def _is_trusted(self) -> bool:
        return self._monotonic() < self._trusted_until

    def _ask(self) -> None:
        failure = "nobody knows why."  # where it is none of ours, which the caller logs
        try:
            self._take(self._all_violations())
            failure = ""
        except ServiceError as error:
            failure = error.message
            _log.warning("the deployment could not be looked at: %s", failure)
        finally:
            if failure:
                self._go_on_without_answer(failure)

    def _take(self, found: Sequence[str]) -> None:
        if found:
            self._refusal = f"This deployment is refused: {'; '.join(found)}."
            _log.error("the deployment is refused: %s", "; ".join(found))
        else:
            self._refusal = ""
            self._trusted_until = self._monotonic() + _TRUSTED_SECONDS
        self._found = found
        self._ask_again_at = self._monotonic() + (_REFUSED_SECONDS if found else _REMEMBERED_SECONDS)

    def _go_on_without_answer(self, failure: str) -> None:
        if self._is_trusted():
            self._ask_again_at = self._monotonic() + _REFUSED_SECONDS
            return
        if not self._found:
            self._refusal = f"This deployment could not be looked at: {failure}"
        self._ask_again_at = self._monotonic() + _UNANSWERED_SECONDS

    def _all_violations(self) -> list[str]:
        """Side by side, since the first request waits for it."""
        if not self._violations:
            return []
        with ThreadPoolExecutor(len(self._violations), thread_name_prefix="deployment") as pool:
            answers = pool.map(lambda ask: ask(), self._violations.values())
            return [f"{part}: {violation}" for part, answer in zip(self._violations, answers, strict=True) for violation in answer]
