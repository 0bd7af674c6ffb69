"""Term lists on Azurite: terms imported per second beside the emulator's own ceiling, and the time of a match.

The emulator's inserting slows down with every row it has, so that each candidate gets one of its own, and they take turns. The
million terms of the match are given to the index in bulk, and only the one that the text hits has a row, as for blocklists.
"""
from __future__ import annotations

import dataclasses
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from dev.azurite import Azurite
from dev.bench import print_table
from dev.run import app_settings

_OPERATOR_KEY = "development-only-operator-key-of-a-bench"
_IMPORTED = 2_000
_ROUNDS = 5
_PARALLEL = 4
_SIZES = (1_000, 100_000, 1_000_000)
_HIT = "rotten turnip"
_TEXT = "The quick brown fox jumps over the lazy dog while the rotten turnip waits. " * 26
_ROOT = Path(__file__).resolve().parents[2]


def run() -> None:
    taken: dict[str, list[tuple[float, float]]] = {}
    for _ in range(_ROUNDS):
        for name, measure in _CANDIDATES.items():
            with tempfile.TemporaryDirectory() as folder, Azurite.in_memory() as azurite:
                os.environ.update(app_settings(azurite.connection_string, _OPERATOR_KEY, Path(folder) / "key"))
                taken.setdefault(name, []).append(measure(azurite.connection_string))
    rows = []
    for name, measured in taken.items():
        seconds, processor = (statistics.median(values) for values in zip(*measured, strict=True))
        # Round by round: the machine is not equally quick at all times.
        ratio = statistics.median(raw / own for (raw, _), (own, _) in zip(taken[_RAW], measured, strict=True))
        rows.append([name, f"{_IMPORTED / seconds:,.0f}", f"{ratio:.2f}", f"{processor / _IMPORTED * 1e6:.0f}"])
    print_table([f"{_IMPORTED:,} terms, median of {_ROUNDS}", "terms/s", "of the ceiling", "own processor time, s a million"], rows)
    print()
    with tempfile.TemporaryDirectory() as folder, Azurite.in_memory() as azurite:
        os.environ.update(app_settings(azurite.connection_string, _OPERATOR_KEY, Path(folder) / "key"))
        account_id = _services().accounts.create("bench")[0].id
        rows = []
        for size in _SIZES:
            number = _store(account_id, size)
            done = subprocess.run([sys.executable, "-m", "dev.bench.term_lists", account_id, str(number)], cwd=_ROOT,
                                  capture_output=True, text=True, check=True)
            rows.append([f"{size:,}", *done.stdout.split()])
        print_table(["terms", "cold: stored list to first match, ms", "warm match with its storage reads, ms",
                     "all languages, ms", "a page of 1,000 in the middle, ms", "memory for the list, MB"], rows)


def _raw(connection_string: str) -> tuple[float, float]:
    """Rows of that size, as many side by side, straight into the emulator."""
    from azure.core.exceptions import ServiceResponseError
    from azure.data.tables import TableServiceClient, UpdateMode

    table = TableServiceClient.from_connection_string(connection_string).create_table("raw")
    partition = f"term|{os.urandom(16).hex()}"  # as long as a list's own: the emulator compares it

    def write(first: int) -> None:
        rows = [("upsert", {"PartitionKey": partition, "RowKey": os.urandom(16).hex(), "payload": os.urandom(70)},
                 {"mode": UpdateMode.REPLACE})
                for _ in range(first, first + 100)]
        for tries_left in reversed(range(4)):
            try:
                table.submit_transaction(rows)
                return
            except ServiceResponseError:  # a busy emulator drops lines
                if not tries_left:
                    raise
                time.sleep(0.5)
    return _timed(lambda: list(ThreadPoolExecutor(_PARALLEL).map(write, range(0, _IMPORTED, 100))))


def _imported(connection_string: str) -> tuple[float, float]:
    from shared.api.content_moderator.term_lines import JSON_LINES, term_lines

    services = _services()
    store = services.accounts.open(services.accounts.create("bench")[0])
    number = services.term_lists.create(store, "a list", "", {}).number
    body = "".join(json.dumps({"term": f"term number {at}"}) + "\n" for at in range(_IMPORTED)).encode()
    taken = _timed(lambda: services.term_lists.import_terms(store, number, "eng", term_lines(JSON_LINES, body)))
    if services.term_lists.page(store, number, "eng", 0, 0).total != _IMPORTED:
        raise RuntimeError("not every term was taken")
    return taken


