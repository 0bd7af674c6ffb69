"""A progress bar for commands: one line that moves on a terminal, a line now and then in a file."""

import sys
import time

_LENGTH = 32
_SECONDS_BETWEEN_LINES = 5.0


class ProgressBar:
    def __init__(self, title: str) -> None:
        self._title = title
        self._is_terminal = sys.stderr.isatty()
        self._shown_at = 0.0
        self._is_open = False

    def show(self, done: int, total: int, note: str = "") -> None:
        share = min(1.0, done / total) if total else 0.0
        text = f"{self._title:<12} {'█' * int(share * _LENGTH):░<{_LENGTH}} {share:4.0%}  {note}"
        if self._is_terminal:
            print(f"\r{text}\x1b[K", end="", file=sys.stderr, flush=True)
            self._is_open = True
        elif time.monotonic() - self._shown_at >= _SECONDS_BETWEEN_LINES:
            print(text.rstrip(), file=sys.stderr, flush=True)
            self._shown_at = time.monotonic()

    def close(self) -> None:
        if self._is_open:
            print(file=sys.stderr)


def megabytes(size_bytes: int) -> str:
    return f"{size_bytes / 1_000_000:,.1f} MB"
