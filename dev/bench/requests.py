"""Requests per second through the local host: what the service adds to a host that answers nothing."""
from __future__ import annotations

import json
import tempfile
import textwrap
from pathlib import Path

import httpx

from dev.azurite import Azurite
from dev.bench import print_table
from dev.bench.load import Load, load
from dev.host.process import HostProcess
from dev.run import app_settings

_OPERATOR_KEY = "development-only-operator-key-of-a-bench"
_VERSION = "api-version=2024-09-01"
_TEXT = "The quick brown fox jumps over the lazy dog while the rotten turnip waits. " * 3
_EMPTY_APP = textwrap.dedent("""
    import azure.functions as func
    app = func.FunctionApp()
    @app.route(route="empty", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
    def empty(req: func.HttpRequest) -> func.HttpResponse:
        return func.HttpResponse("{}", mimetype="application/json")
""")


def run() -> None:
    """Measure an empty handler, then analyze without a list and with one of 1,000 items, one worker process each."""
    with tempfile.TemporaryDirectory() as folder, Azurite.in_memory() as azurite:
        (Path(folder) / "function_app.py").write_text(_EMPTY_APP)
        (Path(folder) / "host.json").write_text('{"version": "2.0", "extensions": {"http": {"routePrefix": ""}}}')
        settings = app_settings(azurite.connection_string, _OPERATOR_KEY, Path(folder) / "key")
        with HostProcess(settings, app_directory=Path(folder)) as host:
            empty = _warm_load(f"{host.endpoint}/empty", {}, {"text": _TEXT})
        with HostProcess(settings) as host:
            headers = {"Ocp-Apim-Subscription-Key": _account_key(host.endpoint)}
            _fill_list(host.endpoint, headers)
            url = f"{host.endpoint}/contentsafety/text:analyze?{_VERSION}"
            plain = _warm_load(url, headers, {"text": _TEXT})
            listed = _warm_load(url, headers, {"text": _TEXT, "blocklistNames": ["bench"]})
    rows = [("an empty handler", empty), ("text:analyze, no list", plain),
            ("text:analyze, a list of 1,000 and one hit", listed)]
    print_table(["8 connections, one worker", "requests/s", "median ms", "95 % ms", "of the empty handler"], [
        [name, f"{measured.requests_per_second:.0f}", f"{measured.median_ms:.1f}", f"{measured.p95_ms:.1f}",
         f"{measured.requests_per_second / empty.requests_per_second:.2f}"] for name, measured in rows])


def _warm_load(url: str, headers: dict[str, str], body: dict[str, object]) -> Load:
    message, headers = json.dumps(body).encode(), {**headers, "Content-Type": "application/json"}
    load(url, "POST", headers, message, requests=200)
    return load(url, "POST", headers, message, requests=2000)


def _account_key(endpoint: str) -> str:
    created = httpx.post(f"{endpoint}/accounts", json={"displayName": "bench"}, headers={"x-operator-key": _OPERATOR_KEY})
    return created.raise_for_status().json()["key1"]


def _fill_list(endpoint: str, headers: dict[str, str]) -> None:
    address = f"{endpoint}/contentsafety/text/blocklists/bench"
    httpx.patch(f"{address}?{_VERSION}", json={}, headers=headers).raise_for_status()
    for start in range(0, 1000, 100):
        items = [{"text": f"rotten turnip {number}" if number else "rotten turnip"} for number in range(start, start + 100)]
        httpx.post(f"{address}:addOrUpdateBlocklistItems?{_VERSION}", json={"blocklistItems": items},
                   headers=headers, timeout=60).raise_for_status()
