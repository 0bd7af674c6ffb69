"""Writes an account's archive as a stream; its format is that of `archive_format.py`."""
from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.lifecycle.archive_format import (
    ACCOUNT_PATH,
    FORMAT_NAME,
    FORMAT_VERSION,
    MANIFEST_PATH,
    history_path,
    json_line,
    records_path,
    schema_of,
    schema_path,
)
from shared.lifecycle.export_models import ArchiveSummary, Progress
from shared.lifecycle.export_source import ExportSource, StoredFile
from shared.lifecycle.export_zip import Member, ZipStream
from shared.lifecycle.merkle import MerkleTree
from shared.lifecycle.spool import Spool
from shared.storage.account_store import AccountStore
from shared.storage.holdings import Holding, Portability, Shape

_CHUNK_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class About:
    """What the archive says of itself: `account` becomes account.json, its `id` and `region` stand in the manifest too."""

    account: Mapping[str, Any]
    created_at: datetime
    product_version: str | None = None


def write_archive(store: AccountStore, holdings: Sequence[Holding], about: About,
                  on_progress: Callable[[Progress], None] = lambda progress: None,
                  reopen: Callable[[], AccountStore] | None = None) -> ArchiveStream:
    """The archive of what the account holds, as a stream of bytes that has its `summary` once it is at its end.

    `on_progress` is called again and again; what it raises ends the stream. `reopen` opens the account anew where
    reading failed, since its data key may have been rotated meanwhile.
    """
    return ArchiveStream(ExportSource(store, reopen or (lambda: store), holdings), holdings, about, on_progress)


