"""A frozen TensorFlow graph of MobileNet becomes ONNX; its batch normalisations are folded already."""
from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx

from dev.model_weights.network import CLASSES, Network

_CONVOLUTIONS = ("_FusedConv2D", "FusedDepthwiseConv2dNative")
_INNER = tuple(f"/expanded_conv_{block}/depthwise/depthwise" for block in (15, 12, 9, 5))
"""The layers whose means are `inner_features`: fine shape, which the last layer no longer shows."""
_INNER_SIZE = 1344 + 816 + 528 + 288


def of_graph(topology: Mapping[str, Any], weights: Mapping[str, np.ndarray]) -> onnx.ModelProto:
    """Outputs `predictions`, `features` of the layer before the last, and `inner_features` of four before.

    Raises ValueError for what it does not know.
    """
    network = Network()
    made: dict[str, str] = {}
    for node in topology["node"]:
        name, operator, inputs, attributes = node["name"], node["op"], node.get("input", ()), node.get("attr", {})
        if operator == "Const":
            continue
        if operator == "Placeholder":
            made[name] = network.image
        elif operator == "Mul":  # and the Sub that follows, both of the input alone
            made[name] = network.scaled(made[inputs[1]], weights[inputs[0]].item(), 0)
        elif operator == "Sub":
            made[name] = network.scaled(made[inputs[0]], 1, -weights[inputs[1]].item())
        elif operator in _CONVOLUTIONS:
            made[name] = _convolution(network, made[inputs[0]], weights[inputs[1]], weights[inputs[2]], operator, attributes)
        elif operator == "AddV2":
            made[name] = network.sum(made[inputs[0]], made[inputs[1]])
        elif operator == "AvgPool":
            made[name] = network.pooled(made[inputs[0]])
        elif operator == "_FusedMatMul":
            network.output("features", made[inputs[0]], weights[inputs[1]].shape[0])
            made[name] = network.dense(made[inputs[0]], weights[inputs[1]], weights[inputs[2]], "Softmax")
        elif operator in ("Squeeze", "Softmax", "Identity"):  # the one softmax is part of the one dense layer
            made[name] = made[inputs[0]]
        else:
            raise ValueError(f"the operator {operator} is not known")
    network.output("predictions", made["Identity"], CLASSES)
    inner = [next(name for name in made if name.endswith(ending)) for ending in _INNER]
    network.output("inner_features", network.joined([network.pooled(made[name]) for name in inner]), _INNER_SIZE)
    return network.finished("mobilenet_v2_mid")


def _convolution(network: Network, value: str, kernel: np.ndarray, bias: np.ndarray, operator: str,
                 attributes: Mapping[str, Any]) -> str:
    fused = [base64.b64decode(name) for name in attributes["fused_ops"]["list"]["s"]]
    if base64.b64decode(attributes["padding"]["s"]) != b"SAME" or fused not in ([b"BiasAdd"], [b"BiasAdd", b"Relu6"]):
        raise ValueError(f"a convolution of an unknown kind: {attributes}")
    return network.convolution(value, kernel, bias, [int(step) for step in attributes["strides"]["list"]["i"][1:3]],
                               depthwise=operator != _CONVOLUTIONS[0], padding=None, is_clipped=len(fused) == 2)
