"""Checks an export archive without the service: every member against the manifest, and the Merkle root of them all."""

import hashlib
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.lifecycle.archive_format import FORMAT_NAME, FORMAT_VERSION, MANIFEST_PATH
from shared.lifecycle.merkle import MerkleTree

_CHUNK_BYTES = 1 << 20


class ArchiveDamaged(Exception):
    """The archive is not what its manifest says; the message says where."""


@dataclass(frozen=True, slots=True)
class CheckedArchive:
    account_id: str
    region: str
    created_at: str
    merkle_root: str
    counts: Mapping[str, int]


def check_archive(path: Path) -> CheckedArchive:
    """Read all of it. Raises ArchiveDamaged."""
    try:
        with zipfile.ZipFile(path) as archive:
            return _checked(archive)
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, EOFError) as error:
        raise ArchiveDamaged(f"it cannot be read: {type(error).__name__}") from None


def _checked(archive: zipfile.ZipFile) -> CheckedArchive:
    manifest = json.loads(archive.read(MANIFEST_PATH))
    if manifest["format"] != FORMAT_NAME or manifest["formatVersion"] != FORMAT_VERSION:
        raise ArchiveDamaged("it is of another format, or of another version of it")
    members: dict[str, Any] = {member["path"]: member for member in manifest["members"]}
    if sorted([*members, MANIFEST_PATH]) != sorted(archive.namelist()):
        raise ArchiveDamaged("its members are not those of the manifest")
    tree = MerkleTree()
    for path in sorted(members):
        if _digest(archive, path, tree) != (members[path]["sha256"], members[path]["sizeBytes"]):
            raise ArchiveDamaged(f"{path} is not what the manifest says")
    if tree.root() != manifest["merkleRoot"]:
        raise ArchiveDamaged("the Merkle root is not the manifest's")
    return CheckedArchive(manifest["accountId"], manifest["region"], manifest["createdAt"], tree.root(), manifest["counts"])


def _digest(archive: zipfile.ZipFile, path: str, tree: MerkleTree) -> tuple[str, int]:
    """SHA-256 and size of a member, whose leaves go into the tree where it has any."""
    digest, size_bytes, prefix = hashlib.sha256(), 0, path.encode() + b"\n"
    with archive.open(path) as member:
        if path.startswith("records/"):
            for line in member:
                digest.update(line)
                size_bytes += len(line)
                tree.add(prefix, line.removesuffix(b"\n"))
            return digest.hexdigest(), size_bytes
        while chunk := member.read(_CHUNK_BYTES):
            digest.update(chunk)
            size_bytes += len(chunk)
    if path.startswith("files/"):
        tree.add(prefix, digest.digest())
    return digest.hexdigest(), size_bytes
