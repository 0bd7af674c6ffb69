"""The records of an archive as they will be stored, each with its owner; what does not fit is refused with its line."""
from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from shared.lifecycle.archive_format import LINE_LIMIT_BYTES, line_of, records_path, schema_of
from shared.lifecycle.archive_reader import InvalidArchive
from shared.lifecycle.import_contents import ArchiveContents
from shared.storage.account_store import NotStorable, Record, check_storable
from shared.storage.holdings import Holding

_CAUSES_LIMIT = 200


@dataclass(frozen=True, slots=True)
class Placed:
    """A record of the archive: its line, what it says, its owner's key, and where the record that owns it all stands.

    `top` is the number of the line, from 0, of the outermost owner, or of the record itself where nothing owns it.
    """

    line: bytes
    values: Mapping[str, Any]
    record: Record
    owner: Placed | None
    parent_key: str | None
    top: int


class ArchiveRecords:
    """`import_id` makes the properties that are made anew: the same ones whenever the same import is taken up again."""

    def __init__(self, contents: ArchiveContents, import_id: str) -> None:
        self._contents = contents
        self._import_id = import_id

    def placed(self, holding: Holding, pieces: Iterable[bytes] | None = None, first: int = 0) -> Iterator[Placed]:
        """Each record of a kind in the order of its lines, from the line `first` on. Raises InvalidArchive.

        `pieces` are the bytes of its member, where the caller reads them itself. Lines before `first` are not looked at:
        an import of millions of them is taken up again many times.
        """
        if holding.kind not in self._contents.records:
            return
        path, is_valid = records_path(holding.kind), _validator(holding)
        entry = self._contents.records[holding.kind][1].entry
        owners = None if holding.parent is None else self.placed(holding.parent)
        owner: Placed | None = None
        for number, line in enumerate(lines_of(path, self._contents.reader.read(entry) if pieces is None else pieces)):
            if number < first:
                continue
            try:
                values = json.loads(line)
                is_valid(values)
            except (ValueError, RecursionError) as error:
                raise _invalid(path, number, _cause(error)) from None
            while owners is not None and (owner is None or owner.record.id != values["parent"]):
                owner = next(owners, None)
                if owner is None:
                    raise _invalid(path, number, "its owner is not in the archive, or it is not in its owner's place")
            yield self._placed(holding, path, number, line, values, owner)

    def key_for(self, holding: Holding, owner: Placed) -> str:
        """The key that records and blobs of this kind lie under, of the owner that has them."""
        return owner.record.id if holding.parent_key is None else owner.record.plain[holding.parent_key]

    def _placed(self, holding: Holding, path: str, number: int, line: bytes, values: Mapping[str, Any],
                owner: Placed | None) -> Placed:
        key = None if owner is None else self.key_for(holding, owner)
        try:
            record = _record(holding, values, f"{self._import_id}|{holding.kind}|{values['id']}")
            check_storable(holding, record, key)
            # What is stored is exported again as exactly this line: no name twice, no other order, no number in another form.
            if line_of(holding, record, None if owner is None else owner.record.id) != line + b"\n":
                raise _invalid(path, number, "it is not written as an export writes it (sorted names, each once, no white space)")
        except NotStorable as error:
            raise _invalid(path, number, str(error)) from None
        except ValueError:
            raise _invalid(path, number, "it has a number or a time that cannot be kept") from None
        return Placed(line, values, record, owner, key, number if owner is None else owner.top)


def lines_of(path: str, pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The lines of a member without their newlines. Raises InvalidArchive for one that is too long or does not end."""
    held = b""
    number = 0
    for piece in pieces:
        *whole, held = (held + piece).split(b"\n")
        for line in whole:
            if len(line) >= LINE_LIMIT_BYTES:
                raise _invalid(path, number, f"it is longer than {LINE_LIMIT_BYTES} bytes")
            yield line
            number += 1
        if len(held) >= LINE_LIMIT_BYTES:
            raise _invalid(path, number, f"it is longer than {LINE_LIMIT_BYTES} bytes")
    if held:
        raise _invalid(path, number, "it does not end in a newline")


def _record(holding: Holding, values: Mapping[str, Any], seed: str) -> Record:
    made = {} if holding.fresh is None else holding.fresh(seed)
    content = {name: made[name] if name in made else values[name] for name in holding.content}
    plain = {name: made[name] if name in made else _plain(holding, name, values[name]) for name in holding.plain}
    return Record(values["id"], content, plain)


def _plain(holding: Holding, name: str, value: Any) -> Any:
    """A time is kept as one where the schema says that it is a time."""
    if isinstance(value, str) and holding.schema[name].get("format") == "date-time":
        return datetime.fromisoformat(value).astimezone(UTC)
    return value


@cache
def _validator_of(schema: str) -> Callable[[Any], Any]:
    import fastjsonschema

    return fastjsonschema.compile(json.loads(schema))


def _validator(holding: Holding) -> Callable[[Any], Any]:
    """Of our own schema, never the archive's. Compiled once for each kind."""
    return _validator_of(json.dumps(schema_of(holding)))


def _invalid(path: str, number: int, cause: str) -> InvalidArchive:
    return InvalidArchive(f"{path}, line {number + 1}: {cause}.")


def _cause(error: Exception) -> str:
    """Without the value itself: `data.text must be shorter than ...` names a rule and a place of our own schema."""
    rule, place = getattr(error, "rule", None), getattr(error, "path", None)
    if rule is None:
        return "it is no valid JSON, or nested too deep"
    where = ".".join(str(part) for part in place[1:2])[:_CAUSES_LIMIT] if place else ""
    return f"it breaks the rule {rule} of its schema" + (f" at {json.dumps(where)}" if where else "")
