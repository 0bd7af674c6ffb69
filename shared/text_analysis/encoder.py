"""The second tier of the built-in model: a small transformer (MiniLM), fine-tuned on the four categories, in 8-bit integers.

It runs on one thread of onnxruntime. A long text is read in overlapping windows, and the greatest logit of a category counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

WINDOW_TOKENS = 96
WINDOW_OVERLAP = 24


class TextEncoder:
    """Unchanging once loaded, and safe on many threads."""

    def __init__(self, model: Path, tokenizer: Path) -> None:
        """`model` takes `input_ids` and `attention_mask` (int64 [windows, tokens]) and gives float32 [windows, 4]."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = False  # it would keep the memory of the longest text ever read
        options.log_severity_level = 3
        self.session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        self._first, self._last = (self._tokenizer.token_to_id(token) for token in ("[CLS]", "[SEP]"))

    def logits(self, text: str) -> np.ndarray:
        """Return the greatest logits over the windows of a normalised text: float32 [4].

        Each window is run by itself: 8-bit arithmetic takes its scale from all that is run together, so that a window
        would have another answer in other company; and on one thread there is no time to be gained.
        """
        return np.max([self._run(window) for window in token_windows(self.token_ids(text))], axis=0)

    def is_one_window(self, text: str) -> bool:
        longest = WINDOW_TOKENS - 2
        return len(text) <= longest or len(self.token_ids(text)) <= longest  # a token has at least one character

    def token_ids(self, text: str) -> list[int]:
        return self._tokenizer.encode(text, add_special_tokens=False).ids

    def _run(self, window: Sequence[int]) -> np.ndarray:
        ids = np.array([[self._first, *window, self._last]], np.int64)
        return self.session.run(None, {"input_ids": ids, "attention_mask": np.ones_like(ids)})[0][0]


def token_windows(ids: Sequence[int], size: int = WINDOW_TOKENS - 2, overlap: int = WINDOW_OVERLAP) -> Iterator[list[int]]:
    """Yield windows of token ids that cover them all, evenly spread; every one but that of a short text is full.

    Each overlaps the next by at least so many tokens.
    """
    count = 1 + max(0, -(-(len(ids) - size) // (size - overlap)))
    for place in range(count):
        first = round(place * (len(ids) - size) / (count - 1)) if count > 1 else 0
        yield list(ids[first : first + size])
