"""`python3 dev test [pytest arguments]`: runs the tests; the fixtures start Azurite and the host themselves."""

import os

from dev.environment import ROOT


def main(argv: list[str]) -> int:
    """Run pytest over tests/, or over the paths among the arguments; returns its exit code."""
    import pytest

    os.chdir(ROOT)
    names_path = any(os.path.exists(argument.split("::")[0]) for argument in argv if not argument.startswith("-"))
    return int(pytest.main([*argv] if names_path else ["tests", *argv]))
