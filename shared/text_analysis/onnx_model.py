"""An operator's own text model: an ONNX file, its tokenizer and a description, run with onnxruntime on one thread.

What the three files must be: docs/text-engines.md.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import fastjsonschema
import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from shared.engine_loading import UnusableModel
from shared.errors import Unavailable
from shared.text_analysis.encoder import token_windows
from shared.text_analysis.models import Category, Judgement
from shared.text_analysis.severity import Cuts, severity_of

MODEL_FILE = "model.onnx"
TOKENIZER_FILE = "tokenizer.json"
DESCRIPTION_FILE = "moderato.json"
MOST_TOKENS = 8192

_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
_INTEGERS = {"tensor(int64)": np.int64, "tensor(int32)": np.int32}
_NUMBERS = ("tensor(float)", "tensor(float16)", "tensor(double)")
_ROUNDING = 1e-3  # so far outside [0, 1] a half-precision probability may lie
_LONGEST_REASON = 300
_log = logging.getLogger(__name__)

_LABEL = {"type": "string", "minLength": 1, "maxLength": 100}
_SCHEMA = {
    "type": "object",
    "required": ["version", "labels", "scores", "maximalTokens", "categories"],
    "additionalProperties": False,
    "properties": {
        "version": {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}\\Z"},
        "labels": {"type": "array", "minItems": 1, "maxItems": 1000, "uniqueItems": True, "items": _LABEL},
        "scores": {"enum": ["sigmoid", "softmax", "probabilities"]},
        "maximalTokens": {"type": "integer", "minimum": 8, "maximum": MOST_TOKENS},
        "overlapTokens": {"type": "integer", "minimum": 0},
        "output": {"type": "string", "minLength": 1},
        "categories": {
            "type": "object",
            "required": list(map(str, Category)),
            "additionalProperties": False,
            "properties": {
                str(category): {
                    "type": "object",
                    "required": ["labels", "cuts"],
                    "additionalProperties": False,
                    "properties": {
                        "labels": {"type": "array", "minItems": 1, "uniqueItems": True, "items": _LABEL},
                        "cuts": {"type": "array", "minItems": 3, "maxItems": 3, "items": {"type": "number"}},
                    },
                }
                for category in Category
            },
        },
    },
}


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
        self._output = _output_of(session, description)
        self.version = version

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Return the model in a folder, tried out once; its version ends in 8 digits of the SHA-256 of all its files.

        Raises UnusableModel for whatever is wrong with it.
        """
        digest = _digest_of(folder)
        description = read_description((folder / DESCRIPTION_FILE).read_bytes())
        tokenizer = _tokenizer_of(folder, description)
        session = _session_of(folder)
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
        """Return the token ids of each window, between the marks that the tokenizer puts around a text."""
        encoding = self._tokenizer.encode(text.encode(errors="replace").decode())
        own = [place for place, is_mark in enumerate(encoding.special_tokens_mask) if not is_mark]
        if not own:
            return []
        ids, before, after = encoding.ids, own[0], own[-1] + 1
        size = self._description.maximal_tokens - before - (len(ids) - after)
        return [ids[:before] + window + ids[after:]
                for window in token_windows(ids[before:after], size, overlap=self._description.overlap_tokens)]

    def _probabilities(self, window: list[int]) -> np.ndarray:
        """Return the probability of each label: float64 [labels]. Raises ValueError where the model gives something else."""
        ids = np.array([window], np.int64)
        values = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        (output,) = self._session.run([self._output], {name: values[name].astype(kind) for name, kind in self._integers.items()})
        if output.shape != (1, len(self._description.labels)):
            raise ValueError(f"the output {self._output} has the shape {list(output.shape)}, "
                             f"and {len(self._description.labels)} labels ask for [1, {len(self._description.labels)}]")
        return _as_probabilities(output[0].astype(np.float64), self._description.scores)

    def _try_out(self) -> None:
        """Judge the shortest and the longest window there can be, made of the tokenizer's last token."""
        last = max(self._tokenizer.get_vocab(with_added_tokens=True).values())
        for length in (1, self._description.maximal_tokens):
            try:
                self._probabilities([last] * length)
            except Exception as error:  # onnxruntime's own have no base of their own
                raise UnusableModel(f"{MODEL_FILE} fails on {length} tokens with the id {last}: {_reason(error)}") from error


