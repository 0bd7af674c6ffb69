"""`python3 dev deploy-regions`: the hook of azd that puts the package into the regions beyond the first one.

azd deploys a service to one resource group alone (Azure/azure-dev issue 5472).
"""
from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

from dev.deployment.tools import call, deployed_regions, reporting


def main(argv: list[str]) -> int:
    argparse.ArgumentParser(prog="python3 dev deploy-regions", description=__doc__).parse_args(argv)
    return reporting(_deploy)


def _deploy() -> None:
    further = [region for region in deployed_regions() if region["resourceGroup"] != os.environ.get("AZURE_RESOURCE_GROUP")]
    if not further:
        return
    with tempfile.TemporaryDirectory() as folder:
        package = Path(folder) / "api.zip"
        call("azd", ["package", "api", "--output-path", str(package)])
        for region in further:
            print(f"{region['location']}: deploying", flush=True)
            call("az", ["functionapp", "deployment", "source", "config-zip", "--resource-group", region["resourceGroup"],
                        "--name", region["functionAppName"], "--src", str(package), "--build-remote", "true"])
