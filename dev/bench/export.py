"""Exporting an account of 500 MB on Azurite, beside reading and writing the same bytes raw; and the memory that it takes.

The account has blocklist items and files of a made-up kind, as images of a classifier will be. The export runs in a process
of its own, whose resident memory is looked at four times a second and drawn into docs/images/export-memory.svg.
"""
from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

from dev.azurite import Azurite
from dev.bench import print_table
from dev.bench.chart import line_chart
from dev.run import app_settings

_OPERATOR_KEY = "development-only-operator-key-of-a-bench"
_RECORDS, _FILES, _FILE_BYTES = 10_000, 480, 1 << 20
_MEMORY_LIMIT_MB = 200
_ROOT = Path(__file__).resolve().parents[2]
_CHART = _ROOT / "docs" / "images" / "export-memory.svg"


def run() -> None:
    with tempfile.TemporaryDirectory() as folder, Azurite.in_memory(extent_memory_mb=4000) as azurite:
        settings = app_settings(azurite.connection_string, _OPERATOR_KEY, Path(folder) / "key")
        os.environ.update(settings)
        account_id = _account_with_records()
        raw_alone = _raw_seconds(azurite.connection_string, account_id)
        alone, _ = _measured(account_id)
        _add_files(account_id)
        raw = _raw_seconds(azurite.connection_string, account_id)
        seconds, memory = _measured(account_id)
    stored_mb = (_FILES * _FILE_BYTES + _RECORDS * 300) / 1e6
    print_table(["", "seconds", "speed", "ratio"], [
        [f"{_RECORDS:,} records read raw", f"{raw_alone:.1f}", f"{_RECORDS / raw_alone:,.0f} records/s", "1.00"],
        [f"{_RECORDS:,} records exported", f"{alone:.1f}", f"{_RECORDS / alone:,.0f} records/s", f"{alone / raw_alone:.2f}"],
        [f"these and {_FILES} files of 1 MiB read raw, as many bytes written", f"{raw:.1f}", f"{stored_mb / raw:.0f} MB/s", "1.00"],
        ["exported", f"{seconds:.1f}", f"{stored_mb / seconds:.0f} MB/s", f"{seconds / raw:.2f}"]])
    first, most = memory[0][1], max(megabytes for _, megabytes in memory)
    print(f"\nmemory of the exporting process: {first:.0f} MB before, {most:.0f} MB at the most")
    _CHART.write_text(line_chart("Memory of a process that exports an account of 500 MB", "seconds", "MB resident", memory,
                                 (_MEMORY_LIMIT_MB, f"{_MEMORY_LIMIT_MB} MB")))
    print(f"drawn into {_CHART.relative_to(_ROOT)}")


def _holdings():
    from shared.storage.holdings import HOLDINGS, Holding, Portability, Shape

    picture = Holding(kind="picture", shape=Shape.BLOB, portability=Portability.CONTENT, keeps="A picture of the bench.",
                      key="number", retention="-")
    return (*HOLDINGS, picture)


def _opened(account_id: str):
    from shared.bootstrap import services_of
    from shared.settings import Settings

    services = services_of(Settings.from_environ(os.environ))
    return services.accounts.open(services.accounts.get(account_id))


def _account_with_records() -> str:
    from shared.bootstrap import services_of
    from shared.settings import Settings
    from shared.storage.account_store import Record
    from shared.storage.holdings import BLOCKLIST_ITEM

    services = services_of(Settings.from_environ(os.environ))
    account, _ = services.accounts.create("bench")
    store = services.accounts.open(account)
    blocklist, _ = services.blocklists.upsert(store, "words", "")
    for first in range(0, _RECORDS, 1000):
        store.records.upsert_all(BLOCKLIST_ITEM, [
            Record(f"{number:08x}-0000-8000-8000-000000000000",
                   {"text": f"rotten turnip {number}", "description": "x" * 100, "isRegex": False})
            for number in range(first, first + 1000)], parent=blocklist.index.generation)
    return account.id


def _add_files(account_id: str) -> None:
    store = _opened(account_id)
    for number in range(_FILES):
        store.blobs.write(_holdings()[-1], f"{number:05}", [os.urandom(_FILE_BYTES)])


def _raw_seconds(connection_string: str, account_id: str) -> float:
    """All rows and blobs read as they are stored, and as many bytes written as one blob."""
    from azure.data.tables import TableServiceClient
    from azure.storage.blob import BlobServiceClient

    table = TableServiceClient.from_connection_string(connection_string).get_table_client(f"a{account_id}")
    container = BlobServiceClient.from_connection_string(connection_string).get_container_client(f"a{account_id}")
    start = time.perf_counter()
    for _ in table.list_entities(results_per_page=1000):
        continue
    written = container.get_blob_client("raw")
    written.upload_blob(container.download_blob(blob.name).readall() for blob in list(container.list_blobs()))
    seconds = time.perf_counter() - start
    written.delete_blob()
    return seconds


def _measured(account_id: str) -> tuple[float, list[tuple[float, float]]]:
    """Seconds of the export, and the resident memory of its process over time."""
    process = subprocess.Popen([sys.executable, "-m", "dev.bench.export", account_id], cwd=_ROOT, text=True,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin and process.stdout
    memory: list[tuple[float, float]] = []
    process.stdout.readline()  # it has everything imported and opened
    start = time.perf_counter()
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(0.25):
            memory.append((time.perf_counter() - start, _resident_megabytes(process.pid)))
    memory.append((0.0, _resident_megabytes(process.pid)))
    watcher = threading.Thread(target=watch)
    watcher.start()
    process.stdin.write("go\n")
    process.stdin.flush()
    seconds = float(process.stdout.readline())
    ended.set()
    watcher.join()
    process.stdin.close()
    process.wait(30)
    return seconds, memory


def _resident_megabytes(pid: int) -> float:
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def _about(account_id: str):
    from shared.lifecycle.export_writer import About

    return About({"id": account_id, "region": "local"}, datetime.now(UTC))


def _export(account_id: str) -> None:
    """In a fresh process: wait for the word, write the archive into the account's container, say how long it took."""
    from shared.lifecycle.export_writer import write_archive
    from shared.storage.holdings import EXPORT_ARCHIVE

    store = _opened(account_id)
    print("ready", flush=True)
    sys.stdin.readline()
    start = time.perf_counter()
    store.blobs.write(EXPORT_ARCHIVE, "bench/1", write_archive(store, _holdings(), _about(account_id)))
    print(f"{time.perf_counter() - start:.2f}", flush=True)
    store.blobs.delete(EXPORT_ARCHIVE, "bench/1")
    sys.stdin.read()


if __name__ == "__main__":
    _export(sys.argv[1])
