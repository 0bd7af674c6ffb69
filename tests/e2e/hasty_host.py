"""`python -m tests.e2e.hasty_host [options of dev.host]`: a worker that looks at its deployment every second instead of every hour."""
from __future__ import annotations

import os
import sys

from dev.host.__main__ import main
from shared import deployment_gate, readiness


def in_a_hurry() -> None:
    deployment_gate._REMEMBERED_SECONDS = deployment_gate._REFUSED_SECONDS = 1
    readiness._REMEMBERED_SECONDS = 0


if __name__ == "__main__":
    in_a_hurry()
    code = main(sys.argv[1:])
    sys.stdout.flush()
    os._exit(code)
