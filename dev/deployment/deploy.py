"""`python3 dev deploy`: provision the regions and put the code there, by `azd up` in the environment of this name.

What is not said stays as it was at the last time.
"""
from __future__ import annotations

import argparse

from dev.deployment.tools import PROFILES, CannotDeploy, answer, call, check_profile, reporting


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python3 dev deploy", description=__doc__)
    parser.add_argument("environment", help="name of the environment; made if there is none")
    parser.add_argument("--location", help="region of the deployment, and the one served; a new environment needs it")
    parser.add_argument("--regions", help="regions to serve, separated by spaces, instead of the location alone")
    parser.add_argument("--profile", choices=PROFILES, help="parameter file (development, unless said before)")
    options = parser.parse_args(argv)
    return reporting(lambda: _deploy(options))


def _deploy(options: argparse.Namespace) -> None:
    for profile in [options.profile] if options.profile else PROFILES:
        check_profile(profile)
    name = options.environment
    if name not in {environment["Name"] for environment in answer("azd", ["env", "list", "--output", "json"])}:
        if options.location is None:
            raise CannotDeploy(f"there is no environment {name} yet: say its region with --location")
        call("azd", ["env", "new", name, "--location", options.location])
    elif options.location is not None:
        call("azd", ["env", "set", "AZURE_LOCATION", options.location, "--environment", name])
    for variable, value in (("MODERATO_REGIONS", options.regions), ("MODERATO_PROFILE", options.profile)):
        if value is not None:
            call("azd", ["env", "set", variable, value, "--environment", name])
    call("azd", ["up", "--environment", name])
