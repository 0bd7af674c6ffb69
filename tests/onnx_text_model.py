"""A tiny text model with its tokenizer, as an operator would bring one: a text has each label's greatest score of a word."""
from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

WORDS = ("soup", "spite", "despair", "nude", "punch", "shove")
LABELS = ("harmless", "hateful", "self-harm", "sexual", "violent", "violent/rough")
SCORES = np.array([
    [4, -9, -9, -9, -9, -9],
    [-4, 4, -9, -9, -9, -9],
    [-4, -9, 4, -9, -9, -9],
    [-4, -9, -9, 4, -9, -9],
    [-4, -9, -9, -9, 4, -9],
    [-4, -9, -9, -9, -9, 1]], np.float32)
MARKS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
DESCRIPTION: dict[str, Any] = {
    "version": "kitchen-2.1",
    "labels": list(LABELS),
    "scores": "sigmoid",
    "maximalTokens": 12,
    "categories": {
        "Hate": {"labels": ["hateful"], "cuts": [0.4, 0.7, 0.9]},
        "SelfHarm": {"labels": ["self-harm"], "cuts": [0.4, 0.7, 0.9]},
        "Sexual": {"labels": ["sexual"], "cuts": [0.4, 0.7, 0.9]},
        "Violence": {"labels": ["violent", "violent/rough"], "cuts": [0.4, 0.7, 0.9]},
    },
}


def save_model(folder: Path, description: Mapping[str, Any] = DESCRIPTION, **model: Any) -> Path:
    folder.mkdir(exist_ok=True)
    onnx.save(onnx_model(**model), folder / "model.onnx")
    tokenizer().save(str(folder / "tokenizer.json"))
    (folder / "moderato.json").write_text(json.dumps(description))
    return folder


def tokenizer() -> Tokenizer:
    """Words between a mark at the beginning and one at the end, as BERT has them; cut and padded by itself, as many are saved."""
    vocabulary = {word: number for number, word in enumerate((*MARKS, *WORDS))}
    made = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    made.normalizer = normalizers.Lowercase()
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[(mark, vocabulary[mark]) for mark in ("[CLS]", "[SEP]")])
    made.add_special_tokens(list(MARKS))
    made.enable_truncation(6)
    made.enable_padding(length=6)
    return made


def onnx_model(*, inputs: Sequence[str] = ("input_ids", "attention_mask"), kind: int = TensorProto.INT64,
               shape: Sequence[str | int] = ("texts", "tokens"), scores: np.ndarray = SCORES, bias: float = 0.0,
               outputs: Sequence[str] = ("logits",)) -> onnx.ModelProto:
    """Logits float32 [texts, labels]; a word that is not in WORDS has -1 everywhere, a mark -9."""
    table = np.concatenate((np.full((len(MARKS), scores.shape[1]), -9), scores)).astype(np.float32)
    table[MARKS.index("[UNK]")] = -1
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["scores"]),
        helper.make_node("ReduceMax", ["scores", "axis"], ["greatest"], keepdims=0),
        *(helper.make_node("Add", ["greatest", "bias"], [output]) for output in outputs),
    ]
    graph = helper.make_graph(
        nodes, "words", [helper.make_tensor_value_info(name, kind, list(shape)) for name in inputs],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["texts", None]) for name in outputs],
        [numpy_helper.from_array(table, "table"), numpy_helper.from_array(np.array([1]), "axis"),
         numpy_helper.from_array(np.array(bias, np.float32), "bias")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(model)
    return model
