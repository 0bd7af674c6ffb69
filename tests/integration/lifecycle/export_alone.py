"""A process that exports the accounts it is told of, one after the other, and prints its peak memory in MB after each."""
from __future__ import annotations

import os
import resource
import sys
from pathlib import Path

from shared.settings import Settings
from tests.integration.lifecycle.exporting import Clock, Exporter


def main(account_ids: list[str]) -> None:
    settings = Settings.from_environ(os.environ)
    for account_id in account_ids:
        exporter = Exporter(settings, account_id, Clock())
        exporter.run(exporter.start().id)
        print(round(_peak_megabytes(), 1))


def _peak_megabytes() -> float:
    """Since this program began: on Linux getrusage also counts what the process that started it had in memory."""
    if sys.platform != "linux":
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 * 1024)
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    main(sys.argv[1:])
