"""A whole list through `terms:import`, in parts as the page on term lists says, beside the emulator's own ceiling on the same emulator.

The ceiling is what the storage SDK alone writes into the same table of rows with such keys and of that size, as many transactions
at once: a stretch of it before each request and after the last, since neither emulator nor machine is equally quick at all times.
Each request is told beside the stretches around it as soon as it is done, so that a run that is stopped has told something.
"""
from __future__ import annotations

import json
import os
import re
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from dev.azurite import Azurite
from dev.bench import print_table
from dev.host.process import HostProcess
from dev.run import app_settings

if TYPE_CHECKING:
    from azure.data.tables import TableClient

_OPERATOR_KEY = "development-only-operator-key-of-a-bench"
_ROWS_IN_A_REQUEST = 100_000
_CEILING_ROWS = 10_000
_PARALLEL = 4
_SLOWEST_SECONDS = 3_600
_LISTS = "contentmoderator/lists/v1.0/termlists"
_SCREEN = "contentmoderator/moderate/v1.0/ProcessText/Screen"


def run(rows: int) -> None:
    with tempfile.TemporaryDirectory() as folder, Azurite.in_memory() as azurite:
        settings = app_settings(azurite.connection_string, _OPERATOR_KEY, Path(folder) / "key")
        with HostProcess(settings) as host, _client(host.endpoint) as client:
            table = _account_table(azurite.connection_string)
            number = client.post(_LISTS, json={"Name": "a long list"}).raise_for_status().json()["Id"]
            bare_megabytes = _peak_megabytes(host.pid)
            ceilings, seconds = [raw_rows_per_second(table, _CEILING_ROWS)], []
            for first in range(0, rows, _ROWS_IN_A_REQUEST):
                count = min(_ROWS_IN_A_REQUEST, rows - first)
                seconds.append(_import(client, number, first, count))
                ceilings.append(raw_rows_per_second(table, _CEILING_ROWS))
                around = statistics.harmonic_mean(ceilings[-2:])
                print(f"to {first + count:,}: {count / seconds[-1]:,.0f} terms/s, {count / seconds[-1] / around:.2f} of the ceiling "
                      f"({ceilings[-2]:,.0f} before, {ceilings[-1]:,.0f} after)", flush=True)
            _check(client, number, rows)
            megabytes = _peak_megabytes(host.pid)
    speed, ceiling = rows / sum(seconds), statistics.harmonic_mean(ceilings)
    print()
    print_table(["terms", "seconds", "terms/s", "ceiling", "ratio", "worker before, MB", "worker at the most, MB"],
                [[f"{rows:,}", f"{sum(seconds):,.0f}", f"{speed:,.0f}", f"{ceiling:,.0f}", f"{speed / ceiling:.2f}",
                  f"{bare_megabytes:.0f}", f"{megabytes:.0f}"]])


def _account_table(connection_string: str) -> TableClient:
    """The table of the one account."""
    from azure.data.tables import TableServiceClient

    service = TableServiceClient.from_connection_string(connection_string)
    (name,) = (table.name for table in service.list_tables() if table.name.startswith("a"))
    return service.get_table_client(name)


def raw_rows_per_second(table: TableClient, rows: int) -> float:
    """Rows a second straight into a partition of their own in the emulator's table."""
    from azure.core.exceptions import ServiceResponseError
    from azure.data.tables import UpdateMode

    partition = f"raw|{os.urandom(16).hex()}"

    def write(_: int) -> None:
        batch = [("upsert", {"PartitionKey": partition, "RowKey": os.urandom(16).hex(), "payload": os.urandom(70)},
                  {"mode": UpdateMode.REPLACE}) for _ in range(100)]
        for tries_left in reversed(range(4)):
            try:
                table.submit_transaction(batch)
                return
            except ServiceResponseError:  # a busy emulator drops lines
                if not tries_left:
                    raise
                time.sleep(0.5)
    began = time.perf_counter()
    with ThreadPoolExecutor(_PARALLEL) as pool:
        for _ in pool.map(write, range(rows // 100)):
            pass
    return rows / (time.perf_counter() - began)


def _client(endpoint: str) -> httpx.Client:
    created = httpx.post(f"{endpoint}/accounts", json={"displayName": "bench"}, headers={"x-operator-key": _OPERATOR_KEY})
    key = created.raise_for_status().json()["key1"]
    return httpx.Client(base_url=endpoint, headers={"Ocp-Apim-Subscription-Key": key}, timeout=_SLOWEST_SECONDS)


def _import(client: httpx.Client, number: int, first: int, count: int) -> float:
    """Seconds that the request took. Raises RuntimeError where not every term was taken."""
    body = "".join(f"{json.dumps(_term(place))}\n" for place in range(first, first + count))
    began = time.perf_counter()
    report = client.post(f"{_LISTS}/{number}/terms:import", params={"language": "eng"}, content=body,
                         headers={"Content-Type": "application/x-ndjson"}).raise_for_status().json()
    seconds = time.perf_counter() - began
    if report["Taken"] != count:
        raise RuntimeError(f"of {count} terms {report['Taken']} were taken")
    return seconds


def _check(client: httpx.Client, number: int, rows: int) -> None:
    """Raises RuntimeError where the list has not every term, or a match does not find some of them and no other."""
    page = client.get(f"{_LISTS}/{number}/terms", params={"language": "eng", "limit": 10}).raise_for_status().json()
    wanted = {_term(place) for place in (0, rows // 3, rows - 1)}
    text = f"first {', then '.join(sorted(wanted))}, and {_term(rows)}"
    screened = client.post(_SCREEN, params={"listId": str(number), "language": "eng"}, content=text,
                           headers={"Content-Type": "text/plain"}).raise_for_status().json()
    found = {hit["Term"] for hit in screened["Terms"] or () if hit["ListId"] == number}
    if page["Paging"]["Total"] != rows or len(page["Data"]["Terms"]) != min(rows, 10) or found != wanted:
        raise RuntimeError(f"the list is not what it must be: {page['Paging']}, {sorted(found)}")


def _term(place: int) -> str:
    return f"rotten turnip of field {place}"


def _peak_megabytes(pid: int) -> float:
    return int(re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1]) / 1024
