"""What an account's audit trail is made of: events chained by hashes, and how a break in the chain is found.

The hash of an event is SHA-256 over its JSON (sorted keys, no white space, ASCII), which holds the hash of the event
before. The head says where the trail ends, so that a missing tail is noticed, and where it was trimmed: what was trimmed
through, and that event's hash, which the first event that is left must hold. A trail begins with the account's creation.

    {"event": {"addressRange", "at", "caller", "operation", "outcome", "previous", "requestId", "sequence", "targets"}, "hash"}
"""
from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

FIRST_PREVIOUS = "0" * 64
CREATION = "create_account"
ERASING = "erase_account_data"
BEGUN = "begun"
"""The outcome of an event that is written before its operation runs; one that fails leaves another, with its status."""


@dataclass(frozen=True, slots=True)
class Deed:
    """What is told of a call: names and ids, never content. `targets` are path parameters that may be named."""

    operation: str
    caller: str
    address_range: str
    request_id: str
    outcome: str = BEGUN
    targets: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """`at` is UTC as RFC 3339; `previous` the hash of the event before."""

    sequence: int
    at: str
    deed: Deed
    previous: str

    @property
    def hash(self) -> str:
        return hashlib.sha256(json.dumps(self.as_json(), sort_keys=True, separators=(",", ":")).encode()).hexdigest()

    def as_json(self) -> dict[str, object]:
        return {"sequence": self.sequence, "at": self.at, "operation": self.deed.operation, "caller": self.deed.caller,
                "addressRange": self.deed.address_range, "requestId": self.deed.request_id,
                "outcome": self.deed.outcome, "targets": dict(self.deed.targets), "previous": self.previous}

    @property
    def time(self) -> datetime:
        return datetime.fromisoformat(self.at)


@dataclass(frozen=True, slots=True)
class Link:
    """A place in the trail: a sequence number and the hash of its event."""

    sequence: int
    hash: str


HEAD_ID = "head"
BEFORE_ALL = Link(0, FIRST_PREVIOUS)


@dataclass(frozen=True, slots=True)
class Head:
    """The newest event, and the newest of those that were trimmed."""

    end: Link = BEFORE_ALL
    trimmed: Link = BEFORE_ALL
    etag: str | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Stored:
    """What lies at a place of the trail: an event, or None where what is there cannot be read, and the hash beside it."""

    id: str
    event: AuditEvent | None
    hash: str


def id_of(sequence: int) -> str:
    return f"{sequence:020}"


def event_of(values: Mapping[str, Any]) -> AuditEvent:
    """The event of its JSON. Raises KeyError, TypeError, ValueError where it is none."""
    targets = values["targets"]
    if not isinstance(targets, Mapping) or not isinstance(values["sequence"], int):
        raise TypeError("not an event")
    deed = Deed(str(values["operation"]), str(values["caller"]), str(values["addressRange"]), str(values["requestId"]),
                str(values["outcome"]), {str(name): str(value) for name, value in targets.items()})
    event = AuditEvent(values["sequence"], str(values["at"]), deed, str(values["previous"]))
    if event.as_json() != values:
        raise ValueError("not an event")
    return event


def chained(head: Head, deeds: Sequence[Deed], at: datetime) -> tuple[list[AuditEvent], Head]:
    """The deeds as the next events after a head, and the head after them."""
    events, end = [], head.end
    for deed in deeds:
        event = AuditEvent(end.sequence + 1, at.isoformat().replace("+00:00", "Z"), deed, end.hash)
        events.append(event)
        end = Link(event.sequence, event.hash)
    return events, Head(end, head.trimmed, head.etag)


def first_break(before: Link, found: Iterable[Stored], through: int, end_hash: str | None = None) -> int | None:
    """The sequence number of the first event that is missing, changed or out of its place; None where there is none.

    The events must follow the link `before` and lead to the number `through`, and to this hash where it is known.
    """
    link = before
    for stored in found:
        event, expected = stored.event, link.sequence + 1
        if event is None or stored.id != id_of(expected) or event.sequence != expected \
                or event.previous != link.hash or event.hash != stored.hash:
            return expected
        if expected == 1 and event.deed.operation != CREATION:
            return 1
        link = Link(expected, stored.hash)
    if link.sequence != through:
        return min(link.sequence, through) + 1
    return through if end_hash not in (None, link.hash) else None


def head_values(head: Head) -> dict[str, object]:
    """The head as a record keeps it, in the two properties that an event has too."""
    return {"event": {"sequence": head.end.sequence, "trimmedSequence": head.trimmed.sequence,
                      "trimmedHash": head.trimmed.hash}, "hash": head.end.hash}


def head_of(event: Mapping[str, Any], end_hash: str, etag: str | None = None) -> Head:
    return Head(Link(event["sequence"], end_hash), Link(event["trimmedSequence"], event["trimmedHash"]), etag)


def stored_of(record_id: str, values: Mapping[str, Any]) -> Stored:
    """What lies at a place, whatever it is."""
    try:
        return Stored(record_id, event_of(values["event"]), str(values["hash"]))
    except (KeyError, TypeError, ValueError):
        return Stored(record_id, None, "")
