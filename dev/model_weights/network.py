"""An ONNX network under construction, channels first inside; its input is a picture with the channels last."""
from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

IR_VERSION = 8
OPSET = 17
SIDE = 224
CLASSES = 5


class Network:
    """Each method adds a layer and returns the name of what it gives."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._weights: list[onnx.TensorProto] = []
        self._outputs: list[onnx.ValueInfoProto] = []
        self.image = self._add("Transpose", ["image"], perm=[0, 3, 1, 2])

    def scaled(self, value: str, factor: float, offset: float) -> str:
        product = self._add("Mul", [value, self._weight(np.float32(factor))])
        return self._add("Add", [product, self._weight(np.float32(offset))])

    def convolution(self, value: str, kernel: np.ndarray, bias: np.ndarray, strides: Sequence[int], *, depthwise: bool,
                    padding: Sequence[int] | None, is_clipped: bool) -> str:
        """`kernel` is [height, width, in, out], of a depthwise one [height, width, channels, 1].

        `padding` is top, left, bottom, right; None is TensorFlow's SAME. `is_clipped`: followed by ReLU6.
        """
        order = (2, 3, 0, 1) if depthwise else (3, 2, 0, 1)
        pads = {"auto_pad": "SAME_UPPER"} if padding is None else {"pads": list(padding)}
        result = self._add("Conv", [value, self._weight(kernel.transpose(order)), self._weight(bias)], strides=list(strides),
                           group=kernel.shape[2] if depthwise else 1, kernel_shape=list(kernel.shape[:2]), **pads)
        if is_clipped:
            result = self._add("Clip", [result, self._weight(np.float32(0)), self._weight(np.float32(6))])
        return result

    def sum(self, one: str, other: str) -> str:
        return self._add("Add", [one, other])

    def pooled(self, value: str) -> str:
        """The mean of each channel: [n, channels]."""
        return self._add("Flatten", [self._add("GlobalAveragePool", [value])])

    def joined(self, values: Sequence[str]) -> str:
        """[n, a] and [n, b] become [n, a + b]."""
        return self._add("Concat", values, axis=1)

    def dense(self, value: str, kernel: np.ndarray, bias: np.ndarray, activation: str | None) -> str:
        """`kernel` is [in, out]; `activation` an operator of ONNX."""
        result = self._add("Gemm", [value, self._weight(kernel), self._weight(bias)])
        return result if activation is None else self._add(activation, [result])

    def output(self, name: str, value: str, size: int) -> None:
        self._nodes.append(helper.make_node("Identity", [value], [name], name))
        self._outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", size]))

    def finished(self, name: str) -> onnx.ModelProto:
        image = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", SIDE, SIDE, 3])
        graph = helper.make_graph(self._nodes, name, [image], self._outputs, self._weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION,
                                  producer_name="moderato", producer_version="")
        onnx.checker.check_model(model, full_check=True)
        return model

    def _add(self, operator: str, values: Sequence[str], **attributes: object) -> str:
        name = f"{operator.lower()}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(operator, list(values), [name], name, **attributes))
        return name

    def _weight(self, values: np.ndarray | np.float32) -> str:
        name = f"weight_{len(self._weights)}"
        self._weights.append(numpy_helper.from_array(np.ascontiguousarray(values, "<f4").reshape(np.shape(values)), name))
        return name
