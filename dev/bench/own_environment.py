"""Environments for what a bench compares with, or what checks the templates, and the project itself must not depend on."""
from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

from dev.environment import ROOT, TOOLS


def python_with(requirements: str) -> Path:
    """The interpreter of an environment with the packages of `dev/<requirements>`, made on first use and when they change."""
    wanted = ROOT / "dev" / requirements
    environment = TOOLS / f"{wanted.stem}-venv"
    python, installed = environment / "bin" / "python", environment / "installed.txt"
    if not installed.exists() or installed.read_bytes() != wanted.read_bytes():
        print(f"preparing {environment.relative_to(ROOT)} (some minutes)", file=sys.stderr)
        venv.create(environment, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "-r", wanted], check=True)
        installed.write_bytes(wanted.read_bytes())
    return python
