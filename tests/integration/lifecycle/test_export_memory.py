"""Memory of an export does not grow with what is exported."""
from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from dev.azurite import Azurite
from shared.bootstrap import services_of
from shared.settings import Settings
from tests.integration.lifecycle.made_up import STICKER, add_album
from tests.worker_environment import worker_environment

ROOT = Path(__file__).resolve().parents[3]
SMALL_MEGABYTES, LARGE_MEGABYTES, GROWTH_MEGABYTES = 20, 120, 30  # of the 100 MB more; an allocator is no scale


def test_six_times_as_much_takes_no_more_memory(tmp_path, key_file, operator_key):
    """On an emulator of its own that keeps its data on disk: the run's has a limit."""
    with Azurite.persistent(tmp_path / "azurite") as azurite:
        environment = worker_environment(azurite.connection_string, key_file, operator_key)
        services = services_of(Settings.from_environ(environment))
        account_ids = []
        for megabytes in (SMALL_MEGABYTES, LARGE_MEGABYTES):
            account, _ = services.accounts.create("a")
            store = services.accounts.open(account)
            add_album(store, "a", {f"{number:04}": "x" * 500 for number in range(megabytes * 10)})
            for number in range(megabytes // 10):  # above and below the size up to which a file is read whole
                store.blobs.write(STICKER, str(number), [os.urandom(1_000_000)] * (13 if number % 2 else 7))
            account_ids.append(account.id)
        ran = subprocess.run([sys.executable, "-m", "tests.integration.lifecycle.export_alone", *account_ids], cwd=ROOT, check=True,
                             env={**os.environ, **environment}, capture_output=True, text=True)
    small, large = map(float, ran.stdout.split())
    assert large - small <= GROWTH_MEGABYTES, f"{small} MB for the small account, {large} MB for the large one"
    assert large < 200
