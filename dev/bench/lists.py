"""A long blocklist on Azurite: items added per second, and the time of a cold process from the stored list to a match.

The million items of the cold start are given to the index in bulk, and only the one that the text hits has a row: a match
reads no other rows, and adding a million through the emulator would take a quarter of an hour.
"""
from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

from dev.azurite import Azurite
from dev.bench import print_table
from dev.run import app_settings

_OPERATOR_KEY = "development-only-operator-key-of-a-bench"
_ADDED = 10_000
_SIZES = (1_000, 100_000, 1_000_000)
_HIT = "rotten turnip"
_TEXT = "The quick brown fox jumps over the lazy dog while the rotten turnip waits. " * 26
_ROOT = Path(__file__).resolve().parents[2]


def run() -> None:
    with tempfile.TemporaryDirectory() as folder, Azurite.in_memory() as azurite:
        settings = app_settings(azurite.connection_string, _OPERATOR_KEY, Path(folder) / "key")
        os.environ.update(settings)
        account_id = _account()
        raw, added = _ADDED / _raw_seconds(azurite.connection_string), _ADDED / _add_seconds(account_id)
        print_table([f"{_ADDED:,} items, 100 a call", "items/s", "ratio"], [
            ["rows of that size straight into the emulator", f"{raw:.0f}", "1.00"],
            ["added to a blocklist through the service", f"{added:.0f}", f"{added / raw:.2f}"]])
        print()
        rows = []
        for size in _SIZES:
            _store(account_id, f"cold-{size}", size)
            command = [sys.executable, "-m", "dev.bench.lists", account_id, f"cold-{size}"]
            done = subprocess.run(command, cwd=_ROOT, env=os.environ | settings, capture_output=True, text=True, check=True)
            rows.append([f"{size:,}", *done.stdout.split()])
        print_table(["items", "cold: stored list to first match, ms", "warm match with its storage read, ms",
                     "memory for the list, MB"], rows)


def _services():
    from shared.bootstrap import services_of
    from shared.settings import Settings

    return services_of(Settings.from_environ(os.environ))


def _account() -> str:
    return _services().accounts.create("bench")[0].id


def _raw_seconds(connection_string: str) -> float:
    from azure.data.tables import TableServiceClient

    table = TableServiceClient.from_connection_string(connection_string).create_table("raw")
    start = time.perf_counter()
    for first in range(0, _ADDED, 100):
        table.submit_transaction([("upsert", {"PartitionKey": "raw", "RowKey": f"{number:036}", "payload": os.urandom(90)})
                                  for number in range(first, first + 100)])
    return time.perf_counter() - start


def _add_seconds(account_id: str) -> float:
    from shared.blocklists.models import NewItem

    services = _services()
    store = services.accounts.open(services.accounts.get(account_id))
    services.blocklists.upsert(store, "added", "")
    start = time.perf_counter()
    for first in range(0, _ADDED, 100):
        services.blocklists.add_items(store, "added", [NewItem(f"term number {number}", None, False)
                                                       for number in range(first, first + 100)])
    return time.perf_counter() - start


def _store(account_id: str, name: str, size: int) -> None:
    import numpy

    from shared.blocklists.models import NewItem
    from shared.blocklists.repository import BlocklistRepository
    from shared.indexing.list_index import ListIndexes
    from shared.indexing.term_hashes import TermHashes, term_hash_key
    from shared.matching.term_index import TermIndex
    from shared.matching.terms import term_hashes
    from shared.storage.holdings import BLOCKLIST_INDEX

    services = _services()
    store = services.accounts.open(services.accounts.get(account_id))
    services.blocklists.upsert(store, name, "")
    services.blocklists.add_items(store, name, [NewItem(_HIT, None, False)])
    ids = numpy.frombuffer(b"".join(uuid.uuid4().bytes for _ in range(size - 1)), numpy.uint8).reshape(-1, 16)
    index = TermIndex.of(term_hashes([f"term number {number}" for number in range(size - 1)], term_hash_key(store)), ids)
    repository = BlocklistRepository()
    blocklist = repository.find(store, name)
    manifest = ListIndexes(BLOCKLIST_INDEX, TermHashes(), 1).with_base(store, blocklist.index, index)
    repository.replace(store, dataclasses.replace(blocklist, index=manifest))


def _cold(account_id: str, name: str) -> None:
    """In a fresh process: the first match, the next ones, and what the process grew by."""
    services = _services()
    store = services.accounts.open(services.accounts.get(account_id))
    services.text_analysis.analyze(store, "warm the model up", [], [], True)
    before = _peak_megabytes()
    start = time.perf_counter()
    matches = services.text_analysis.analyze(store, _TEXT, [], [name], True).matches
    first_ms = (time.perf_counter() - start) * 1000
    if [match.item_text for match in matches] != [_HIT]:
        raise RuntimeError("the match is not what it must be")
    times = []
    for _ in range(50):
        start = time.perf_counter()
        services.text_analysis.analyze(store, _TEXT, [], [name], True)
        times.append((time.perf_counter() - start) * 1000)
    print(f"{first_ms:.0f} {sorted(times)[len(times) // 2]:.2f} {_peak_megabytes() - before:.0f}")


def _peak_megabytes() -> float:
    """Of this process since its start; getrusage would count what the parent had before exec."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    _cold(*sys.argv[1:])