def read_description(content: bytes) -> Description:
    """Raises UnusableModel where it is not as docs/text-engines.md has it."""
    try:
        described = json.loads(content)
    except ValueError as error:
        raise UnusableModel(f"{DESCRIPTION_FILE} is not JSON: {_reason(error)}") from error
    try:
        fastjsonschema.compile(_SCHEMA)(described, name_prefix=DESCRIPTION_FILE)
    except fastjsonschema.JsonSchemaValueException as error:
        raise UnusableModel(error.message) from error
    labels, size = tuple(described["labels"]), described["maximalTokens"]
    overlap = described.get("overlapTokens", size // 4)
    if overlap > size // 2:
        raise UnusableModel(f"{DESCRIPTION_FILE}.overlapTokens must be at most half of maximalTokens")
    columns, cuts = {}, {}
    for category in Category:
        place, entry = f"{DESCRIPTION_FILE}.categories.{category}", described["categories"][category]
        unknown = [label for label in entry["labels"] if label not in labels]
        if unknown:
            raise UnusableModel(f"{place}.labels: {unknown[0]!r} is not among the labels of the model")
        columns[category] = tuple(map(labels.index, entry["labels"]))
        try:
            cuts[category] = Cuts(*map(float, entry["cuts"]))
        except ValueError as error:
            raise UnusableModel(f"{place}.cuts: {error}") from error
    return Description(described["version"], labels, described["scores"], size, overlap, described.get("output"), columns, cuts)


def _digest_of(folder: Path) -> str:
    """Over names and contents of all files, since weights may lie in files of their own beside the model."""
    digest = hashlib.sha256()
    try:
        names = {path.name for path in folder.iterdir() if path.is_file()}
        for name in (MODEL_FILE, TOKENIZER_FILE, DESCRIPTION_FILE):
            if name not in names:
                raise UnusableModel(f"{name} is missing")
        for name in sorted(names):
            with (folder / name).open("rb") as file:
                digest.update(name.encode() + b"\0" + hashlib.file_digest(file, "sha256").digest())
    except OSError as error:
        raise UnusableModel(f"the folder cannot be read: {error.strerror}") from error
    return digest.hexdigest()


def _tokenizer_of(folder: Path, description: Description) -> Tokenizer:
    try:
        tokenizer = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
    except Exception as error:  # the library raises nothing more particular
        raise UnusableModel(f"{TOKENIZER_FILE} is not read by the library tokenizers: {_reason(error)}") from error
    tokenizer.no_truncation()
    tokenizer.no_padding()
    # Else a text that says "[PAD]" or "</s>" would give the model a mark that it takes for the end.
    tokenizer.encode_special_tokens = True
    room = description.maximal_tokens - tokenizer.num_special_tokens_to_add(False)
    if description.overlap_tokens >= room:
        raise UnusableModel(f"{DESCRIPTION_FILE}.overlapTokens must be less than the {room} tokens of text in a window")
    return tokenizer


def _session_of(folder: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1  # requests come on threads of their own
    options.enable_cpu_mem_arena = False  # it would keep the memory of the longest text ever read
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(str(folder / MODEL_FILE), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's own have no base of their own
        raise UnusableModel(f"{MODEL_FILE} is not loaded by onnxruntime: {_reason(error)}") from error
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


def _output_of(session: onnxruntime.InferenceSession, description: Description) -> str:
    outputs = {each.name: each for each in session.get_outputs()}
    name = description.output or (next(iter(outputs)) if len(outputs) == 1 else None)
    if name not in outputs:
        raise UnusableModel(f"{MODEL_FILE} has the outputs {sorted(outputs)}: {DESCRIPTION_FILE}.output must name one of them")
    if outputs[name].type not in _NUMBERS:
        raise UnusableModel(f"{MODEL_FILE}: the output {name} has the type {outputs[name].type}, not a float")
    return name


def _as_probabilities(scores: np.ndarray, kind: str) -> np.ndarray:
    """Raises ValueError where scores are no numbers, or no probabilities where they should be."""
    if not np.isfinite(scores).all():
        raise ValueError("a score is not a finite number")
    if kind == "sigmoid":
        return 1 / (1 + np.exp(-np.clip(scores, -500, 500)))
    if kind == "softmax":
        powers = np.exp(scores - scores.max())
        return powers / powers.sum()
    if scores.min() < -_ROUNDING or scores.max() > 1 + _ROUNDING:
        raise ValueError("a score is not between 0 and 1; are they sigmoid or softmax?")
    return np.clip(scores, 0, 1)


def _reason(error: Exception) -> str:
    return " ".join(str(error).split())[:_LONGEST_REASON] or type(error).__name__
