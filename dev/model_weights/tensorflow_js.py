"""Models as TensorFlow.js packages them: a script that holds the topology, and scripts that hold the weights in base64."""
from __future__ import annotations

import base64
import json
import math
import subprocess
from collections.abc import Mapping
from typing import Any

import numpy as np

from dev import environment

# The scripts are bundles of one module each; the first and only one of their exports is what they hold.
_READ = """
const vm = require("vm");
let text = "";
process.stdin.setEncoding("utf8");
process.stdin.on("data", (part) => { text += part; });
process.stdin.on("end", () => {
  const place = { module: {}, exports: {} };
  vm.runInNewContext(text, place);
  process.stdout.write(JSON.stringify(place.module.exports));
});
"""


def read_model(files: Mapping[str, bytes]) -> tuple[Mapping[str, Any], Mapping[str, np.ndarray]]:
    """Return topology and weights by name, float32. The first file is the model's, the others its shards in their order."""
    model, *shards = (_exported(content) for content in files.values())
    content = b"".join(map(base64.b64decode, shards))
    weights, place = {}, 0
    for entry in (entry for group in model["weightsManifest"] for entry in group["weights"]):
        quantization, count = entry["quantization"], math.prod(entry["shape"])
        if quantization["dtype"] != "uint8":
            raise ValueError(f"the weights {entry['name']} are {quantization['dtype']}, not uint8")
        # In double precision and rounded once, as a script computes it.
        values = np.frombuffer(content, np.uint8, count, place).astype(np.float64) * quantization["scale"] + quantization["min"]
        weights[entry["name"]] = values.astype(np.float32).reshape(entry["shape"])
        place += count
    if place != len(content):
        raise ValueError(f"the shards hold {len(content)} bytes, and the model asks for {place}")
    return model["modelTopology"], weights


def _exported(script: bytes) -> Any:
    done = subprocess.run([environment.find_node(), "-e", _READ], input=script, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)
