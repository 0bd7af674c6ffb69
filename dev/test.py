"""`python3 dev test [pytest arguments]`: runs the tests; the fixtures start Azurite, the host and a browser themselves."""

import os
import sys

from dev import browser
from dev.environment import ROOT, CannotInstall

_MOST_WORKERS = 4


def main(argv: list[str]) -> int:
    """Run pytest over tests/, a worker for each core, or over the paths among the arguments; returns its exit code."""
    import pytest

    try:
        browser.ensure()
    except CannotInstall as failure:
        # All other tests are worth running; those of the pages will fail and say so.
        print(f"{failure} Tests of the review pages will fail.", file=sys.stderr, flush=True)
    os.chdir(ROOT)
    if any(os.path.exists(argument.split("::")[0]) for argument in argv if not argument.startswith("-")):
        return int(pytest.main(argv))
    # Whole files to a worker: their tests share workers and emulators of the service.
    workers = min(_MOST_WORKERS, os.cpu_count() or 1)
    return int(pytest.main(["tests", "-n", str(workers), "--dist", "loadfile", *argv]))
