"""An emulator whose table has many rows: put into its file, since its own inserting slows down with every row."""
from __future__ import annotations

import base64
import contextlib
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

from dev.azurite import ACCOUNT_NAME, Azurite

_TABLES = "__azurite_db_table__.json"


@contextlib.contextmanager
def filled_emulator(folder: Path, fill: list[tuple[str, int]]) -> Iterator[Azurite]:
    """The emulator of a folder it has run in before, with so many more rows of 300 random bytes in each of these tables."""
    path = folder / _TABLES
    document = json.loads(path.read_text())
    for collection in document["collections"]:
        for table, count in fill:
            if collection["name"] == f"{ACCOUNT_NAME}${table}":
                _add_rows(collection, count)
    path.write_text(json.dumps(document))
    with Azurite.persistent(folder) as azurite:
        yield azurite


def wait_until_on_disk(folder: Path, tables: list[str], seconds: float = 30) -> None:
    """Wait until the emulator has written these tables to its file, which it does some seconds after a change."""
    path, deadline = folder / _TABLES, time.monotonic() + seconds
    while not path.exists() or not all(table in path.read_text() for table in tables):
        if time.monotonic() > deadline:
            raise RuntimeError("the emulator does not write its tables to disk")
        time.sleep(0.5)


def _add_rows(collection: dict, count: int) -> None:
    at, first = "2026-01-01T00:00:00.0000000Z", len(collection["data"])
    for number in range(count):
        partition, key = "blocklist-item|bench", f"{number:036}"
        properties = {"PartitionKey": partition, "RowKey": key, "payload": base64.b64encode(os.urandom(300)).decode(),
                      "payload@odata.type": "Edm.Binary", "Timestamp": at, "Timestamp@odata.type": "Edm.DateTime"}
        collection["data"].append({
            "PartitionKey": partition, "RowKey": key, "properties": properties, "lastModifiedTime": at,
            "eTag": f"W/\"datetime'{at.replace(':', '%3A')}'\"", "meta": {"revision": 0, "created": 0, "version": 0},
            "$loki": first + number + 1})
    collection["maxId"] = len(collection["data"])
    for name, index in collection["binaryIndices"].items():
        order = sorted(range(len(collection["data"])), key=lambda position, name=name: collection["data"][position][name])
        index.update(values=order, dirty=False)
