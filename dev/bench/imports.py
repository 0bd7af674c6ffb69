"""What a cold worker pays before its first request: import time, each import in a fresh process."""
from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from dev.azurite import DEFAULT_PORTS, connection_string
from dev.bench import print_table

_ROUNDS = 15
_LIBRARIES = "import azure.functions, azure.storage.blob, azure.storage.queue, azure.data.tables"
_APP = "import function_app"
_ROOT = Path(__file__).resolve().parents[2]


def run() -> None:
    """Alternate the two imports, so that both meet the same noise, and compare medians."""
    with tempfile.TemporaryDirectory() as folder:
        environ = os.environ | {
            "REGION": "bench", "STORAGE_IS_EMULATOR": "true", "OPERATOR_KEY": "development-only-operator-key-of-a-bench",
            "STORAGE_CONNECTION_STRING": connection_string(DEFAULT_PORTS), "KEY_ENCRYPTION_KEY_FILE": f"{folder}/key",
            "RECEIPT_SIGNING_KEY_FILE": f"{folder}/receipt-key"}
        _milliseconds(_APP, environ)
        taken: dict[str, list[float]] = {_LIBRARIES: [], _APP: []}
        for _ in range(_ROUNDS):
            for statement, times in taken.items():
                times.append(_milliseconds(statement, environ))
    libraries, app = (statistics.median(times) for times in taken.values())
    print_table(["import", f"median of {_ROUNDS}, ms", "ratio"], [
        ["azure.functions and the storage libraries", f"{libraries:.0f}", "1.00"],
        ["function_app", f"{app:.0f}", f"{app / libraries:.2f}"]])


def _milliseconds(statement: str, environ: dict[str, str]) -> float:
    timed = f"import time; start = time.perf_counter()\n{statement}\nprint((time.perf_counter() - start) * 1000)"
    done = subprocess.run([sys.executable, "-c", timed], env=environ, cwd=_ROOT, capture_output=True, text=True, check=True)
    return float(done.stdout)
