"""A tiny image model as an operator would bring one: the likelier a label, the more of its colour the picture has."""
from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

LABELS = ("red", "green", "blue")
DESCRIPTION: dict[str, Any] = {
    "version": "colours-1.0",
    "labels": list(LABELS),
    "scores": "probabilities",
    "input": {"width": 16, "height": 8, "layout": "NCHW", "colours": "RGB", "mean": [0, 0, 0], "deviation": [1, 1, 1], "fit": "stretch"},
    "categories": {
        "Sexual": {"labels": ["red"], "cuts": [0.4, 0.6, 0.8]},
        "Violence": {"labels": ["green", "blue"], "cuts": [0.4, 0.6, 0.8]},
    },
}


def save_image_model(folder: Path, description: Mapping[str, Any] = DESCRIPTION, **model: Any) -> Path:
    folder.mkdir(exist_ok=True)
    onnx.save(onnx_image_model(**model), folder / "model.onnx")
    (folder / "moderato.json").write_text(json.dumps(description))
    return folder


def onnx_image_model(*, shape: Sequence[str | int] = ("pictures", 3, 8, 16), kind: int = TensorProto.FLOAT,
                     inputs: Sequence[str] = ("image",), outputs: Sequence[str] = ("scores",), factor: float = 1.0) -> onnx.ModelProto:
    """The mean of each colour times a factor: [pictures, 3], whatever the layout."""
    axes = [2, 3] if shape[1] == 3 else [1, 2]
    nodes = [
        helper.make_node("ReduceMean", [inputs[0]], ["means"], axes=axes, keepdims=0),
        helper.make_node("Cast", ["means"], ["numbers"], to=TensorProto.FLOAT),
        *(helper.make_node("Mul", ["numbers", "factor"], [output]) for output in outputs),
    ]
    graph = helper.make_graph(
        nodes, "colours", [helper.make_tensor_value_info(name, kind, list(shape)) for name in inputs],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["pictures", 3]) for name in outputs],
        [numpy_helper.from_array(np.array(factor, np.float32), "factor")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return model