class ArchiveStream:
    """Iterate once. What is there throughout is in it; what comes or goes meanwhile may be."""

    def __init__(self, source: ExportSource, holdings: Sequence[Holding], about: About,
                 on_progress: Callable[[Progress], None]) -> None:
        self.summary: ArchiveSummary | None = None
        self._source = source
        self._holdings = holdings
        self._about = about
        self._on_progress = on_progress
        self.progress = Progress()
        self._zip = ZipStream()
        self._members = Spool()
        self._merkle = MerkleTree()
        self._counts = {holding.kind: 0 for portability in (Portability.CONTENT, Portability.HISTORY)
                        for shape in Shape for holding in self._kinds(shape, portability)}

    def __iter__(self) -> Iterator[bytes]:
        digest, size_bytes = hashlib.sha256(), 0
        for piece in self._pieces():
            digest.update(piece)
            size_bytes += len(piece)
            yield piece
        done = self.progress
        self.progress = Progress(done.items_done, done.items_done, done.file_bytes_done, done.file_bytes_done)
        self.summary = ArchiveSummary(size_bytes, digest.hexdigest(), self._merkle.root(), dict(sorted(self._counts.items())))

    def _pieces(self) -> Iterator[bytes]:
        content, history = (self._kinds(Shape.RECORD, each) for each in (Portability.CONTENT, Portability.HISTORY))
        undeclared = self._source.undeclared_record_kinds()
        files, old_files = self._source.files(Portability.CONTENT), self._source.files(Portability.HISTORY)
        self._count_all([*(each.kind for each in (*content, *history)), *undeclared], [*files, *old_files])

        yield from self._add(ACCOUNT_PATH, [_pretty(self._about.account)])
        for holding in (*content, *history):
            yield from self._add(schema_path(holding.kind), [_pretty(schema_of(holding))])
        for file in files:
            yield from self._add_file(file, in_root=True)
        for holding in content:
            path = records_path(holding.kind)
            yield from self._add_lines(path, holding.kind, self._leaves(path, self._source.lines(holding)))
        for holding in history:
            yield from self._add_lines(history_path(holding.kind), holding.kind, self._source.lines(holding))
        for kind in undeclared:
            yield from self._add_lines(history_path(kind), kind, self._source.undeclared_lines(kind))
        for file in old_files:
            yield from self._add_file(file, in_root=False)
        yield from self._zip.add(MANIFEST_PATH, self._manifest(), is_text=True)
        yield from self._zip.close()

    def _kinds(self, shape: Shape, portability: Portability) -> list[Holding]:
        """In the order of their members."""
        kinds = [each for each in self._holdings if each.shape is shape and each.portability is portability]
        return sorted(kinds, key=lambda each: records_path(each.kind))

    def _count_all(self, record_kinds: Sequence[str], files: Sequence[StoredFile]) -> None:
        self._add_progress(items_total=len(files), file_bytes_total=sum(file.size_bytes for file in files))
        for count in self._source.count_records(record_kinds):
            self._add_progress(items_total=count)

    def _leaves(self, path: str, lines: Iterable[bytes]) -> Iterator[bytes]:
        prefix = path.encode() + b"\n"
        for line in lines:
            self._merkle.add(prefix, line[:-1])
            yield line

    def _add_lines(self, path: str, kind: str, lines: Iterable[bytes]) -> Iterator[bytes]:
        self._counts.setdefault(kind, 0)

        def chunks() -> Iterator[bytes]:
            for count, chunk in _joined(lines):
                self._counts[kind] += count
                self._add_progress(items_done=count)
                yield chunk
        member = yield from self._zip.add(path, chunks(), is_text=True)
        self._note(member, lines=self._counts[kind])

    def _add_file(self, file: StoredFile, in_root: bool) -> Iterator[bytes]:
        self._counts.setdefault(file.kind, 0)
        stored = self._source.chunks(file)
        if stored is None:
            return

        def chunks() -> Iterator[bytes]:
            for chunk in stored:
                self._add_progress(file_bytes_done=len(chunk))
                yield chunk
        member = yield from self._zip.add(file.path, chunks(), is_text=False)
        self._note(member)
        self._counts[file.kind] += 1
        self._add_progress(items_done=1)
        if in_root:
            self._merkle.add(file.path.encode() + b"\n", bytes.fromhex(member.sha256))

    def _add(self, path: str, chunks: Iterable[bytes]) -> Iterator[bytes]:
        member = yield from self._zip.add(path, chunks, is_text=True)
        self._note(member)

    def _note(self, member: Member, **facts: int) -> None:
        self._members.add(json_line({"path": member.path, "sizeBytes": member.size_bytes, "sha256": member.sha256, **facts})[:-1])

    def _manifest(self) -> Iterator[bytes]:
        """The facts first, then the members, a line each: there may be as many as files."""
        facts = {
            "format": FORMAT_NAME, "formatVersion": FORMAT_VERSION, "createdAt": self._about.created_at.isoformat(),
            "accountId": self._about.account["id"], "region": self._about.account["region"],
            "productVersion": self._about.product_version, "merkleRoot": self._merkle.root(),
            "counts": dict(sorted(self._counts.items()))}
        yield json.dumps({name: value for name, value in facts.items() if value is not None}, indent=1)[:-2].encode()
        yield b',\n "members": ['
        for count, member in enumerate(self._members):
            yield (b",\n  " if count else b"\n  ") + member
        yield b"\n ]\n}\n"

    def _add_progress(self, **more: int) -> None:
        self.progress = dataclasses.replace(
            self.progress, **{name: getattr(self.progress, name) + value for name, value in more.items()})
        self._on_progress(self.progress)


def _joined(lines: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """Lines in chunks, and how many are in each."""
    chunk: list[bytes] = []
    chunk_bytes = 0
    for line in lines:
        chunk.append(line)
        chunk_bytes += len(line)
        if chunk_bytes >= _CHUNK_BYTES:
            yield len(chunk), b"".join(chunk)
            chunk, chunk_bytes = [], 0
    if chunk:
        yield len(chunk), b"".join(chunk)


def _pretty(values: Mapping[str, Any]) -> bytes:
    return json.dumps(values, indent=1, sort_keys=True).encode() + b"\n"
