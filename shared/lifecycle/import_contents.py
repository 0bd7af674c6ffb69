"""What an archive holds, once its directory and its manifest agree and every path is one that an export has."""
from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import unquote

from shared.lifecycle.archive_format import (
    ACCOUNT_PATH,
    FORMAT_NAME,
    FORMAT_VERSION,
    MANIFEST_PATH,
    blob_id_of,
    owner_of_file,
)
from shared.lifecycle.archive_reader import ArchiveReader, Entry, InvalidArchive, shown
from shared.storage.holdings import Holding, Portability, Shape

_KIND = "[a-z]+(?:-[a-z]+)*"
_RECORDS, _SCHEMA = re.compile(rf"records/({_KIND})\.jsonl"), re.compile(rf"schemas/({_KIND})\.json")
_HISTORY = re.compile(r"history/([\w.~%-]+?)(?:\.jsonl|((?:/[\w.~%-]+)+))", re.ASCII)
_FILE = re.compile(rf"files/({_KIND})/.+")
_BLOB_NAME_LIMIT = 1_000
_SMALL_BYTES = 64 << 20
_RATIO_LIMIT = 250
_UNPACKED_FACTOR = 4
_MANIFEST_BYTES, _MANIFEST_BYTES_A_MEMBER = 1 << 20, 1_500


class _Announced(NamedTuple):
    """A member as the manifest has it."""

    path: str
    size_bytes: int
    sha256: bytes
    lines: int | None


@dataclass(frozen=True, slots=True)
class Member:
    """`sha256` of the unpacked bytes and, of a member of lines, their number, as the manifest has them."""

    entry: Entry
    sha256: bytes
    lines: int | None


@dataclass(frozen=True, slots=True)
class FileMember:
    """A blob: its id in the container, where `owner_id` is None; else what follows its owner's key there."""

    path: str
    owner_id: str | None
    blob_id: str


@dataclass(frozen=True, slots=True)
class ArchiveContents:
    """`records` and `files` are in the order of their paths, `others` the members that are not imported."""

    reader: ArchiveReader
    merkle_root: str
    members: dict[str, Member]
    records: dict[str, tuple[Holding, Member]] = field(default_factory=dict)
    files: dict[str, tuple[Holding, list[FileMember]]] = field(default_factory=dict)
    others: list[str] = field(default_factory=list)

    @property
    def imported_paths(self) -> list[str]:
        """Of all members under `records/` and `files/`, in their order."""
        return sorted(path for path in self.members if path.startswith(("records/", "files/")))


def contents_of(reader: ArchiveReader, holdings: Sequence[Holding], archive_bytes: int, size_limit_bytes: int) -> ArchiveContents:
    """Raises InvalidArchive. No member but the manifest is unpacked."""
    entries = {entry.path: entry for entry in reader.entries}
    if len(entries) < len(reader.entries):
        [(twice, _)] = Counter(entry.path for entry in reader.entries).most_common(1)
        raise InvalidArchive(f"The archive has two members {shown(twice)}.")
    if not reader.entries or reader.entries[-1].path != MANIFEST_PATH:
        raise InvalidArchive(f"The archive's last member is not {MANIFEST_PATH}: it is no export, or it was cut short.")
    _check_sizes(reader.entries, archive_bytes, size_limit_bytes)
    manifest = _manifest(reader, reader.entries[-1], len(entries))
    members = dict(_members(entries, manifest))
    contents = ArchiveContents(reader, manifest["merkleRoot"], members)
    _sort(contents, holdings)
    _check_counts(contents, manifest["counts"])
    return contents


def _check_sizes(entries: Sequence[Entry], archive_bytes: int, size_limit_bytes: int) -> None:
    """No member unpacks to more than 64 MiB and 250 times its packed size; lines of JSON that repeat much reach some 50."""
    for entry in entries:
        if entry.size_bytes > _SMALL_BYTES + _RATIO_LIMIT * entry.packed_bytes:
            raise InvalidArchive(f"The member {shown(entry.path)} would unpack to {entry.size_bytes} bytes "
                                 f"from {entry.packed_bytes}; no export does.")
    total, allowed = sum(entry.size_bytes for entry in entries), _UNPACKED_FACTOR * size_limit_bytes
    if total > min(allowed, _SMALL_BYTES * 16 + _RATIO_LIMIT * archive_bytes):
        raise InvalidArchive(f"The archive would unpack to {total} bytes, which is more than is allowed.")


def _manifest(reader: ArchiveReader, entry: Entry, member_count: int) -> dict[str, Any]:
    if entry.size_bytes > _MANIFEST_BYTES + member_count * _MANIFEST_BYTES_A_MEMBER:
        raise InvalidArchive(f"{MANIFEST_PATH} is larger than that of an export.")
    try:
        manifest = json.loads(b"".join(reader.read(entry)), object_pairs_hook=_object, parse_constant=_refused)
    except (ValueError, RecursionError):
        raise InvalidArchive(f"{MANIFEST_PATH} is no valid JSON, or has a name twice.") from None
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT_NAME:
        raise InvalidArchive(f"{MANIFEST_PATH} is not that of an export: its format must be {FORMAT_NAME}.")
    if manifest.get("formatVersion") != FORMAT_VERSION or isinstance(manifest["formatVersion"], (bool, float)):
        raise InvalidArchive(f"The archive's format version is not supported; it may be {FORMAT_VERSION}.")
    counts, members, root = manifest.get("counts"), manifest.get("members"), manifest.get("merkleRoot")
    if not isinstance(counts, dict) or not all(_is_count(count) for count in counts.values()) \
            or not isinstance(root, str) or not re.fullmatch("[0-9a-f]{64}", root) \
            or not isinstance(members, list) or not all(isinstance(member, _Announced) for member in members):
        raise InvalidArchive(f"{MANIFEST_PATH} lacks counts, members or merkleRoot, or has them in another form than an export.")
    return manifest


