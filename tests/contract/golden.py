"""The golden examples: what each operation is sent and answers, with values of our own in the published shapes.

`tests/contract/golden/<api>/<operation>.json` holds examples. `before` are the calls that an example needs first, whose
`keep` takes values out of an answer by path, `keep_tail` the last part of an address there, `keep_last` that of one in a
header; `{name}` puts a kept value, or the test account's `{accountId}`, into a request. A step with `job` runs that queue job
instead of a call, of what the `team` has where it names one; `content` is a body of bytes, in base64, `text` one of text. Values
of the answer count exactly, those of the fields in `made` (ids, times, keys) by their type alone.
"""
from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shared.api import APIS
from shared.http.operation import Operation
from shared.jobs.declaration import JobMessage
from shared.jobs.work import QUEUE_JOBS
from tests.contract.in_process import Answer, InProcess, path_of
from tests.picture_server import HOST

OPERATIONS: dict[str, Operation] = {operation.name: operation for api in APIS for operation in api.operations}
NO_ID = "00000000-0000-4000-8000-000000000000"
"""Stands where an example has an id, and its first calls were not made."""
_FOLDER = Path(__file__).parent / "golden"


def golden_names() -> set[tuple[str, str]]:
    """Folder and operation name of each file."""
    return {(path.parent.name, path.stem) for path in _FOLDER.glob("*/*.json")}


def folder_of(operation: Operation) -> str:
    return operation.handler.__module__.split(".")[2]


def examples_of(operation: Operation) -> list[dict[str, Any]]:
    return json.loads((_FOLDER / folder_of(operation) / f"{operation.name}.json").read_text())["examples"]


class Player:
    """Plays requests of examples with one account's key or the operator's, whichever an operation asks for."""

    def __init__(self, app: InProcess, account_id: str, account_key: str, operator_key: str) -> None:
        self.app = app
        ids = ("projectId", "tagId", "imageId", "regionId", "iterationId", "predictionId")
        members = dict.fromkeys(("adaId", "boId", "reaId", "memberId"), "0" * 32)
        self.values = {**dict.fromkeys(ids, NO_ID), **members, "reviewId": f"202601t{'0' * 32}", "callbackId": "0" * 32,
                       "receiverUrl": f"http://{HOST}:1024/nobody-listens", "accountId": account_id}
        self._credentials = {"Ocp-Apim-Subscription-Key": account_key, "x-operator-key": operator_key}

    def credentials(self, operation: Operation) -> dict[str, str]:
        wanted = "x-operator-key" if "OPERATOR" in operation.auth.name else "Ocp-Apim-Subscription-Key"
        return {wanted: self._credentials[wanted]}

    def prepare(self, example: Mapping[str, Any]) -> None:
        """Make the calls that an example needs first."""
        for step in example["before"]:
            if "job" in step:
                subject_id = step["id"].format_map(self.values)
                self.run(step["job"], f"{self.generation_of(step['team'])}/{subject_id}" if "team" in step else subject_id)
                continue
            answer = self.play(OPERATIONS[step["operation"]], step, example.get("api_version"))
            assert answer.status < 400, f"{step['operation']} answered {answer.status} {answer.body}"
            for name, place in step.get("keep", {}).items():
                self.values[name] = _taken(answer.body, place)
            for name, header in step.get("keep_last", {}).items():
                self.values[name] = answer.headers[header].rpartition("/")[2]
            for name, place in step.get("keep_tail", {}).items():
                self.values[name] = _taken(answer.body, place).rpartition("/")[2]

    def generation_of(self, team_name: str) -> str:
        """What all of a team lies under, which the wire does not tell."""
        services = self.app.services
        return services.teams.get(services.accounts.open(services.accounts.get(self.values["accountId"])), team_name).generation

    def run(self, kind: str, subject_id: str) -> None:
        """Run a queue job of the account's."""
        message = JobMessage(kind=kind, accountId=self.values["accountId"], id=subject_id)
        next(job for job in QUEUE_JOBS if job.kind == kind).run(self.app.services, message)

    def play(self, operation: Operation, request: Mapping[str, Any], api_version: str | None = None,
             headers: Mapping[str, str] | None = None, content: bytes | None = None) -> Answer:
        """Send a request of an example; with other headers than the caller's own credentials, or other content."""
        sent = {**self.credentials(operation), **request.get("headers", {})} if headers is None else dict(headers)
        body = self.content(request) if content is None else content
        if operation.body is not None and "Content-Type" not in sent:
            sent["Content-Type"] = operation.media_types[0]
        return self.app.call(operation.method, self.path(operation, request, api_version), sent, body)

    def path(self, operation: Operation, request: Mapping[str, Any], api_version: str | None = None) -> str:
        return path_of(operation, self.filled(request.get("path", {})), self.filled(request.get("query", {})), api_version)

    def content(self, request: Mapping[str, Any]) -> bytes:
        if "content" in request:
            return base64.b64decode(request["content"])
        if "text" in request:
            return request["text"].encode()
        return json.dumps(self.filled(request["body"])).encode() if "body" in request else b""

    def filled(self, value: Any) -> Any:
        """With the kept values in their places, names of properties too."""
        if isinstance(value, dict):
            return {self.filled(name): self.filled(part) for name, part in value.items()}
        if isinstance(value, list):
            return [self.filled(part) for part in value]
        return self.values.get(value[1:-1], value) if isinstance(value, str) and value[:1] == "{" else value


def difference(expected: Any, actual: Any, made: tuple[str, ...], field: str = "",
               optional: tuple[str, ...] = ()) -> str:
    """Where two JSON values differ, in words; empty where they are equal but for the values of the fields in `made`."""
    if type(expected) is not type(actual):
        return f"{field}: {actual!r} instead of {expected!r}"
    if field in made:
        return ""
    if isinstance(expected, dict):
        other = (expected.keys() ^ actual.keys()) - set(optional)
        if other:
            return f"{field}: the fields {sorted(other)} are on one side only"
        parts = [difference(expected[name], actual[name], made, name, optional) for name in expected]
    elif isinstance(expected, list):
        if len(expected) != len(actual):
            return f"{field}: {len(actual)} entries instead of {len(expected)}"
        parts = [difference(one, other, made, field, optional) for one, other in zip(expected, actual, strict=True)]
    else:
        parts = [] if expected == actual else [f"{field}: {actual!r} instead of {expected!r}"]
    return next((part for part in parts if part), "")


def _taken(body: Any, place: str) -> str:
    for part in place.split("."):
        body = body[int(part)] if part.isdigit() else body[part]
    return body
