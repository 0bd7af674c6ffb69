"""Writes a trained encoder as the files that the service runs: an ONNX model in 8-bit integers, and its tokenizer."""

import json
import tempfile
from pathlib import Path

import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic

from dev.text_training.encoder import Encoder, pretrained_folder

_OPSET = 17


def export(encoder: Encoder, model: Path, tokenizer: Path) -> None:
    """Write `model` (inputs `input_ids`, `attention_mask` int64 [texts, tokens]; output `logits` float32 [texts, 4])."""
    encoder = encoder.cpu().eval()  # it may have been trained on a GPU
    example = torch.ones((2, 8), dtype=torch.int64)
    with tempfile.TemporaryDirectory() as folder:
        exact = Path(folder) / "encoder.onnx"
        torch.onnx.export(
            encoder, (example, example), str(exact), input_names=["input_ids", "attention_mask"], output_names=["logits"],
            dynamic_axes={name: {0: "texts", 1: "tokens"} for name in ("input_ids", "attention_mask")}
            | {"logits": {0: "texts"}},
            opset_version=_OPSET, dynamo=False)
        # Seven bits: with eight, processors without VNNI saturate when they add two products.
        quantize_dynamic(exact, model, weight_type=QuantType.QInt8, per_channel=True, reduce_range=True)
    _strip(model)
    tokenizer.write_text(_tokenizer_json(), "utf-8")


def _strip(path: Path) -> None:
    """Leave out what names the exporter's source files and this machine's folders."""
    model = onnx.load(path)
    for node in model.graph.node:
        node.doc_string = ""
        del node.metadata_props[:]
    onnx.save(model, path)


def _tokenizer_json() -> str:
    stored = json.loads((pretrained_folder() / "tokenizer.json").read_text("utf-8"))
    stored["truncation"] = stored["padding"] = None  # the service cuts texts into windows itself
    return json.dumps(stored, ensure_ascii=False, separators=(",", ":"))
