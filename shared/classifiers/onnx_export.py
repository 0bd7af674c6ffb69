"""An iteration's model as one ONNX file: the network, then the head; and the zips that it is handed out in."""
from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from shared.classifiers.learning.heads import Likelihood
from shared.classifiers.model_files import Model

_SHARED = Path(__file__).parents[1]
_CONTAINER = _SHARED / "classifiers" / "container"
_SCALING, _COLOURS = _SHARED / "image_analysis" / "scaling.py", _SHARED / "imaging" / "colours.py"
"""The service's own code, which goes along, so that a picture is read there as it is here."""
_WHEN = (2020, 1, 1, 0, 0, 0)
_READABLE = 0o100644
"""A regular file that everybody may read: the container does not run as root."""
_PACKAGES = ("numpy", "onnxruntime", "opencv-python-headless", "pillow")
OUTPUT = "probabilities"


def onnx_of(model: Model, backbone: bytes, outputs: Sequence[str]) -> bytes:
    """Input `image` as the network's: float32 [n, 224, 224, 3], RGB from 0 to 1. Output `probabilities` float32 [n, tags].

    `outputs` of the network, side by side, are the head's features. Tags' names and ids are in the file's metadata.
    """
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    made = onnx.load_model_from_string(backbone)
    graph = made.graph
    graph.initializer.append(numpy_helper.from_array(model.head.weights, "head_weights"))
    graph.initializer.append(numpy_helper.from_array(model.head.bias, "head_bias"))
    graph.node.append(helper.make_node("Concat", list(outputs), ["head_features"], "head_features", axis=1))
    graph.node.append(helper.make_node("Gemm", ["head_features", "head_weights", "head_bias"], ["head_logits"], "head_logits"))
    graph.node.append(
        helper.make_node("Softmax", ["head_logits"], [OUTPUT], OUTPUT, axis=1) if model.head.likelihood is Likelihood.SOFTMAX
        else helper.make_node("Sigmoid", ["head_logits"], [OUTPUT], OUTPUT))
    del graph.output[:]
    graph.output.append(helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ["n", len(model.tags)]))
    graph.name = "classifier"
    _drop_unused(graph)
    helper.set_model_props(made, {"labels": json.dumps([tag.name for tag in model.tags]),
                                  "tagIds": json.dumps([tag.id for tag in model.tags]), "likelihood": model.head.likelihood})
    onnx.checker.check_model(made)
    return made.SerializeToString(deterministic=True)


def onnx_zip(model: Model, content: bytes) -> bytes:
    """The model, its labels, how pictures are read for it, and the licence of the network."""
    return _zip({"model.onnx": content, "labels.txt": _labels(model), "scaling.py": _SCALING.read_bytes(),
                 **_texts("README-ONNX.md", "LICENSE-nsfwjs.txt")})


def docker_zip(model: Model, content: bytes) -> bytes:
    """A folder for `docker build`: a server that answers the published container's calls."""
    requirements = "".join(f"{name}=={version(name)}\n" for name in _PACKAGES)
    tags = json.dumps([[tag.id, tag.name] for tag in model.tags]).encode()
    return _zip({"model.onnx": content, "labels.txt": _labels(model), "tags.json": tags, "requirements.txt": requirements.encode(),
                 "scaling.py": _SCALING.read_bytes(), "colours.py": _COLOURS.read_bytes(),
                 **_texts("Dockerfile", "server.py", "README-Docker.md", "LICENSE-nsfwjs.txt")})


def _labels(model: Model) -> bytes:
    """One name a line, in the order of the output's columns; a line break within a name becomes a space."""
    return "".join(f"{' '.join(tag.name.splitlines())}\n" for tag in model.tags).encode("utf-8")


def _texts(*names: str) -> dict[str, bytes]:
    return {"README.md" if name.startswith("README") else name: (_CONTAINER / name).read_bytes() for name in names}


def _zip(members: dict[str, bytes]) -> bytes:
    """The same members make the same bytes."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            member = zipfile.ZipInfo(name, _WHEN)
            member.external_attr = _READABLE << 16
            archive.writestr(member, content, zipfile.ZIP_DEFLATED)
    return written.getvalue()


def _drop_unused(graph) -> None:  # noqa: ANN001 (onnx is imported where it is used)
    """Nodes and weights that no output needs: the network's own last layer."""
    needed, kept = {output.name for output in graph.output}, []
    for node in reversed(graph.node):
        if needed.intersection(node.output):
            kept.append(node)
            needed.update(node.input)
    weights = [weight for weight in graph.initializer if weight.name in needed]
    del graph.node[:], graph.initializer[:]
    graph.node.extend(reversed(kept))
    graph.initializer.extend(weights)
