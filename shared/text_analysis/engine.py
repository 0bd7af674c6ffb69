"""The engine that a deployment judges texts with, made at first use."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from shared.errors import Unavailable
from shared.text_analysis.models import TextModel

_log = logging.getLogger(__name__)
_REMEMBERED_SECONDS = 10


class UnusableTextModel(Exception):
    """The operator's model cannot be used. The message says what is wrong with which file; it is for the operator's log."""


class TextEngine:
    """Makes one model, once, whatever number of threads asks for it first.

    There is no other model in its place when that fails: whoever chose an engine would take another one's answers for
    its own.
    """

    def __init__(self, load: Callable[[], TextModel], monotonic: Callable[[], float] = time.monotonic) -> None:
        self._load = load
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._model: TextModel | None = None
        self._failed_at = float("-inf")

    def __call__(self) -> TextModel:
        """Return the model. Raises Unavailable; after a failure it is tried again ten seconds later at the earliest."""
        if self._model is None:
            with self._lock:
                if self._model is None:
                    self._model = self._loaded()
        return self._model

    def _loaded(self) -> TextModel:
        if self._monotonic() - self._failed_at >= _REMEMBERED_SECONDS:
            try:
                return self._load()
            except (UnusableTextModel, OSError) as error:  # a mounted share may go while it is read
                self._failed_at = self._monotonic()
                _log.error("the operator's text model cannot be used: %s", error)
        raise Unavailable("The text engine of this deployment is not available.")
