"""A worker's life in one process, as the platform leads it: the app is loaded, called, and ended. All loggers write all they can.

The environment has the settings and CANARY. Prints the status of each answer, the account's id, the threads, and the modules of
telemetry that were imported by then, as JSON.
"""
from __future__ import annotations

import json
import logging
import os
import sys
import threading

import azure.functions as func

logging.basicConfig(level=logging.DEBUG, stream=sys.stderr)
CANARY, HOST = os.environ["CANARY"], "https://moderato.example"
TELEMETRY = ("opentelemetry", "azure.monitor", "psutil", "azure.core.tracing.ext")


class Message:
    def __init__(self, body: bytes) -> None:
        self._body = body

    def get_body(self) -> bytes:
        return self._body


def main() -> None:
    import function_app

    statuses: list[int] = []
    functions = {each.get_function_name(): each.get_user_function() for each in function_app.app.get_functions()}

    def call(name: str, method: str, path: str, headers: dict[str, str], body: object = None, **route: str) -> dict:
        answer = functions[name](func.HttpRequest(
            method=method, url=f"{HOST}/{path}?api-version=2024-09-01", headers={"Content-Type": "application/json", **headers},
            route_params=route, params={"api-version": "2024-09-01"}, body=b"" if body is None else json.dumps(body).encode()))
        statuses.append(answer.status_code)
        return json.loads(answer.get_body())

    created = call("create_account", "POST", "accounts", {"x-operator-key": os.environ["OPERATOR_KEY"]}, {"displayName": CANARY})
    key = {"Ocp-Apim-Subscription-Key": created["key1"]}
    lists = f"contentsafety/text/blocklists/{CANARY}"
    call("create_or_update_text_blocklist", "PATCH", lists, key, {"description": CANARY}, blocklistName=CANARY)
    call("add_or_update_blocklist_items", "POST", f"{lists}:addOrUpdateBlocklistItems", key,
         {"blocklistItems": [{"text": CANARY, "description": CANARY}]}, blocklistName=CANARY)
    call("analyze_text", "POST", "contentsafety/text:analyze", key,
         {"text": f"a {CANARY}", "blocklistNames": [CANARY], "haltOnBlocklistHit": True})
    call("get_text_blocklist", "GET", f"contentsafety/text/blocklists/{CANARY}x", {**key, "traceparent": f"00-{'1' * 32}-{'2' * 16}-01",
         "tracestate": f"k={CANARY}"}, blocklistName=f"{CANARY}x")
    call("get_text_blocklist", "GET", lists, {"Ocp-Apim-Subscription-Key": CANARY}, blocklistName=CANARY)
    functions["run_job"](Message(json.dumps({"kind": "compact-blocklist", "accountId": created["id"], "id": "0" * 32}).encode()))
    for body in (CANARY.encode(), json.dumps({"kind": "delete-review", "accountId": created["id"], "id": "no-pair"}).encode()):
        try:
            functions["run_job"](Message(body))
        except Exception as error:
            logging.getLogger("Functions host").error("%s", error, exc_info=error)
    functions["measure_backlog"](None)
    threads = sorted(thread.name for thread in threading.enumerate())
    if function_app.services.telemetry.is_on:
        from opentelemetry import _logs, metrics, trace
        for provider in (trace.get_tracer_provider(), metrics.get_meter_provider(), _logs.get_logger_provider()):
            provider.shutdown()
    print(json.dumps({"statuses": statuses, "accountId": created["id"], "threads": threads,
                      "modules": [name for name in sys.modules if name.startswith(TELEMETRY)]}))


if __name__ == "__main__":
    main()