def _repeated(connection_string: str) -> tuple[float, float]:
    """The same import once more: what it costs to find that all is there."""
    from shared.api.content_moderator.term_lines import JSON_LINES, term_lines

    _imported(connection_string)
    services = _services()
    account = next(account for account in services.accounts.page(None, 10)[0])
    store = services.accounts.open(account)
    body = "".join(json.dumps({"term": f"term number {at}"}) + "\n" for at in range(_IMPORTED)).encode()
    return _timed(lambda: services.term_lists.import_terms(store, 1, "eng", term_lines(JSON_LINES, body)))


_RAW = f"rows of that size straight into the emulator, {_PARALLEL} transactions at once"
_CANDIDATES: dict[str, Callable[[str], tuple[float, float]]] = {
    _RAW: _raw, "imported into a term list": _imported, "imported again": _repeated}


def _timed(act: Callable[[], object]) -> tuple[float, float]:
    """Seconds on the wall, and of this process's own processor time."""
    start, processor = time.perf_counter(), time.process_time()
    act()
    return time.perf_counter() - start, time.process_time() - processor


def _services():
    from shared.bootstrap import services_of
    from shared.settings import Settings

    return services_of(Settings.from_environ(os.environ))


def _store(account_id: str, size: int) -> int:
    import numpy

    from shared.indexing.list_index import ListIndexes
    from shared.indexing.term_hashes import TermHashes, term_hash_key
    from shared.matching.term_index import TermIndex
    from shared.matching.terms import term_hashes
    from shared.storage.holdings import TERM_LIST_INDEX
    from shared.term_lists.models import language_id, language_key
    from shared.term_lists.repository import TermLanguageRepository, term_id_of

    services = _services()
    store = services.accounts.open(services.accounts.get(account_id))
    term_list = services.term_lists.create(store, f"{size} terms", "", {})
    services.term_lists.add(store, term_list.number, "eng", _HIT)
    languages = TermLanguageRepository()
    current = languages.get(store, language_key(term_list.generation, language_id(term_list.number, "eng")))
    terms = [_HIT, *(f"term number {number}" for number in range(size - 1))]
    ids = b"".join(term_id_of(bytes.fromhex(current.item_key), term) for term in terms)
    index = TermIndex.of(term_hashes(terms, term_hash_key(store)), numpy.frombuffer(ids, numpy.uint8).reshape(-1, 16))
    languages.replace(store, dataclasses.replace(
        current, index=dataclasses.replace(ListIndexes(TERM_LIST_INDEX, TermHashes(), 1).with_base(store, current.index, index), tail=b"")))
    return term_list.number


def _cold(account_id: str, number: int) -> None:
    """In a fresh process: the first match, the next ones, and what the process grew by."""
    import shared.matching.term_index  # noqa: F401  (libraries are loaded before)

    services = _services()
    store = services.accounts.open(services.accounts.get(account_id))
    other = services.term_lists.create(store, "warm up", "", {}).number
    services.term_lists.add(store, other, "eng", "x")
    services.term_matcher.match(store, other, "x", "eng")
    before = _peak_megabytes()
    start = time.perf_counter()
    hits = services.term_matcher.match(store, number, _TEXT, "eng")
    first_ms = (time.perf_counter() - start) * 1000
    if {hit.term for hit in hits} != {_HIT} or len(hits) != 26:
        raise RuntimeError("the match is not what it must be")
    grown = _peak_megabytes() - before
    total = services.term_lists.page(store, number, "eng", 0, 0).total
    acts = (lambda: services.term_matcher.match(store, number, _TEXT, "eng"),
            lambda: services.term_matcher.match(store, number, _TEXT, None),
            lambda: services.term_lists.page(store, number, "eng", total // 2, 1_000))
    print(f"{first_ms:.0f}", *(f"{_median_ms(act):.2f}" for act in acts), f"{grown:.0f}")


def _median_ms(act: Callable[[], object]) -> float:
    times = []
    for _ in range(50):
        start = time.perf_counter()
        act()
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


def _peak_megabytes() -> float:
    """Of this process since its start; getrusage would count what the parent had before exec."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    _cold(sys.argv[1], int(sys.argv[2]))
