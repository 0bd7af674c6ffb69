"""`python3 dev export --endpoint URL --key KEY`: save all that an account holds, and check what arrived.

An interrupted export goes on where it was when the same command is given again.
"""

import argparse
import hashlib
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from dev.account_client import KEY_VARIABLE, AccountClient, CommandFailed, Refused, Unreachable, key_from
from dev.archive_check import ArchiveDamaged, CheckedArchive, check_archive
from dev.progress import ProgressBar, megabytes

_PART_BYTES = 8 * 1024 * 1024
_TRIES = 6
_LONGEST_POLL_SECONDS = 2.0


def main(argv: list[str]) -> int:
    arguments = _parser().parse_args(argv)
    output = Path(arguments.output)
    try:
        if output.exists():
            raise CommandFailed(f"{output} exists already; name another file with --output")
        with AccountClient(arguments.endpoint, key_from(arguments.key), arguments.account, arguments.operator) as client:
            saved = Download(client, output).save()
    except (CommandFailed, OSError) as failure:
        print(f"export: {failure}", file=sys.stderr)
        return 1
    print(_summary(output, saved))
    return 0


class Download:
    """One export and the file that it becomes. `<file>.part` is what has arrived, `<file>.part.json` says of which export."""

    def __init__(self, client: AccountClient, output: Path) -> None:
        self._client = client
        self._output = output
        self._part = output.with_name(output.name + ".part")
        self._note = output.with_name(output.name + ".part.json")

    def save(self) -> CheckedArchive:
        """Raises CommandFailed, whose message says whether the command may be given again."""
        export = self._finished(self._resumed() or self._started())
        archive = export["archive"]
        self._fetch(export["id"], archive["sizeBytes"], f'"{archive["sha256"]}"')
        try:
            if _sha256(self._part) != archive["sha256"]:
                raise ArchiveDamaged("its SHA-256 is not the one that the service told")
            checked = check_archive(self._part)
            if checked.merkle_root != archive["merkleRoot"]:
                raise ArchiveDamaged("its Merkle root is not the one that the service told")
        except ArchiveDamaged as damage:
            self._part.unlink()
            raise CommandFailed(f"the archive arrived damaged ({damage}); give the command again to fetch it anew") from None
        os.replace(self._part, self._output)
        self._note.unlink(missing_ok=True)
        return checked

    def _resumed(self) -> dict[str, Any] | None:
        """The export that an interrupted command was about, if it is still there."""
        try:
            note = json.loads(self._note.read_text())
            if (note["endpoint"], note["account"]) == (self._client.endpoint, self._client.account):
                export = self._client.call("GET", f"exports/{note['exportId']}").json()
                if export["state"] != "failed":
                    return export
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None
        except Refused as refusal:
            if refusal.status != 404:
                raise
        return None

    def _started(self) -> dict[str, Any]:
        try:
            export = self._client.call("POST", "exports").json()
        except Refused as refusal:
            unfinished = self._unfinished() if refusal.status == 409 else []
            if not unfinished:
                raise
            export = unfinished[0]
            print("an export is being made already; this saves that one", file=sys.stderr)
        self._part.unlink(missing_ok=True)
        self._note.write_text(json.dumps(
            {"endpoint": self._client.endpoint, "account": self._client.account, "exportId": export["id"]}))
        return export

    def _unfinished(self) -> list[dict[str, Any]]:
        return [export for export in self._client.call("GET", "exports").json()["value"] if export["state"] in ("queued", "running")]

    def _finished(self, export: dict[str, Any]) -> dict[str, Any]:
        bar, wait_seconds, path = ProgressBar("exporting"), 0.2, f"exports/{export['id']}"
        while export["state"] in ("queued", "running"):
            progress, files = export["progress"], export["fileProgress"]
            note = f"{progress['done']:,} of {progress['total']:,} records and files"
            if files["total"]:
                note += f", {megabytes(files['done'])} of {megabytes(files['total'])}"
            bar.show(progress["done"], progress["total"], note if export["state"] == "running" else "waiting")
            time.sleep(wait_seconds)
            wait_seconds = min(_LONGEST_POLL_SECONDS, wait_seconds * 1.5)
            export = _again(lambda: self._client.call("GET", path)).json()
        bar.close()
        if export["state"] != "succeeded":
            self._note.unlink(missing_ok=True)
            raise CommandFailed(f"the export failed: {export.get('error', 'no reason was given')}")
        return export

    def _fetch(self, export_id: str, size_bytes: int, etag: str) -> None:
        """Append what is missing, part by part, under one link until that expires."""
        bar, link, fresh_links, done_bytes = ProgressBar("downloading"), "", 0, 0
        with self._part.open("ab") as file:
            if file.tell() > size_bytes:
                file.truncate(0)
            while (done_bytes := file.seek(0, os.SEEK_END)) < size_bytes:
                bar.show(done_bytes, size_bytes, f"{megabytes(done_bytes)} of {megabytes(size_bytes)}")
                if not link:
                    link = _again(lambda: self._client.call("GET", f"exports/{export_id}/archive")).headers["Location"]
                    fresh_links += 1
                is_there = self._append_part(file, link, done_bytes, min(done_bytes + _PART_BYTES, size_bytes), etag)
                link, fresh_links = (link, 0) if is_there else ("", fresh_links)
                if fresh_links == _TRIES:
                    raise CommandFailed("the service's links do not work; give the command again later")
            file.flush()
            os.fsync(file.fileno())
        bar.show(done_bytes, size_bytes, megabytes(size_bytes))
        bar.close()

    def _append_part(self, file: Any, link: str, start: int, end: int, etag: str) -> bool:
        """Append one part and return True; False where the link does not work any more."""
        headers = {"Range": f"bytes={start}-{end - 1}", "If-Range": etag}
        try:
            answer = _again(lambda: self._client.send("GET", link, headers))
        except Refused as refusal:
            if refusal.status != 404:
                raise
            return False  # it lasts for some minutes; where the export itself is gone, asking for a new one says so
        if answer.status_code != 206 or not answer.headers.get("Content-Range", "").startswith(f"bytes {start}-"):
            raise CommandFailed("the service did not answer with the part that was asked for; give the command again")
        file.write(answer.content)
        return True


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


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _summary(output: Path, archive: CheckedArchive) -> str:
    width = max((len(kind) for kind in archive.counts), default=0)
    counts = [f"  {kind:<{width}}  {count:>9,}" for kind, count in archive.counts.items() if count]
    return "\n".join([
        f"saved {output} ({megabytes(output.stat().st_size)}): account {archive.account_id}, region {archive.region}",
        *(counts or ["  the account holds nothing"]),
        f"checked: size, SHA-256, every member, Merkle root {archive.merkle_root}"])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python3 dev export", description="Save all that an account holds as one ZIP file.")
    parser.add_argument("--endpoint", required=True, help="address of the service")
    parser.add_argument("--key", help=f"key of the account; better in the environment, as {KEY_VARIABLE}, where ps does not show it")
    parser.add_argument("--output", default="moderato-export.zip", help="the file to write (default: %(default)s)")
    parser.add_argument("--account", default="me", help="id of the account; for the operator")
    parser.add_argument("--operator", action="store_true", help="the key is the operator's")
    return parser
