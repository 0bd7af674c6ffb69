"""A process that exports the accounts it is told of, one after the other, and prints its peak memory in MB after each."""
from __future__ import annotations

import os
import resource
import sys

from shared.settings import Settings
from tests.integration.lifecycle.exporting import Clock, Exporter

_UNITS_PER_MEGABYTE = 1024 if sys.platform == "linux" else 1024 * 1024


def main(account_ids: list[str]) -> None:
    settings = Settings.from_environ(os.environ)
    for account_id in account_ids:
        exporter = Exporter(settings, account_id, Clock())
        exporter.run(exporter.start().id)
        print(round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _UNITS_PER_MEGABYTE, 1))


if __name__ == "__main__":
    main(sys.argv[1:])
