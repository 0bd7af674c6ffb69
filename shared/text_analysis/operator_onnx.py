"""What operators' own ONNX models have in common, whatever they judge: the files, the description's categories, the scores."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import fastjsonschema
import numpy as np
import onnxruntime

from shared import onnx_sessions
from shared.engine_loading import UnusableModel
from shared.text_analysis.models import Category
from shared.text_analysis.severity import Cuts

MODEL_FILE = "model.onnx"
DESCRIPTION_FILE = "moderato.json"

_NUMBERS = ("tensor(float)", "tensor(float16)", "tensor(double)")
_ROUNDING = 1e-3  # so far outside [0, 1] a half-precision probability may lie
_LONGEST_REASON = 300
_LABEL = {"type": "string", "minLength": 1, "maxLength": 100}


def description_schema(required: Iterable[Category], needed: Iterable[str], **properties: Any) -> dict[str, Any]:
    """The JSON Schema of a description with further `properties`, of which `needed` must be there."""
    category = {
        "type": "object", "required": ["labels", "cuts"], "additionalProperties": False,
        "properties": {
            "labels": {"type": "array", "minItems": 1, "uniqueItems": True, "items": _LABEL},
            "cuts": {"type": "array", "minItems": 3, "maxItems": 3, "items": {"type": "number"}},
        },
    }
    return {
        "type": "object",
        "required": ["version", "labels", "scores", *needed, "categories"],
        "additionalProperties": False,
        "properties": {
            "version": {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}\\Z"},
            "labels": {"type": "array", "minItems": 1, "maxItems": 1000, "uniqueItems": True, "items": _LABEL},
            "scores": {"enum": ["sigmoid", "softmax", "probabilities"]},
            "output": {"type": "string", "minLength": 1},
            "categories": {
                "type": "object", "required": list(map(str, required)), "additionalProperties": False,
                "properties": {str(each): category for each in Category},
            },
            **properties,
        },
    }


def described(content: bytes, schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the description. Raises UnusableModel where it is not as the schema has it."""
    try:
        read = json.loads(content)
    except ValueError as error:
        raise UnusableModel(f"{DESCRIPTION_FILE} is not JSON: {reason(error)}") from error
    try:
        fastjsonschema.compile(schema)(read, name_prefix=DESCRIPTION_FILE)
    except fastjsonschema.JsonSchemaValueException as error:
        raise UnusableModel(error.message) from error
    return read


def categories_of(read: Mapping[str, Any]) -> tuple[dict[Category, tuple[int, ...]], dict[Category, Cuts]]:
    """Return the places of each category's labels among all labels, and its cuts. Raises UnusableModel."""
    columns, cuts = {}, {}
    for category in (each for each in Category if each in read["categories"]):
        place, entry = f"{DESCRIPTION_FILE}.categories.{category}", read["categories"][category]
        unknown = [label for label in entry["labels"] if label not in read["labels"]]
        if unknown:
            raise UnusableModel(f"{place}.labels: {unknown[0]!r} is not among the labels of the model")
        columns[category] = tuple(map(read["labels"].index, entry["labels"]))
        try:
            cuts[category] = Cuts(*map(float, entry["cuts"]))
        except ValueError as error:
            raise UnusableModel(f"{place}.cuts: {error}") from error
    return columns, cuts


def digest_of(folder: Path, needed: Sequence[str]) -> str:
    """Over names and contents of all files, since weights may lie in files of their own beside the model.

    Raises UnusableModel where one of the needed files is missing.
    """
    digest = hashlib.sha256()
    try:
        names = {path.name for path in folder.iterdir() if path.is_file()}
        for name in needed:
            if name not in names:
                raise UnusableModel(f"{name} is missing")
        for name in sorted(names):
            with (folder / name).open("rb") as file:
                digest.update(name.encode() + b"\0" + hashlib.file_digest(file, "sha256").digest())
    except OSError as error:
        raise UnusableModel(f"the folder cannot be read: {error.strerror}") from error
    return digest.hexdigest()


def session_of(folder: Path) -> onnxruntime.InferenceSession:
    """Raises UnusableModel."""
    try:
        return onnx_sessions.session_of(folder / MODEL_FILE)
    except Exception as error:  # onnxruntime's own have no base of their own
        raise UnusableModel(f"{MODEL_FILE} is not loaded by onnxruntime: {reason(error)}") from error


def output_of(session: onnxruntime.InferenceSession, named: str | None) -> str:
    """Return the output that holds the scores: the named one or the only one. Raises UnusableModel."""
    outputs = {each.name: each for each in session.get_outputs()}
    name = named or (next(iter(outputs)) if len(outputs) == 1 else None)
    if name not in outputs:
        raise UnusableModel(f"{MODEL_FILE} has the outputs {sorted(outputs)}: {DESCRIPTION_FILE}.output must name one of them")
    if outputs[name].type not in _NUMBERS:
        raise UnusableModel(f"{MODEL_FILE}: the output {name} has the type {outputs[name].type}, not a float")
    return name


def probabilities_of(output: np.ndarray, name: str, labels: Sequence[str], kind: str) -> np.ndarray:
    """Return the probability of each label: float64 [labels]. `kind` is what the description's `scores` says.

    Raises ValueError where scores are not one for each label, no numbers, or no probabilities where they should be.
    """
    if output.shape != (1, len(labels)):
        raise ValueError(f"the output {name} has the shape {list(output.shape)}, "
                         f"and {len(labels)} labels ask for [1, {len(labels)}]")
    scores = output[0].astype(np.float64)
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


def reason(error: Exception) -> str:
    """What a library says was wrong, on one line; for the operator's log."""
    return " ".join(str(error).split())[:_LONGEST_REASON] or type(error).__name__
