"""No library reports home: what runs where is nobody's business, and nothing leaves the region."""
from __future__ import annotations

import subprocess
import sys

import pytest

from dev.environment import ROOT


@pytest.mark.parametrize("module", ["shared", "shared.text_analysis.onnx_model", "shared.image_analysis.onnx_model"])
def test_onnxruntime_is_told_before_it_is_loaded(module: str):
    """That it then connects to nobody is seen by tests/e2e/test_refused_deployment.py."""
    program = f"""
import importlib.abc, os, sys
class Watch(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == "onnxruntime":
            print("asked with", os.environ.get("ORT_DISABLE_TELEMETRY"))
sys.meta_path.insert(0, Watch())
import {module}
import onnxruntime
"""
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)
    assert done.stdout.splitlines() == ["asked with 1"], done.stderr


def test_the_container_of_an_exported_model_is_told_too():
    assert "\nENV ORT_DISABLE_TELEMETRY=1\n" in (ROOT / "shared" / "classifiers" / "container" / "Dockerfile").read_text()
