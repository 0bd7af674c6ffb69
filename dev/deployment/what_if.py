"""`python3 dev what-if`: what a deployment would change, asked of Azure by `az`; nothing is changed."""
from __future__ import annotations

import argparse

from dev.deployment.tools import INFRA, PROFILES, call, check_profile, reporting


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python3 dev what-if", description=__doc__)
    parser.add_argument("environment", help="name of the environment")
    parser.add_argument("--location", required=True, help="region of the deployment, and the one served")
    parser.add_argument("--regions", default="", help="regions to serve, separated by spaces, instead of the location alone")
    parser.add_argument("--profile", choices=PROFILES, default=PROFILES[0], help="parameter file (default development)")
    options = parser.parse_args(argv)
    return reporting(lambda: _ask(options))


def _ask(options: argparse.Namespace) -> None:
    check_profile(options.profile)
    call("az", ["deployment", "sub", "what-if", "--name", f"moderato-{options.environment}", "--location", options.location,
                "--template-file", str(INFRA / "main.bicep"), "--parameters", f"environmentName={options.environment}",
                f"location={options.location}", f"regionNames={options.regions}", f"profileName={options.profile}"])
