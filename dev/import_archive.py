"""`python3 dev import FILE --endpoint URL --key KEY`: bring an exported archive into an account, and say what was taken.

An interrupted upload goes on where it was when the same command is given again.
"""

import argparse
import hashlib
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from dev.account_client import KEY_VARIABLE, AccountClient, CommandFailed, Refused, Unreachable, key_from
from dev.progress import ProgressBar, megabytes

_PART_BYTES = 8 * 1024 * 1024
_TRIES = 6
_LONGEST_POLL_SECONDS = 2.0
_OMISSIONS_SHOWN = 20


def main(argv: list[str]) -> int:
    arguments = _parser().parse_args(argv)
    try:
        with AccountClient(arguments.endpoint, key_from(arguments.key), arguments.account, arguments.operator) as client:
            ended = Upload(client, Path(arguments.file)).run()
    except (CommandFailed, OSError) as failure:
        print(f"import: {failure}", file=sys.stderr)
        return 1
    print(summary(ended["result"]))
    return 0


class Upload:
    """One archive and the import that it becomes; they find each other again by size and SHA-256."""

    def __init__(self, client: AccountClient, path: Path) -> None:
        self._client = client
        self._path = path
        self._size_bytes = path.stat().st_size
        with path.open("rb") as file:
            self._sha256 = hashlib.file_digest(file, "sha256").hexdigest()

    def run(self) -> dict[str, Any]:
        """The import once it has succeeded. Raises CommandFailed, with what is wrong with the archive where it is that."""
        entry = self._begun()
        path = f"imports/{entry['id']}"
        if entry["state"] == "uploading":
            self._upload(path, entry)
            entry = self._client.call("POST", f"{path}/start").json()
        entry = self._ended(path, entry)
        if entry["state"] != "succeeded":
            raise CommandFailed(f"the import failed: {entry.get('error', 'no reason was given')}")
        return entry

    def _begun(self) -> dict[str, Any]:
        for entry in _again(lambda: self._client.call("GET", "imports")).json()["value"]:
            if (entry["sizeBytes"], entry["sha256"]) == (self._size_bytes, self._sha256) \
                    and entry["state"] in ("uploading", "queued", "running"):
                print("an import of this file was begun already; this goes on with it", file=sys.stderr)
                return _again(lambda entry=entry: self._client.call("GET", f"imports/{entry['id']}")).json()
        return self._client.call("POST", "imports", json={"sizeBytes": self._size_bytes, "sha256": self._sha256}).json()

    def _upload(self, path: str, entry: dict[str, Any]) -> None:
        there = {part["number"]: part["sizeBytes"] for part in entry.get("uploadedParts", [])}
        bar, done_bytes = ProgressBar("uploading"), 0
        with self._path.open("rb") as file:
            for number, start in enumerate(range(0, self._size_bytes, _PART_BYTES), 1):
                bar.show(done_bytes, self._size_bytes, f"{megabytes(done_bytes)} of {megabytes(self._size_bytes)}")
                size_bytes = min(_PART_BYTES, self._size_bytes - start)
                if there.get(number) != size_bytes:
                    file.seek(start)
                    part = file.read(size_bytes)
                    _again(lambda number=number, part=part: self._client.call("PUT", f"{path}/parts/{number}", content=part))
                done_bytes += size_bytes
        bar.show(done_bytes, self._size_bytes, megabytes(done_bytes))
        bar.close()

    def _ended(self, path: str, entry: dict[str, Any]) -> dict[str, Any]:
        bar, wait_seconds = ProgressBar("importing"), 0.2
        while entry["state"] in ("queued", "running"):
            progress = entry["progress"]
            bar.show(progress["done"], progress["total"], "checking and writing" if entry["state"] == "running" else "waiting")
            time.sleep(wait_seconds)
            wait_seconds = min(_LONGEST_POLL_SECONDS, wait_seconds * 1.5)
            entry = _again(lambda: self._client.call("GET", path)).json()
        bar.close()
        return entry


def summary(result: dict[str, Any]) -> str:
    """What was taken and what was not, for a terminal: names come from the archive and are shown without their controls."""
    kinds = sorted(result["taken"].keys() | result["notTaken"].keys())
    width = max(map(len, kinds), default=0)
    lines = ["imported" if any(result["taken"].values()) else "nothing was imported"]
    for kind in kinds:
        left = result["notTaken"].get(kind, 0)
        lines.append(f"  {kind:<{width}}  {result['taken'].get(kind, 0):>9,}{f'   not taken: {left:,}' if left else ''}")
    omissions = result.get("omissions") or []
    for each in omissions[:_OMISSIONS_SHOWN]:
        lines.append(f"  not taken: {each['kind']} {ascii(each['id'])[1:-1]}, with all that it owns. {each['reason']}")
    if result["omissionCount"] > _OMISSIONS_SHOWN:
        lines.append(f"  and {result['omissionCount'] - min(len(omissions), _OMISSIONS_SHOWN):,} more")
    return "\n".join(lines)


def _again(send: Callable[[], httpx.Response]) -> httpx.Response:
    """The answer; where there is none, or the service is busy, asked for several times."""
    for tries_left in reversed(range(_TRIES)):
        try:
            return send()
        except (Unreachable, Refused) as failure:
            if not tries_left or (isinstance(failure, Refused) and failure.status not in (429, 500, 502, 503, 504)):
                raise
            time.sleep(2 ** (_TRIES - tries_left) / 4)
    raise AssertionError("the loop returns or raises")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python3 dev import", description="Bring an exported archive into an account.")
    parser.add_argument("file", help="the archive, as `python3 dev export` saved it")
    parser.add_argument("--endpoint", required=True, help="address of the service")
    parser.add_argument("--key", help=f"key of the account; better in the environment, as {KEY_VARIABLE}, where ps does not show it")
    parser.add_argument("--account", default="me", help="id of the account; for the operator")
    parser.add_argument("--operator", action="store_true", help="the key is the operator's")
    return parser