def _object(pairs: list[tuple[str, Any]]) -> Any:
    """A member's facts become a tuple at once: there may be many."""
    values = dict(pairs)
    if len(values) < len(pairs):
        raise ValueError("a name twice")
    if "path" not in values or "sha256" not in values:
        return values
    path, size, sha256, lines = (values.pop(name, None) for name in ("path", "sizeBytes", "sha256", "lines"))
    if values or not isinstance(path, str) or not _is_count(size) or not (lines is None or _is_count(lines)) \
            or not isinstance(sha256, str) or not re.fullmatch("[0-9a-f]{64}", sha256):
        raise ValueError("not the facts of a member")
    return _Announced(path, size, bytes.fromhex(sha256), lines)


def _refused(constant: str) -> None:
    raise ValueError("NaN and Infinity are no JSON")


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _members(entries: dict[str, Entry], manifest: dict[str, Any]) -> Iterator[tuple[str, Member]]:
    announced = {each.path: each for each in manifest["members"]}
    if len(announced) < len(manifest["members"]):
        raise InvalidArchive(f"{MANIFEST_PATH} names a member twice.")
    for path, each in announced.items():
        entry = entries.get(path)
        if entry is None or path == MANIFEST_PATH:
            raise InvalidArchive(f"The member {shown(path)} is missing.")
        if entry.size_bytes != each.size_bytes:
            raise InvalidArchive(f"The member {shown(path)} has {entry.size_bytes} bytes instead of {each.size_bytes}.")
        yield path, Member(entry, each.sha256, each.lines)
    extra = entries.keys() - announced.keys() - {MANIFEST_PATH}
    if extra:
        raise InvalidArchive(f"The member {shown(min(extra))} is not in {MANIFEST_PATH}.")


def _sort(contents: ArchiveContents, holdings: Sequence[Holding]) -> None:
    known = {holding.kind: holding for holding in holdings if holding.portability is Portability.CONTENT}
    folded: set[tuple[str, ...]] = set()
    for path in sorted(contents.members):
        records, file = _RECORDS.fullmatch(path), _FILE.fullmatch(path)
        if (records or file) is None:
            if path != ACCOUNT_PATH and not _SCHEMA.fullmatch(path) and not _is_history(path):
                raise InvalidArchive(f"The path {shown(path)} is none that an export has.")
            contents.others.append(path)
            continue
        kind = (records or file)[1]  # type: ignore[index]
        holding = known.get(kind)
        if holding is None or (holding.shape is Shape.RECORD) is not bool(records):
            raise InvalidArchive(f"This version of the service takes no {'records' if records else 'files'} of the kind {shown(kind)}.")
        if records:
            contents.records[kind] = holding, contents.members[path]
            continue
        member = _file_member(path, holding)
        place = (kind, member.owner_id or "", _folded(member.blob_id))
        if place in folded:
            raise InvalidArchive(f"The path {shown(path)} differs from another one in case or in the form of its letters alone.")
        folded.add(place)
        contents.files.setdefault(kind, (holding, []))[1].append(member)


def _is_history(path: str) -> bool:
    return _HISTORY.fullmatch(path) is not None and not {".", ".."} & set(path.split("/"))


def _file_member(path: str, holding: Holding) -> FileMember:
    try:
        kind, file_id = blob_id_of(path)
        owner_id, blob_id = (None, file_id) if holding.parent is None else owner_of_file(file_id)
        if not blob_id or "\\" in blob_id or any(unicodedata.category(each) in ("Cc", "Cs") for each in blob_id) \
                or len(kind) + len(file_id) > _BLOB_NAME_LIMIT:
            raise ValueError("not a name that a blob may have")
    except ValueError:
        raise InvalidArchive(f"The path {shown(path)} is none that an export has.") from None
    return FileMember(path, owner_id, blob_id)


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", unquote(name)).casefold())


def _check_counts(contents: ArchiveContents, counts: dict[str, int]) -> None:
    found: dict[str, int] = {}
    for path, member in contents.members.items():
        top, _, rest = path.partition("/")
        is_lines = top in ("records", "history") and path.endswith(".jsonl") and "/" not in rest
        if is_lines is (member.lines is None):
            raise InvalidArchive(f"{MANIFEST_PATH} does not say how many lines {shown(path)} has, or says it of a file.")
        if top not in ("records", "files", "history"):
            continue
        kind = rest.removesuffix(".jsonl") if is_lines else rest.partition("/")[0]
        found[kind] = found.get(kind, 0) + (1 if member.lines is None else member.lines)
    for kind in sorted(found.keys() | counts.keys()):
        if found.get(kind, 0) != counts.get(kind, 0):
            raise InvalidArchive(f"{MANIFEST_PATH} counts {counts.get(kind, 0)} of {shown(kind)}; its members have {found.get(kind, 0)}.")
