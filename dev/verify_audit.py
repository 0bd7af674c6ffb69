"""`python3 dev verify-audit FILE`: check the audit trail of an export, without the service that wrote it."""
from __future__ import annotations

import argparse
import io
import json
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from shared.accounts.audit_trail import HEAD_ID, Head, Link, Stored, first_break, head_of, stored_of

MEMBER = "history/audit-event.jsonl"
_MEANING = "it is missing, changed or out of its place"


class NoTrail(Exception):
    """The file holds no audit trail; the message says why."""


@dataclass
class Seen:
    """What has passed by of a trail."""

    count: int = 0
    first: Stored | None = None
    last: Stored | None = None
    hashes: set[str] = field(default_factory=set)


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python3 dev verify-audit", description=__doc__)
    parser.add_argument("file", type=Path, help=f"an exported archive, or its {MEMBER}")
    parser.add_argument("--contains", metavar="HASH", help="the hash of an event, noted earlier, that must be in the trail")
    options = parser.parse_args(argv)
    try:
        text = verified(options.file, options.contains)
    except NoTrail as failure:
        print(failure, file=sys.stderr)
        return 1
    print(text)
    return 0


def verified(path: Path, contained: str | None = None) -> str:
    """What there is to say of a whole trail. Raises NoTrail where it is not whole, or there is none."""
    head = _head(path)
    seen = Seen()
    broken_at = first_break(_before(path, head), _passing(path, seen), head.end.sequence, head.end.hash)
    if broken_at is not None:
        raise NoTrail(f"BROKEN at event {broken_at}: {_MEANING}")
    if contained is not None and contained.lower() not in seen.hashes:
        raise NoTrail(f"BROKEN: no event has the hash {contained}")
    trimmed = f", {head.trimmed.sequence} older ones ended by retention or erasure" if head.trimmed.sequence else ""
    if seen.first is None or seen.last is None or seen.first.event is None or seen.last.event is None:
        return f"whole: no events{trimmed}"
    return (f"whole: {seen.count} events, {seen.first.event.sequence} to {seen.last.event.sequence}, "
            f"{seen.first.event.at} to {seen.last.event.at}{trimmed}\n"
            f"the last one's hash is {head.end.hash}: note it, and a later trail can be asked for it with --contains")


def _before(path: Path, head: Head) -> Link:
    """Events that were being trimmed while they were exported lie before what the head says was trimmed."""
    first = next(_events(path), None)
    if first is not None and first.event is not None and first.event.sequence <= head.trimmed.sequence:
        return Link(first.event.sequence - 1, first.event.previous)
    return head.trimmed


def _passing(path: Path, seen: Seen) -> Iterator[Stored]:
    for stored in _events(path):
        seen.count, seen.first, seen.last = seen.count + 1, seen.first or stored, stored
        seen.hashes.add(stored.hash)
        yield stored


def _events(path: Path) -> Iterator[Stored]:
    return (stored_of(str(line.get("id")), line) for line in _lines(path) if line.get("id") != HEAD_ID)


def _head(path: Path) -> Head:
    for line in _lines(path):
        if line.get("id") == HEAD_ID:
            try:
                head = head_of(line["event"], line["hash"])
            except (KeyError, TypeError):
                break
            if isinstance(head.end.sequence, int) and isinstance(head.trimmed.sequence, int):
                return head
            break
    raise NoTrail(f"{path} holds no audit trail: the line that says where the trail ends is missing")


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    try:
        with path.open("rb") as file:
            if zipfile.is_zipfile(file):
                with zipfile.ZipFile(file) as archive, archive.open(MEMBER) as member:
                    yield from _parsed(member)
            else:
                file.seek(0)
                yield from _parsed(file)
    except OSError as error:
        raise NoTrail(f"{path} cannot be read: {error.strerror or error}") from None
    except KeyError:
        raise NoTrail(f"{path} holds no audit trail: there is no {MEMBER} in it") from None
    except (ValueError, RecursionError, zipfile.BadZipFile):
        raise NoTrail(f"{path} holds no audit trail: it is neither an exported archive nor JSON Lines") from None


def _parsed(file: IO[bytes]) -> Iterator[dict[str, Any]]:
    for line in io.TextIOWrapper(file, "utf-8"):
        values = json.loads(line)
        if not isinstance(values, dict):
            raise ValueError("no object")
        yield values
