"""A Keras model of MobileNet, layer by layer, becomes ONNX; each batch normalisation is folded into its convolution."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx

from dev.model_weights.network import CLASSES, Network

_ACTIVATIONS = {"relu": "Relu", "softmax": "Softmax", "linear": None}


def of_layers(topology: Mapping[str, Any], weights: Mapping[str, np.ndarray]) -> onnx.ModelProto:
    """Output `predictions`. Raises ValueError for what it does not know."""
    layers = {layer["config"]["name"]: layer for layer in topology["model_config"]["config"]["layers"]}
    followers = {_inputs(layer)[0]: layer for layer in layers.values() if layer["class_name"] in ("BatchNormalization", "ReLU")}
    network = Network()
    made: dict[str, str] = {}
    for name, layer in layers.items():
        kind, config, inputs = layer["class_name"], layer["config"], _inputs(layer)
        if kind == "InputLayer":
            made[name] = network.image
        elif kind in ("Conv2D", "DepthwiseConv2D"):
            made[name] = _convolution(network, made, layer, layers[inputs[0]], followers, weights)
        elif kind == "Add":
            made[name] = network.sum(made[inputs[0]], made[inputs[1]])
        elif kind == "AveragePooling2D":
            made[name] = network.pooled(made[inputs[0]])
        elif kind == "Dense":
            made[name] = network.dense(made[inputs[0]], weights[f"{name}/kernel"], weights[f"{name}/bias"],
                                       _ACTIVATIONS[config["activation"]])
        elif kind in ("ZeroPadding2D", "BatchNormalization", "ReLU", "Flatten", "Dropout"):
            made[name] = made[inputs[0]]  # part of the convolution, or nothing where nothing is learnt
        else:
            raise ValueError(f"the layer {kind} is not known")
    network.output("predictions", made[name], CLASSES)
    return network.finished("mobilenet_v2")


def _convolution(network: Network, made: Mapping[str, str], layer: Mapping[str, Any], before: Mapping[str, Any],
                 followers: Mapping[str, Mapping[str, Any]], weights: Mapping[str, np.ndarray]) -> str:
    config = layer["config"]
    name, depthwise = config["name"], layer["class_name"] == "DepthwiseConv2D"
    normalisation = followers[name]["config"]
    if config["use_bias"] or normalisation["axis"] not in (-1, 3):
        raise ValueError(f"the convolution {name} is of an unknown kind")
    padding = None if config["padding"] == "same" else (0, 0, 0, 0)
    if before["class_name"] == "ZeroPadding2D":
        (top, bottom), (left, right) = before["config"]["padding"]
        padding = (top, left, bottom, right)
    gamma, beta, mean, variance = (weights[f"{normalisation['name']}/{part}"].astype(np.float64)
                                   for part in ("gamma", "beta", "moving_mean", "moving_variance"))
    scale = gamma / np.sqrt(variance + normalisation["epsilon"])
    kernel = weights[f"{name}/depthwise_kernel" if depthwise else f"{name}/kernel"].astype(np.float64)
    kernel *= scale[:, None] if depthwise else scale
    clip = followers.get(normalisation["name"])
    if clip is not None and clip["config"]["max_value"] != 6:
        raise ValueError(f"the activation after {name} is not ReLU6")
    return network.convolution(made[_inputs(layer)[0]], kernel.astype(np.float32), (beta - mean * scale).astype(np.float32),
                               config["strides"], depthwise=depthwise, padding=padding, is_clipped=clip is not None)


def _inputs(layer: Mapping[str, Any]) -> list[str]:
    return [node[0] for node in layer["inbound_nodes"][0]] if layer["inbound_nodes"] else [""]
