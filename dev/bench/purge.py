"""Purging accounts of growing size on Azurite, beside deleting the same rows one hundred at a time."""
from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from dev.azurite import Azurite
from dev.bench import print_table
from dev.bench.filled_emulator import filled_emulator, wait_until_on_disk
from dev.run import app_settings

_OPERATOR_KEY = "development-only-operator-key-of-a-bench"
_SIZES = (1_000, 10_000, 100_000)
_BATCHED = 10_000  # deleting more of them would take the emulator many minutes


def run() -> None:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        with Azurite.persistent(folder / "azurite") as azurite:
            services = _services(azurite, folder)
            account_ids = [services.accounts.create("bench")[0].id for _ in _SIZES]
            rows_alone = [f"raw{size}" for size in _SIZES]
            _tables(azurite, rows_alone)
            tables = [f"a{account_id}" for account_id in account_ids]
            wait_until_on_disk(folder / "azurite", [*tables, *rows_alone])
        with filled_emulator(folder / "azurite", [*zip(tables, _SIZES, strict=True), *zip(rows_alone, _SIZES, strict=True)]) as azurite:
            services = _services(azurite, folder)
            rows = [_row(services, azurite, size, account_id, raw)
                    for size, account_id, raw in zip(_SIZES, account_ids, rows_alone, strict=True)]
    print_table(["records", "inventory in the grace, s", "records/s", "purge, s", "rows deleted in batches, s", "purge beside that"], rows)


def _row(services, azurite: Azurite, size: int, account_id: str, raw: str) -> list[str]:
    receipt_id = services.account_deletion.delete(account_id, "operator").deletion.receipt_id
    inventory = _seconds(lambda: services.purge.take_inventory(account_id, receipt_id))
    services.account_deletion.delete(account_id, "operator", at_once=True)
    purge = _seconds(lambda: services.purge.run(account_id, receipt_id))
    receipt = services.receipts.find(receipt_id)["receipt"]
    if receipt["inventory"]["stores"]["table"]["count"] < size:
        raise RuntimeError("the receipt does not count what was there")
    measured = [f"{size:,}", f"{inventory:.2f}", f"{size / inventory:,.0f}", f"{purge:.2f}"]
    if size > _BATCHED:
        return [*measured, "-", "-"]
    batches = _seconds(lambda: _delete_in_batches(azurite, raw))
    return [*measured, f"{batches:.1f}", f"{purge / batches:.3f}"]


def _delete_in_batches(azurite: Azurite, name: str) -> None:
    from azure.data.tables import TableServiceClient

    table = TableServiceClient.from_connection_string(azurite.connection_string).get_table_client(name)
    batch: list[tuple[str, dict[str, str]]] = []
    for row in table.list_entities(results_per_page=1000, select=["PartitionKey", "RowKey"]):
        batch.append(("delete", {"PartitionKey": row["PartitionKey"], "RowKey": row["RowKey"]}))
        if len(batch) == 100:
            table.submit_transaction(batch)
            batch = []


def _tables(azurite: Azurite, names: list[str]) -> None:
    from azure.data.tables import TableServiceClient

    client = TableServiceClient.from_connection_string(azurite.connection_string)
    for name in names:
        client.create_table(name)


def _services(azurite: Azurite, folder: Path):
    from shared.bootstrap import services_of
    from shared.settings import Settings

    return services_of(Settings.from_environ(
        {**os.environ, **app_settings(azurite.connection_string, _OPERATOR_KEY, folder / "key")}))


def _seconds(act: Callable[[], object]) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start
