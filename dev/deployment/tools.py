"""The Azure CLI and the Azure Developer CLI, and what is known of a deployment before they are asked."""
from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dev.environment import ROOT

INFRA = ROOT / "infra"
PROFILES = ("development", "production")
_WHERE = {"az": "https://learn.microsoft.com/cli/azure/install-azure-cli", "azd": "https://aka.ms/install-azd"}


class CannotDeploy(Exception):
    """The message is one line for the terminal."""


def reporting(act: Callable[[], None]) -> int:
    """Do it; the exit code of the command, whose failures are one line."""
    try:
        act()
    except CannotDeploy as failure:
        print(failure, file=sys.stderr)
        return 1
    return 0


def call(tool: str, arguments: Sequence[str]) -> None:
    """Run `az` or `azd` at the terminal. Raises CannotDeploy if it is missing or fails."""
    if subprocess.run([_found(tool), *arguments], cwd=ROOT, check=False).returncode != 0:
        raise CannotDeploy(f"{tool} {' '.join(arguments[:3])} failed")


def answer(tool: str, arguments: Sequence[str]) -> Any:
    """What the tool answered, from JSON. Raises CannotDeploy."""
    done = subprocess.run([_found(tool), *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise CannotDeploy(f"{tool} {' '.join(arguments[:3])} failed")
    try:
        return json.loads(done.stdout)
    except ValueError:
        raise CannotDeploy(f"{tool} {' '.join(arguments[:3])} did not answer in JSON") from None


def check_profile(name: str) -> None:
    """Raises CannotDeploy if a parameter file has settings that the template does not know, and would ignore."""
    settings = json.loads((INFRA / "parameters" / f"{name}.json").read_text())["settings"]
    known = set(re.findall(r"contains\(settings, '(\w+)'\)", (INFRA / "modules" / "app-settings.bicep").read_text()))
    if unknown := sorted(settings.keys() - known):
        raise CannotDeploy(f"infra/parameters/{name}.json has settings that there are not: {', '.join(unknown)}")


def deployed_regions(environ: Mapping[str, str] = os.environ) -> list[dict[str, str]]:
    """The output MODERATO_REGIONS_DEPLOYED, as azd hands it to its hooks. Raises CannotDeploy."""
    try:
        return json.loads(environ["MODERATO_REGIONS_DEPLOYED"])
    except (KeyError, ValueError):
        raise CannotDeploy("nothing says which regions there are: this is a hook of azd; run `python3 dev deploy`") from None


def _found(tool: str) -> str:
    path = shutil.which(tool)
    if path is None:
        raise CannotDeploy(f"{tool} is not installed; it is had from {_WHERE[tool]}")
    return path
