"""The one table of models whose weights are fetched: where each comes from, and what makes an ONNX file of it.

A further model is a further line, and then `python3 dev models --record` writes down its checksums.
"""
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import onnx

from dev.model_weights.keras_layers import of_layers
from dev.model_weights.tensorflow_graph import of_graph
from dev.model_weights.tensorflow_js import read_model


@dataclass(frozen=True, slots=True)
class Package:
    """A package of npm. `integrity` is the registry's own hash of the archive: SHA-512 in base64."""

    name: str
    version: str
    integrity: str

    @property
    def archive(self) -> str:
        return f"{self.name}-{self.version}.tgz"


@dataclass(frozen=True, slots=True)
class FetchedModel:
    """`file` is the ONNX file to make; `convert` makes it of `sources`, files of the package, by their content."""

    file: str
    package: Package
    sources: Sequence[str]
    convert: Callable[[Mapping[str, bytes]], onnx.ModelProto]


NSFWJS = Package("nsfwjs", "4.4.0", "krC1fgeTLXtZwgdpKJ0jm7hqv0gTSRQQRL+FhOaxaJ9Wj92t42BO3csO2odwgTAgZgf2RvkwPtp0R8Aa7dc+MA==")
_MID = ("dist/models/mobilenet_v2_mid/model.min.js", "dist/models/mobilenet_v2_mid/group1-shard1of2.min.js",
        "dist/models/mobilenet_v2_mid/group1-shard2of2.min.js")
_SMALL = ("dist/models/mobilenet_v2/model.min.js", "dist/models/mobilenet_v2/group1-shard1of1.min.js")

MODELS = (
    FetchedModel("mobilenet_v2_mid.onnx", NSFWJS, _MID, lambda files: of_graph(*read_model(files))),
    FetchedModel("mobilenet_v2.onnx", NSFWJS, _SMALL, lambda files: of_layers(*read_model(files))),
)
