"""ZIP files made field by field, so that any of them can lie."""
from __future__ import annotations

import hashlib
import json
import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.lifecycle.archive_format import FORMAT_NAME, FORMAT_VERSION, MANIFEST_PATH
from shared.lifecycle.merkle import MerkleTree

FULL16, FULL32 = 0xFFFF, 0xFFFFFFFF


class Bytes:
    """A file in memory. A read that leaves it is the reader's fault."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.size_bytes = len(content)

    def read(self, offset: int, size: int) -> bytes:
        assert 0 <= offset <= offset + size <= self.size_bytes, "read beyond the end"
        return self.content[offset:offset + size]


@dataclass(frozen=True)
class Piece:
    """One member. `local` and `central` replace fields of its header and of its line in the directory."""

    name: bytes
    content: bytes = b""
    method: int = 8
    flags: int = 0
    packed: bytes | None = None
    before: bytes = b""
    after: bytes = b""
    descriptor: str = ""
    local: Mapping[str, Any] = field(default_factory=dict)
    central: Mapping[str, Any] = field(default_factory=dict)
    is_listed: bool = True

    @property
    def data(self) -> bytes:
        if self.packed is not None:
            return self.packed
        return deflated(self.content) if self.method == 8 else self.content


def deflated(content: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(content) + packer.flush()


def zip_of(pieces: Sequence[Piece], end: Mapping[str, Any] | None = None, prefix: bytes = b"", gap: bytes = b"",
           suffix: bytes = b"", wide: Mapping[str, Any] | None = None, listed: Sequence[int] | None = None) -> bytes:
    """`end` replaces fields of the end record, `wide` adds one of ZIP64 with its fields replaced; `gap` stands before the directory."""
    body, places = prefix, []
    for piece in pieces:
        body += piece.before
        places.append(len(body))
        body += _local(piece) + piece.data + _descriptor(piece) + piece.after
    body += gap
    order = listed if listed is not None else [number for number, piece in enumerate(pieces) if piece.is_listed]
    directory = b"".join(_central(pieces[number], places[number]) for number in order)
    facts = {"disk": 0, "first_disk": 0, "on_disk": len(order), "count": len(order), "size": len(directory), "offset": len(body),
             "comment": 0}
    tail = b""
    if wide is not None:
        wide_facts = {**facts, "record_size": 44, "locator_disk": 0, "place": len(body) + len(directory), "disks": 1, **wide}
        tail = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", wide_facts["record_size"], 45, 45, wide_facts["disk"], wide_facts["first_disk"],
                           wide_facts["on_disk"], wide_facts["count"], wide_facts["size"], wide_facts["offset"])
        tail += struct.pack("<4sLQL", b"PK\x06\x07", wide_facts["locator_disk"], wide_facts["place"], wide_facts["disks"])
        facts |= {"on_disk": FULL16, "count": FULL16, "size": FULL32, "offset": FULL32}
    facts |= end or {}
    last = struct.pack("<4s4H2LH", b"PK\x05\x06", *(facts[name] for name in (
        "disk", "first_disk", "on_disk", "count", "size", "offset", "comment")))
    return body + directory + tail + last + suffix


def _facts(piece: Piece) -> dict[str, Any]:
    return {"flags": piece.flags, "method": piece.method, "crc": zlib.crc32(piece.content), "packed": len(piece.data),
            "size": len(piece.content), "name": piece.name, "extra": b"", "attributes": 0o100600 << 16, "disk": 0, "comment": b"",
            "name_bytes": None}


def _local(piece: Piece) -> bytes:
    facts = _facts(piece)
    if piece.descriptor:
        facts |= {"flags": piece.flags | 8, "crc": 0, "packed": 0, "size": 0}
        if piece.descriptor == "wide":
            facts |= {"packed": FULL32, "size": FULL32, "extra": struct.pack("<2H2Q", 1, 16, 0, 0)}
    facts |= piece.local
    name_bytes = len(facts["name"]) if facts["name_bytes"] is None else facts["name_bytes"]
    return struct.pack("<4s5H3L2H", b"PK\x03\x04", 45, facts["flags"], facts["method"], 0, 33, facts["crc"], facts["packed"],
                       facts["size"], name_bytes, len(facts["extra"])) + facts["name"] + facts["extra"]


def _central(piece: Piece, place: int) -> bytes:
    facts = {**_facts(piece), "place": place}
    if piece.descriptor:
        facts["flags"] = piece.flags | 8
    facts |= piece.central
    return struct.pack("<4s6H3L5H2L", b"PK\x01\x02", 0x032D, 45, facts["flags"], facts["method"], 0, 33, facts["crc"], facts["packed"],
                       facts["size"], len(facts["name"]), len(facts["extra"]), len(facts["comment"]), facts["disk"], 0,
                       facts["attributes"], facts["place"]) + facts["name"] + facts["extra"] + facts["comment"]


def _descriptor(piece: Piece) -> bytes:
    layout = {"": "", "narrow": "<4s3L", "wide": "<4sL2Q"}[piece.descriptor]
    return struct.pack(layout, b"PK\x07\x08", zlib.crc32(piece.content), len(piece.data), len(piece.content)) if layout else b""


def manifest_of(contents: Mapping[str, bytes], **changes: Any) -> bytes:
    """The manifest of members, with the facts of it replaced that `changes` names."""
    members, counts, tree = [], {}, MerkleTree()
    for path in sorted(contents):
        content, top, rest = contents[path], *path.partition("/")[::2]
        is_lines = top in ("records", "history") and path.endswith(".jsonl")
        facts = {"path": path, "sizeBytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        members.append({**facts, "lines": content.count(b"\n")} if is_lines else facts)
        if top in ("records", "history", "files"):
            kind = rest.removesuffix(".jsonl") if is_lines else rest.partition("/")[0]
            counts[kind] = counts.get(kind, 0) + (content.count(b"\n") if is_lines else 1)
        if top == "records":
            for line in content.split(b"\n")[:-1]:
                tree.add(path.encode() + b"\n", line)
        if top == "files":
            tree.add(path.encode() + b"\n", hashlib.sha256(content).digest())
    return json.dumps({"format": FORMAT_NAME, "formatVersion": FORMAT_VERSION, "createdAt": "2026-03-01T00:00:00+00:00",
                       "accountId": "a", "region": "r", "counts": counts, "members": members, "merkleRoot": tree.root(),
                       **changes}).encode()


def archive_of(contents: Mapping[str, bytes], manifest: bytes | None = None, **changes: Any) -> bytes:
    """An archive with an honest manifest, but for what is given."""
    manifest = manifest_of(contents, **changes) if manifest is None else manifest
    return zip_of([Piece(path.encode(), content, descriptor="wide") for path, content in contents.items()]
                  + [Piece(MANIFEST_PATH.encode(), manifest)])


def lines_of(*lines: Mapping[str, Any]) -> bytes:
    return b"".join(json.dumps(line, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() + b"\n" for line in lines)
