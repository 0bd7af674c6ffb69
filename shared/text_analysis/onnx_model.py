"""An operator's own text model: an ONNX file, its tokenizer and a description, run with onnxruntime on one thread.

What the three files must be: docs/text-engines.md.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from shared.engine_loading import UnusableModel
from shared.errors import Unavailable
from shared.text_analysis.encoder import spread, token_windows
from shared.text_analysis.models import Category, Judgement
from shared.text_analysis.operator_onnx import (
    DESCRIPTION_FILE,
    MODEL_FILE,
    categories_of,
    described,
    description_schema,
    digest_of,
    output_of,
    probabilities_of,
    reason,
    session_of,
)
from shared.text_analysis.severity import Cuts, severity_of

TOKENIZER_FILE = "tokenizer.json"
MOST_TOKENS = 8192
MOST_WINDOWS = 256
"""Of one text, as in any script 10,000 characters have at most in windows of 64 tokens; a character that a tokenizer takes for a whole
sentence makes thousands."""

_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
_INTEGERS = {"tensor(int64)": np.int64, "tensor(int32)": np.int32}
_SCHEMA = description_schema(
    Category, ["maximalTokens"], maximalTokens={"type": "integer", "minimum": 8, "maximum": MOST_TOKENS},
    overlapTokens={"type": "integer", "minimum": 0})
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Description:
    """What the operator says of the model. `columns` are the places of a category's labels among `labels`."""

    version: str
    labels: tuple[str, ...]
    scores: str
    maximal_tokens: int
    overlap_tokens: int
    output: str | None
    columns: Mapping[Category, tuple[int, ...]]
    cuts: Mapping[Category, Cuts]


class OnnxTextModel:
    """Unchanging once loaded and safe on many threads."""

    engine = "onnx"

    def __init__(self, session: onnxruntime.InferenceSession, tokenizer: Tokenizer, description: Description, version: str) -> None:
        self._session = session
        self._tokenizer = tokenizer
        self._description = description
        self._integers = {each.name: _INTEGERS[each.type] for each in session.get_inputs()}
        self._output = output_of(session, description.output)
        self.version = version

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Return the model in a folder, tried out once; its version ends in 8 digits of the SHA-256 of all its files.

        Raises UnusableModel for whatever is wrong with it.
        """
        digest = digest_of(folder, (MODEL_FILE, TOKENIZER_FILE, DESCRIPTION_FILE))
        description = read_description((folder / DESCRIPTION_FILE).read_bytes())
        tokenizer = _tokenizer_of(folder, description)
        session = _text_session_of(folder)
        model = cls(session, tokenizer, description, f"{description.version}+{digest[:8]}")
        model._try_out()
        return model

    def judge(self, text: str) -> Judgement:
        """Return, for each category, the greatest probability of its labels in any window of the text, and its severity.

        A text without tokens has probability 0. Raises Unavailable where the model fails.
        """
        try:
            windows = [self._probabilities(window) for window in self._windows(text)]
        except Exception as error:  # what onnxruntime and tokenizers raise has no base of its own, and may quote the text
            _log.error("the operator's text model failed with %s", type(error).__name__)
            raise Unavailable("The text engine of this deployment cannot judge this text now.") from None
        labels = np.max(windows, axis=0) if windows else np.zeros(len(self._description.labels))
        probabilities = {category: float(labels[list(columns)].max()) for category, columns in self._description.columns.items()}
        cuts = self._description.cuts
        return Judgement({category: severity_of(probabilities[category], cuts[category]) for category in Category}, probabilities)

    def _windows(self, text: str) -> list[list[int]]:
        """Return the token ids of each window that is read, between the marks that the tokenizer puts around a text."""
        encoding = self._tokenizer.encode(text.encode(errors="replace").decode())
        own = [place for place, is_mark in enumerate(encoding.special_tokens_mask) if not is_mark]
        if not own:
            return []
        ids, before, after = encoding.ids, own[0], own[-1] + 1
        size = self._description.maximal_tokens - before - (len(ids) - after)
        windows = list(token_windows(ids[before:after], size, self._description.overlap_tokens))
        return [ids[:before] + window + ids[after:] for window in spread(windows, MOST_WINDOWS)]

    def _probabilities(self, window: list[int]) -> np.ndarray:
        """Return the probability of each label: float64 [labels]. Raises ValueError where the model gives something else."""
        ids = np.array([window], np.int64)
        values = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        (output,) = self._session.run([self._output], {name: values[name].astype(kind) for name, kind in self._integers.items()})
        return probabilities_of(output, self._output, self._description.labels, self._description.scores)

    def _try_out(self) -> None:
        """Judge the shortest and the longest window there can be, made of the tokenizer's last token."""
        last = max(self._tokenizer.get_vocab(with_added_tokens=True).values())
        for length in (1, self._description.maximal_tokens):
            try:
                self._probabilities([last] * length)
            except Exception as error:  # onnxruntime's own have no base of their own
                raise UnusableModel(f"{MODEL_FILE} fails on {length} tokens with the id {last}: {reason(error)}") from error


def read_description(content: bytes) -> Description:
    """Raises UnusableModel where it is not as docs/text-engines.md has it."""
    read = described(content, _SCHEMA)
    labels, size = tuple(read["labels"]), read["maximalTokens"]
    overlap = read.get("overlapTokens", size // 4)
    if overlap > size // 2:
        raise UnusableModel(f"{DESCRIPTION_FILE}.overlapTokens must be at most half of maximalTokens")
    columns, cuts = categories_of(read)
    return Description(read["version"], labels, read["scores"], size, overlap, read.get("output"), columns, cuts)


def _tokenizer_of(folder: Path, description: Description) -> Tokenizer:
    try:
        tokenizer = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
    except Exception as error:  # the library raises nothing more particular
        raise UnusableModel(f"{TOKENIZER_FILE} is not read by the library tokenizers: {reason(error)}") from error
    tokenizer.no_truncation()
    tokenizer.no_padding()
    # Else a text that says "[PAD]" or "</s>" would give the model a mark that it takes for the end.
    tokenizer.encode_special_tokens = True
    room = description.maximal_tokens - tokenizer.num_special_tokens_to_add(False)
    if description.overlap_tokens >= room:
        raise UnusableModel(f"{DESCRIPTION_FILE}.overlapTokens must be less than the {room} tokens of text in a window")
    return tokenizer


def _text_session_of(folder: Path) -> onnxruntime.InferenceSession:
    session = session_of(folder)
    inputs = {each.name: each for each in session.get_inputs()}
    if "input_ids" not in inputs or not inputs.keys() <= set(_INPUTS):
        raise UnusableModel(f"{MODEL_FILE} has the inputs {sorted(inputs)}; input_ids is needed, and besides it "
                                "attention_mask and token_type_ids are known")
    for name, each in inputs.items():
        if each.type not in _INTEGERS:
            raise UnusableModel(f"{MODEL_FILE}: the input {name} has the type {each.type}, not int64 or int32")
        texts, tokens = each.shape if len(each.shape) == 2 else (0, 0)
        if isinstance(texts, int) and texts != 1 or isinstance(tokens, int):
            raise UnusableModel(f"{MODEL_FILE}: the input {name} has the shape {each.shape}; it must be [texts, tokens], "
                                    "with a dynamic number of tokens, and of texts dynamic or 1")
    return session
